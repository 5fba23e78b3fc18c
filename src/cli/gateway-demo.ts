/**
 * `gateway --demo`: a cheap and a dear engine, both emulated at the speed of their hardware, behind a gateway with two tenants and
 * conversations that grow; what a token costs is told every two seconds, and the books at the end. Needs nothing and keeps nothing.
 */
import { Command } from 'commander'
import { loadCatalog } from '../catalog/index.ts'
import { parseDurationMs } from '../core/parse-quantity.ts'
import { RandomSource } from '../core/random.ts'
import { defaultEmulatorSettings, type Emulator, startEmulator } from '../emulate/index.ts'
import { readGatewayConfig, shippedFacts } from '../gateway/config/index.ts'
import { readLedgerReport } from '../gateway/ledger/index.ts'
import type { LiveCostSnapshot } from '../gateway/observe/index.ts'
import { type Gateway, startGateway } from '../gateway/start/index.ts'
import { keyHasher, mintKey } from '../gateway/tenants/index.ts'
import { renderLedgerReport } from '../report/ledger-text.ts'
import type { GatewayFlags } from './commands/gateway.ts'
import { emulatedDeployment, questionsOf } from './emulate-deployment.ts'
import { type EmulateFlags, withEmulateFlags } from './emulate-flags.ts'
import { sideChannels } from './emulate-side-channels.ts'
import { dashboardFiles, howToBuild } from './gateway-dashboard.ts'
import { startDemoTraffic } from './gateway-demo-traffic.ts'
import { nextSignal } from './gateway-run.ts'
import { minuteText } from './ledger-window.ts'
import { terminalStyle } from './terminal.ts'
import { packageVersion } from './version-file.ts'

const model = 'meta-llama/Llama-3.1-8B'
/** One of each: an older card that is cheap by the hour, and one that is faster and dearer. */
const hardware = ['l40s', 'h200-sxm'] as const
/** What people wait for without complaint (assumed): the dear engine is used when the cheap one would be slower. */
const objectives = { ttftMs: 500, tpotMs: 30 }
const tenants = ['search', 'support'] as const
/** Assumed: not reached in an hour of this traffic, so that budgets are seen and nobody is refused. */
const usdPerTenantDay = '20'
const tellEveryMs = 2000

export async function runGatewayDemo(flags: GatewayFlags): Promise<void> {
  const lastsMs = flags.seconds === undefined ? null : durationMs(flags.seconds)
  const catalog = loadCatalog()
  const emulators: Emulator[] = []
  for (const [place, name] of hardware.entries()) emulators.push(await emulatorOf(name, place, catalog))
  const keys = tenants.map(tenant => ({ tenant, text: mintKey() }))
  const config = readGatewayConfig(
    demoConfig(
      emulators.map(({ url }) => url),
      keys,
    ),
    {
      where: 'demo',
      environment: {},
      facts: shippedFacts,
    },
  )
  const assets = dashboardFiles()
  const gateway = await startGateway({
    config,
    source: 'demo',
    version: packageVersion(),
    book: shippedFacts.priceBook(),
    seed: flags.seed,
    log: null,
    onNotice: (level, event, fields) => {
      if (level === 'error') console.error(`${event} ${JSON.stringify(fields)}`)
    },
    ...(assets === null ? {} : { assets }),
  })
  const startedMs = Date.now()
  console.log(`gateway  ${gateway.url}/v1   control ${gateway.controlUrl}`)
  console.log(assets === null ? howToBuild : `dashboard  ${gateway.controlUrl}/#/live`)
  for (const { name, replicas, cost } of config.deployments)
    console.log(
      `  ${name.padEnd(9)} ${model} at $${(cost.usdPerReplicaHour * replicas.length).toFixed(2)} an hour, emulated`,
    )
  console.log(
    `  ask it yourself:\n  curl ${gateway.url}/v1/chat/completions -H "Authorization: Bearer ${keys[0]!.text}" -H 'x-tokenwright-explain: 1' -i \\\n    -H 'content-type: application/json' -d '{"model": "llama", "max_tokens": 20, "messages": [{"role": "user", "content": "Hello"}]}'\n`,
  )
  console.log(
    '$/Mtok: what requests are expected to take of the engines, by speeds learnt so far; with idle: what the engines cost meanwhile\n',
  )
  console.log('requests/s   $/Mtok   with idle   TTFT ms   cached   where requests go')
  const traffic = startDemoTraffic(gateway.url, keys, new RandomSource(flags.seed))
  const telling = setInterval(() => console.log(liveLine(gateway.live.snapshot())), tellEveryMs)
  await Promise.race(lastsMs === null ? [nextSignal()] : [waitMs(lastsMs), nextSignal()])
  clearInterval(telling)
  await traffic.stop()
  await tellBooks(gateway, startedMs)
  for (const emulator of emulators) await emulator.close()
  process.exit(0)
}

