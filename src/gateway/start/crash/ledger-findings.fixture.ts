/** Whether a ledger says of every request what its client and its upstream know of it. */
import type { NanoUsd } from '../../../core/money.ts'
import {
  auditLedger,
  type IntervalClosed,
  type LedgerEvent,
  type LedgerStore,
  type RequestSettled,
} from '../../ledger/index.ts'
import type { ToldUsage } from './crash-upstream.fixture.ts'

export interface LedgerFindings {
  readonly events: number
  readonly requests: number
  readonly reported: number
  /** Begun, and never ended by the gateway that began them. */
  readonly markedEstimated: number
  readonly intervals: number
  /** Of the deployment: what was billed, and of it what requests and idle time bear. */
  readonly billedNanoUsd: NanoUsd
  readonly requestsNanoUsd: NanoUsd
  readonly idleNanoUsd: NanoUsd
  readonly offerNanoUsd: NanoUsd
  /** Requests that a client got in full, and that are not in the ledger with the usage that the upstream told. */
  readonly lost: readonly string[]
  readonly problems: readonly string[]
}

/** Nano-dollars a token. */
export interface TokenPrice {
  readonly uncachedInput: number
  readonly cachedInput: number
  readonly output: number
}

/** completed: request ids. told: by request id, what the upstream said last. The ledger must have been left in order. */
export async function lookAtLedger(
  store: LedgerStore,
  completed: ReadonlySet<string>,
  told: ReadonlyMap<string, ToldUsage>,
  price: TokenPrice,
): Promise<LedgerFindings> {
  const events = await allEvents(store)
  const { problems, openNanoUsd } = await auditLedger(store)
  const found: string[] = [...problems]
  if (openNanoUsd !== 0n) found.push(`${openNanoUsd} nano-dollars are billed and not given out`)
  for (const [account, balance] of await store.balances())
    if (account.endsWith(':reserved') && balance !== 0n) found.push(`${account} still holds ${balance}`)

  const settled = events.filter(event => event.kind === 'requestSettled')
  const finals = new Map<string, RequestSettled>()
  for (const event of settled) {
    if (!event.final) continue
    if (finals.has(event.requestId)) found.push(`${event.requestId} ended twice`)
    finals.set(event.requestId, event)
  }
  const opened = events.filter(event => event.kind === 'requestOpened')
  // Of quick requests the ledger never hears that they began.
  for (const { requestId } of [...opened, ...settled])
    if (!finals.has(requestId)) found.push(`${requestId} has no end`)

  const lost = [...completed].filter(id => !says(finals.get(id), told.get(id)))
  let offerNanoUsd = 0n
  for (const event of settled) {
    const { target, usage, costNanoUsd, requestId, state } = event
    let cost = 0n
    for (const part of Object.values(costNanoUsd)) cost += part
    const expected =
      target.kind === 'offer' && state !== 'voided'
        ? BigInt(
            usage.uncachedInput * price.uncachedInput +
              usage.cachedInput * price.cachedInput +
              usage.output * price.output,
          )
        : 0n
    if (cost !== expected) found.push(`${requestId} costs ${cost} nano-dollars, not ${expected}`)
    if (state === 'reported' && !says(event, told.get(requestId)))
      found.push(`${requestId} has usage that nobody told`)
    offerNanoUsd += cost
  }
  const bills = billsOf(events, found)
  return {
    events: events.length,
    requests: finals.size,
    reported: [...finals.values()].filter(({ state }) => state === 'reported').length,
    markedEstimated: [...finals.values()].filter(({ durationMs }) => durationMs === null).length,
    offerNanoUsd,
    ...bills,
    lost,
    problems: found,
  }
}

function says(event: RequestSettled | undefined, told: ToldUsage | undefined): boolean {
  if (event === undefined || told === undefined || event.state !== 'reported' || event.bearer !== 'tenant')
    return false
  const { uncachedInput, cachedInput, output } = event.usage
  return uncachedInput === told.input - told.cached && cachedInput === told.cached && output === told.output
}

/** Σ requests + idle = bill, and no moment between the first interval and the last is billed twice or not at all. */
function billsOf(events: readonly LedgerEvent[], found: string[]) {
  let billedNanoUsd = 0n
  let requestsNanoUsd = 0n
  let idleNanoUsd = 0n
  const give = ({ charges, idle }: Pick<IntervalClosed, 'charges' | 'idle'>): void => {
    for (const charge of charges)
      requestsNanoUsd +=
        charge.prefillNanoUsd +
        charge.decodeNanoUsd +
        charge.prefillEnergyNanoUsd +
        charge.decodeEnergyNanoUsd
    idleNanoUsd += idle.deviceNanoUsd + idle.energyNanoUsd
  }
  const intervals: IntervalClosed[] = []
  for (const event of events) {
    if (event.kind === 'capacityBilled') billedNanoUsd += event.deviceNanoUsd + event.energyNanoUsd
    if (event.kind !== 'intervalClosed') continue
    intervals.push(event)
    give(event)
    for (const correction of event.corrections) give(correction)
  }
  if (billedNanoUsd !== requestsNanoUsd + idleNanoUsd)
    found.push(`requests ${requestsNanoUsd} + idle ${idleNanoUsd} is not the bill of ${billedNanoUsd}`)
  intervals.sort((a, b) => a.fromMs - b.fromMs)
  intervals.forEach(({ fromMs }, index) => {
    const before = intervals[index - 1]
    if (before !== undefined && before.toMs !== fromMs)
      found.push(`the interval from ${fromMs} does not follow the one to ${before.toMs}`)
  })
  return { intervals: intervals.length, billedNanoUsd, requestsNanoUsd, idleNanoUsd }
}

async function allEvents(store: LedgerStore): Promise<LedgerEvent[]> {
  const events: LedgerEvent[] = []
  for (let cursor = 0; ; ) {
    const page = await store.scan(cursor, 5000)
    if (page.length === 0) return events
    for (const { event } of page) events.push(event)
    cursor = page.at(-1)!.sequence
  }
}
