/** The commands, each in a file of its own that is loaded only when it is chosen. */
import type { Command } from 'commander'

export interface CommandEntry {
  readonly name: string
  /** One line for --help. */
  readonly summary: string
  readonly load: () => Promise<Command>
}

export const commandList: readonly CommandEntry[] = [
  {
    name: 'up',
    summary: 'the dashboard on this machine: plan, compare and look facts up in a page',
    load: async () => (await import('./commands/up.ts')).upCommand(),
  },
  {
    name: 'plan',
    summary: 'the cheapest way to serve a model within latency objectives',
    load: async () => (await import('./commands/plan.ts')).planCommand(),
  },
  {
    name: 'simulate',
    summary: 'what a deployment does with a workload, in virtual time: latency, goodput, watts, dollars',
    load: async () => (await import('./commands/simulate.ts')).simulateCommand(),
  },
  {
    name: 'emulate',
    summary: 'the same deployment in real time: an OpenAI-compatible server without a GPU',
    load: async () => (await import('./commands/emulate.ts')).emulateCommand(),
  },
  {
    name: 'gateway',
    summary:
      'one door to own engines and APIs: each request where it is cheapest within its objective, with books',
    load: async () => (await import('./commands/gateway.ts')).gatewayCommand(),
  },
  {
    name: 'bench',
    summary: 'what a running endpoint costs per million tokens, and whether the measurement can be trusted',
    load: async () => (await import('./commands/bench.ts')).benchCommand(),
  },
  {
    name: 'cost',
    summary: 'the cost equation alone: $/hour, tokens/s and watts to $ per million tokens',
    load: async () => (await import('./commands/cost.ts')).costCommand(),
  },
  {
    name: 'catalog',
    summary: 'what is known of models, accelerators, systems and prices, with sources',
    load: async () => (await import('./commands/catalog.ts')).catalogCommand(),
  },
  {
    name: 'claims',
    summary: 'public multiples (35×, 10× …) with their arithmetic recomputed, and where they hold',
    load: async () => (await import('./commands/claims.ts')).claimsCommand(),
  },
  {
    name: 'market',
    summary:
      'API prices over time: what is in force, what a job costs at each offer, what price lists get wrong',
    load: async () => (await import('./commands/market.ts')).marketCommand(),
  },
  {
    name: 'ledger',
    summary: 'what was used through the gateway, what it cost, and whether that adds up to the bill',
    load: async () => (await import('./commands/ledger.ts')).ledgerCommand(),
  },
  {
    name: 'advise',
    summary: 'what would have been cheaper, from the gateway’s own ledger, with the regret of its routing',
    load: async () => (await import('./commands/advise.ts')).adviseCommand(),
  },
  {
    name: 'validate',
    summary: 'predictions against measurements: error statistics of a CSV file',
    load: async () => (await import('./commands/validate.ts')).validateCommand(),
  },
  {
    name: 'calibrate',
    summary: 'a few measurements of your own, and predictions of that deployment lean on them',
    load: async () => (await import('./commands/calibrate.ts')).calibrateCommand(),
  },
  {
    name: 'compare',
    summary: 'two measured runs side by side: what differs beyond noise; an exit code for CI',
    load: async () => (await import('./commands/compare.ts')).compareCommand(),
  },
  {
    name: 'trace',
    summary: 'what a trace of requests holds: rate, burstiness, lengths, prefix reuse, sessions',
    load: async () => (await import('./commands/trace.ts')).traceCommand(),
  },
]