/** A bare number is what the flag says it is. */
function durationMs(text: string): number {
  return parseDurationMs(/^[\d.]+$/.test(text) ? `${text}s` : text, '--seconds')
}

function waitMs(milliseconds: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, milliseconds))
}

async function emulatorOf(
  name: string,
  place: number,
  catalog: ReturnType<typeof loadCatalog>,
): Promise<Emulator> {
  const command = withEmulateFlags(new Command('emulate'))
  const flags = command.parse(['--model', model, '--hardware', name], { from: 'user' }).opts<EmulateFlags>()
  const [question] = questionsOf([], flags, catalog)
  const own = { place, names: ['llama'], faults: [], autoscale: [], scaleAt: [] }
  const today = new Date().toISOString().slice(0, 10)
  const deployment = emulatedDeployment(
    question!,
    flags,
    catalog,
    own,
    sideChannels(flags),
    today,
    console.error,
  )
  return startEmulator({
    ...defaultEmulatorSettings,
    port: 0,
    models: [deployment.model],
    inputs: deployment.inputs,
  })
}

function demoConfig(
  urls: readonly string[],
  keys: readonly { tenant: string; text: string }[],
): Record<string, unknown> {
  const hasher = keyHasher()
  return {
    listen: { port: 0 },
    control: { port: 0 },
    ledger: 'memory',
    billing: { intervalSeconds: 5 },
    sampledDecisions: 1,
    deployments: Object.fromEntries(
      urls.map((url, index) => [
        hardware[index]!,
        { replicas: [{ name: 'r0', url }], cost: { accelerator: hardware[index], tier: 'on-demand' } },
      ]),
    ),
    models: { llama: { candidates: hardware, objectives } },
    tenants: Object.fromEntries(
      tenants.map(tenant => [tenant, { limits: [{ per: 'day', usd: usdPerTenantDay }] }]),
    ),
    keys: keys.map(({ tenant, text }) => ({ id: tenant, tenant, ...hasher(text) })),
  }
}

function liveLine({ windows }: LiveCostSnapshot): string {
  const { total, targets } = windows['1m']
  const dollars = (value: number | null): string => (value === null ? '–' : value.toFixed(3))
  const shares = Object.entries(targets).map(
    ([name, { requests }]) => `${name} ${Math.round((100 * requests) / Math.max(1, total.attempts))} %`,
  )
  return [
    total.requestsPerSecond.toFixed(1).padStart(10),
    dollars(total.usdPerMillionTokens).padStart(8),
    dollars(total.usdPerMillionTokensWithIdle).padStart(11),
    (total.meanTtftMs?.toFixed(0) ?? '–').padStart(9),
    `${((total.cacheHitShare ?? 0) * 100).toFixed(0)} %`.padStart(8),
    `  ${shares.join('  ')}`,
  ].join(' ')
}

/** Closed first, so that the last interval is on the books. */
async function tellBooks(gateway: Gateway, fromMs: number): Promise<void> {
  await gateway.settleBooks()
  const toMs = Date.now() + 60_000
  const report = await readLedgerReport(gateway.ledger, {
    fromMs: fromMs - 60_000,
    toMs,
    by: ['tenant'],
    bucketMs: null,
  })
  const window = {
    name: gateway.ledger.name,
    from: minuteText(fromMs),
    to: minuteText(toMs),
    bucketText: String,
  }
  console.log(`\n${renderLedgerReport(report, window, process.stdout.columns ?? 120, terminalStyle())}`)
  await gateway.close(1000)
}
