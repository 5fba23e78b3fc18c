/** A clock and timers that a test turns, a ledger that goes away when told to, deployments, and attempts on them. */
import { TokenwrightError } from '../../core/errors.ts'
import type { DeploymentConfig, DeploymentCost, ReplicaConfig } from '../config/gateway-config.ts'
import { fact } from '../ledger/engine-time/engine-time.fixture.ts'
import type { EngineFact, LedgerStore } from '../ledger/index.ts'
import { startMs } from '../ledger/ledger.fixture.ts'
import { createBilling } from './billing.ts'
import type { SetTimer } from './timer.ts'
import type { Billing, BillingOptions, BillingProblem } from './types.ts'

export interface FakeTime {
  readonly nowMs: () => number
  readonly setTimer: SetTimer
  /** Turns the clock on, calling back what is due on the way, and lets what that started come to an end. */
  advance(ms: number): Promise<void>
}

export function createFakeTime(atMs = startMs): FakeTime {
  let nowMs = atMs
  let timers: { readonly dueMs: number; readonly callback: () => void }[] = []
  return {
    nowMs: () => nowMs,
    setTimer(callback, delayMs) {
      const timer = { dueMs: nowMs + delayMs, callback }
      timers.push(timer)
      return () => {
        timers = timers.filter(other => other !== timer)
      }
    },
    async advance(ms) {
      const untilMs = nowMs + ms
      await settle()
      for (;;) {
        const next = timers.toSorted((a, b) => a.dueMs - b.dueMs)[0]
        if (next === undefined || next.dueMs > untilMs) break
        timers = timers.filter(other => other !== next)
        nowMs = Math.max(nowMs, next.dueMs)
        next.callback()
        await settle()
      }
      nowMs = untilMs
    },
  }
}

/** Closings give up their turn between revisions, so several of them take dozens. */
const turns = 40

/** Promises that wait for nothing but each other. A SQLite ledger waits for real commits: tests await billing.closeDue() for it. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise(resolve => setImmediate(resolve))
}

export interface FlakyLedger extends LedgerStore {
  /** away: appends are refused. deaf: they are kept, but nobody hears of it. */
  state: 'there' | 'away' | 'deaf'
  /** Resolves when no append is under way and none follows: a process that was killed writes nothing after the next one has started. */
  quiet(): Promise<void>
}

export function createFlakyLedger(ledger: LedgerStore): FlakyLedger {
  const away = () => new TokenwrightError('ledger', 'the disk is gone', { where: ledger.name })
  const underWay = new Set<Promise<unknown>>()
  const flaky: FlakyLedger = {
    ...ledger,
    state: 'there',
    quiet: async () => {
      do {
        await Promise.allSettled(underWay)
        await settle()
      } while (underWay.size > 0)
    },
    async append(events) {
      if (flaky.state === 'away') throw away()
      const appending = ledger.append(events)
      underWay.add(appending)
      const outcome = await appending.finally(() => underWay.delete(appending))
      if (flaky.state === 'deaf') throw away()
      return outcome
    },
    async scan(...values) {
      if (flaky.state !== 'there') throw away()
      return ledger.scan(...values)
    },
  }
  return flaky
}

export const cost: DeploymentCost = {
  usdPerReplicaHour: 3.7,
  devicesPerReplica: 2,
  priceRuleId: 'configuration',
  energyUsdPerKilowattHour: 0.12,
  watts: { idle: 200, decode: 900, prefill: 1300 },
}

export function replica(name: string, overrides: Partial<ReplicaConfig> = {}): ReplicaConfig {
  return { name, url: `http://${name}`, metricsUrl: null, events: null, powerUrl: null, ...overrides }
}

export function deployment(name: string, overrides: Partial<DeploymentConfig> = {}): DeploymentConfig {
  return {
    name,
    replicas: [replica('0')],
    upstreamModel: null,
    upstream: {
      dialect: 'openai',
      apiKey: null,
      headers: {},
      passHeaders: [],
      outputLimitField: 'max_tokens',
      engineFields: true,
      injectUsage: true,
      connectTimeoutMs: 1000,
      connections: null,
    },
    traits: { region: null, quantization: null, contextTokens: null, outputTokens: null, dataPolicy: null },
    cost,
    performance: { ttftMs: 50, msPerPromptToken: 0.1, tpotMs: 20 },
    capacity: null,
    ...overrides,
  }
}

export function billingConfig(
  deployments: readonly DeploymentConfig[],
  intervalSeconds = 60,
): BillingOptions['config'] {
  return { billing: { intervalSeconds }, deployments }
}

/** Billing on fake time; what it complains of is collected. */
export function startBilling(
  time: FakeTime,
  options: Pick<BillingOptions, 'ledger' | 'config'> & Partial<BillingOptions>,
): { readonly billing: Billing; readonly problems: BillingProblem[] } {
  const problems: BillingProblem[] = []
  const billing = createBilling({
    nowMs: time.nowMs,
    setTimer: time.setTimer,
    readEnergy: async () => null,
    onProblem: problem => problems.push(problem),
    ...options,
  })
  return { billing, problems }
}

/** An attempt that was sent at a moment, with its first token and end so long after. */
export function attempt(requestId: string, sentMs: number, overrides: Partial<EngineFact> = {}): EngineFact {
  return fact({ requestId, sentMs, firstTokenMs: sentMs + 100, endMs: sentMs + 1100, ...overrides })
}
