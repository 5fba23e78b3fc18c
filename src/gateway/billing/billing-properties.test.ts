/** Random lives of gateways on one ledger: late facts, outages, crashes, new configurations. The books must add up to the nano-dollar. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import {
  auditLedger,
  createMemoryLedger,
  type IntervalClosed,
  type LedgerEvent,
  type LedgerStore,
  openSqliteLedger,
  readLedgerReport,
} from '../ledger/index.ts'
import { settled, startMs } from '../ledger/ledger.fixture.ts'
import {
  attempt,
  billingConfig,
  cost,
  createFakeTime,
  createFlakyLedger,
  deployment,
  replica,
  startBilling,
} from './billing.fixture.ts'
import { capacityBills, createCapacityTerms } from './capacity-bills.ts'
import type { SetTimer } from './timer.ts'
import type { Billing } from './types.ts'

type Step =
  | { readonly kind: 'wait'; readonly ms: number }
  | {
      readonly kind: 'request'
      readonly ttftMs: number
      readonly decodeMs: number
      readonly tokens: number
      readonly lateMs: number
      readonly told: boolean
    }
  | { readonly kind: 'ledger'; readonly state: 'there' | 'away' | 'deaf' }
  | { readonly kind: 'crash'; readonly afterMs: number }
  | { readonly kind: 'restart'; readonly afterMs: number }
  | { readonly kind: 'replicas'; readonly count: number; readonly usdPerReplicaHour: number }

const wait = fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 40_000 }) })
const request = fc.record({
  kind: fc.constant('request' as const),
  ttftMs: fc.integer({ min: 0, max: 3000 }),
  decodeMs: fc.integer({ min: 0, max: 30_000 }),
  tokens: fc.nat({ max: 20_000 }),
  lateMs: fc.constantFrom(0, 0, 0, 15_000, 60_000),
  told: fc.boolean(),
})
const ledgerState = fc.record({
  kind: fc.constant('ledger' as const),
  state: fc.constantFrom('there', 'there', 'away', 'deaf'),
})
const end = fc.record({
  kind: fc.constantFrom('crash', 'restart'),
  afterMs: fc.constantFrom(0, 1, 7000, 100_000),
})
const replicas = fc.record({
  kind: fc.constant('replicas' as const),
  count: fc.nat({ max: 3 }),
  usdPerReplicaHour: fc.constantFrom(3.7, 1 / 3, 0),
})

/** Chosen: a gap between two gateways came up once in 146. */
const lives = 100

/** A ten-second interval, so that each life has several. */
const intervalSeconds = 10

async function live(steps: readonly Step[], ledger: LedgerStore) {
  const flaky = createFlakyLedger(ledger)
  let config = billingConfig([deployment('d', { cost })], intervalSeconds)
  let time = createFakeTime(startMs + 1234)
  let { billing, problems } = startBilling(time, { ledger: flaky, config })
  let requests = 0
  const endings: { readonly atMs: number; readonly end: () => Promise<void> }[] = []
  const advance = async (ms: number): Promise<void> => {
    const untilMs = time.nowMs() + ms
    for (const each of endings.toSorted((a, b) => a.atMs - b.atMs)) {
      if (each.atMs > untilMs) break
      endings.splice(endings.indexOf(each), 1)
      await time.advance(Math.max(0, each.atMs - time.nowMs()))
      await each.end()
    }
    await time.advance(untilMs - time.nowMs())
  }
  const begin = (): void => {
    const [line] = billing.reconciliation()
    expect(line?.differenceNanoUsd ?? 0n).toBe(0n)
    ;({ billing, problems } = startBilling(time, { ledger: flaky, config }))
  }
  for (const step of steps) {
    switch (step.kind) {
      case 'wait':
        await advance(step.ms)
        break
      case 'request': {
        const sentMs = time.nowMs()
        const firstTokenMs = sentMs + step.ttftMs
        const endMs = firstTokenMs + step.decodeMs
        const fact = attempt(`r${requests++}`, sentMs, { computedTokens: step.tokens, firstTokenMs, endMs })
        if (step.told) billing.record('d', { ...fact, firstTokenMs: null, endMs: null })
        endings.push({
          atMs: endMs + step.lateMs,
          end: async () => {
            billing.record('d', fact)
            await ledger.append([
              settled({
                ...{
                  requestId: fact.requestId,
                  atMs: endMs,
                  ttftMs: step.ttftMs,
                  durationMs: endMs - sentMs,
                },
                target: { kind: 'deployment', deployment: 'd', replica: '0' },
                ...{ costNanoUsd: {}, priceRuleId: '' },
              }),
            ])
          },
        })
        break
      }
      case 'ledger':
        flaky.state = step.state
        break
      case 'crash':
        // Its timers go with its clock; requests under way are told to the next one, as if they had gone on.
        await flaky.quiet()
        time = createFakeTime(time.nowMs() + step.afterMs)
        begin()
        break
      case 'restart': {
        let isClosed = false
        const closing = billing.close().then(() => {
          isClosed = true
        })
        while (!isClosed) await time.advance(500)
        await closing
        time = createFakeTime(time.nowMs() + step.afterMs)
        begin()
        break
      }
      case 'replicas': {
        const { count, usdPerReplicaHour } = step
        const names = Array.from({ length: count }, (_, index) => replica(String(index)))
        const priced = deployment('d', { replicas: names, cost: { ...cost, usdPerReplicaHour } })
        config = billingConfig([priced], intervalSeconds)
        billing.reconfigure(config)
      }
    }
  }
  flaky.state = 'there'
  await advance(100_000)
  await billing.close()
  return { endMs: time.nowMs(), problems }
}

async function examine(ledger: LedgerStore) {
  const audit = await auditLedger(ledger)
  expect(audit.problems).toEqual([])
  expect(audit.openNanoUsd).toBe(0n)
  const report = await readLedgerReport(ledger, { fromMs: 0, toMs: startMs * 2, by: [], bucketMs: null })
  const events: LedgerEvent[] = (await ledger.scan(0, 100_000)).map(({ event }) => event)
  const closings = events.filter((event): event is IntervalClosed => event.kind === 'intervalClosed')
  for (const line of report.reconciliation) {
    expect(line.differenceNanoUsd).toBe(0n)
    expect(line.billNanoUsd).toBe(line.requestsNanoUsd + line.idleNanoUsd)
  }
  const devices = closings.reduce((sum, { deviceNanoUsd }) => sum + deviceNanoUsd, 0n)
  return { devices, closings }
}

/** One after the other, without hole, to the end; the audit has looked for overlaps. */
function paidOnce(closings: readonly IntervalClosed[], devices: bigint, endMs: number): void {
  for (const [index, { fromMs }] of closings.slice(1).entries()) expect(fromMs).toBe(closings[index]!.toMs)
  expect(closings.at(-1)!.toMs).toBe(endMs)
  expect(devices).toBe(paid(closings[0]!.fromMs, endMs))
}

function paid(fromMs: number, toMs: number): bigint {
  const terms = createCapacityTerms()
  terms.change(0, deployment('d', { cost }))
  return capacityBills('d', toMs, terms.within(fromMs, toMs), null)[0]!.deviceNanoUsd
}

const noReplicas = fc.array(fc.oneof(wait, wait, request, request, ledgerState, end), {
  maxLength: 60,
  size: 'medium',
})
const anything = fc.array(fc.oneof(wait, wait, request, request, ledgerState, end, replicas), {
  maxLength: 40,
})

test('whatever happens to gateway and ledger, each millisecond of a replica is paid once', async () => {
  await fc.assert(
    fc.asyncProperty(noReplicas, async steps => {
      const ledger = createMemoryLedger()
      const { endMs } = await live(steps, ledger)
      const { devices, closings } = await examine(ledger)
      paidOnce(closings, devices, endMs)
    }),
    { numRuns: lives },
  )
}, 60_000)

test('with new configurations between, requests and idle time are still the bill', async () => {
  await fc.assert(
    fc.asyncProperty(anything, async steps => {
      const ledger = createMemoryLedger()
      await live(steps, ledger)
      await examine(ledger)
    }),
    { numRuns: lives },
  )
}, 60_000)

const shared = {
  ...billingConfig([deployment('d', { cost })], intervalSeconds),
  ledger: { kind: 'postgres', url: 'postgres://nowhere' } as const,
}
type GatewayStep =
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'start' | 'kill' | 'close' | 'serve'; readonly gateway: number }
const gatewayStep: fc.Arbitrary<GatewayStep> = fc.oneof(
  fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 20_000 }) }),
  fc.record({ kind: fc.constantFrom('start', 'kill', 'close', 'serve'), gateway: fc.nat({ max: 2 }) }),
)

/** The first one on a new ledger ends before its first whole interval does, when another has just come. */
const firstLeaves: GatewayStep[] = [
  { kind: 'start', gateway: 0 },
  { kind: 'wait', ms: 8767 },
  { kind: 'start', gateway: 1 },
  { kind: 'wait', ms: 1 },
  { kind: 'close', gateway: 0 },
]

test('gateways that come and go on one ledger pay each millisecond once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(gatewayStep, { maxLength: 50, size: 'medium' }), async steps => {
      const time = createFakeTime(startMs + 1234)
      const ledger = createMemoryLedger()
      const gateways: ({ billing: Billing; kill: () => void } | null)[] = [null, null, null]
      const start = (): NonNullable<(typeof gateways)[number]> => {
        let isAlive = true
        const setTimer: SetTimer = (callback, delayMs) =>
          time.setTimer(() => {
            if (isAlive) callback()
          }, delayMs)
        const kill = (): void => {
          isAlive = false
        }
        return { ...startBilling(time, { ledger, config: shared, setTimer }), kill }
      }
      let requests = 0
      for (const step of steps) {
        if (step.kind === 'wait') {
          await time.advance(step.ms)
          continue
        }
        const gateway = gateways[step.gateway] ?? null
        if (step.kind === 'start') gateways[step.gateway] ??= start()
        if (gateway === null) continue
        if (step.kind === 'serve')
          gateway.billing.record('d', attempt(`r${requests++}`, time.nowMs() - 5000, { endMs: time.nowMs() }))
        if (step.kind === 'close') await gateway.billing.close()
        if (step.kind === 'kill' || step.kind === 'close') {
          gateway.kill()
          gateways[step.gateway] = null
        }
      }
      gateways[0] ??= start()
      await time.advance(60_000)
      const { devices, closings } = await examine(ledger)
      const endMs = closings.at(-1)!.toMs
      expect(time.nowMs() - endMs).toBeLessThan(3 * intervalSeconds * 1000)
      paidOnce(closings, devices, endMs)
    }),
    { numRuns: lives, examples: [[firstLeaves]] },
  )
}, 60_000)

const folder = mkdtempSync(join(tmpdir(), 'billing-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('also in a file', async () => {
  let files = 0
  await fc.assert(
    fc.asyncProperty(noReplicas, async steps => {
      const path = join(folder, `${++files}.db`)
      const first = await openSqliteLedger({ path, thread: 'caller', groupCommit: { delayMs: 0 } })
      const { endMs } = await live(steps, first)
      await first.close()
      const ledger = await openSqliteLedger({ path, thread: 'caller' })
      const { devices, closings } = await examine(ledger)
      paidOnce(closings, devices, endMs)
      await ledger.close()
    }),
    { numRuns: 3 },
  )
}, 60_000)
