/** Ledgers for tests: days of a deployment with two replicas and an API beside it, at prices that are easy to reckon with. */
import { RandomSource } from '../../core/random.ts'
import { costOfUsage, type PriceBook, priceAt } from '../../market/index.ts'
import { bookOf } from '../../market/market.fixture.ts'
import { idempotencyKey, type LedgerEvent, type RequestSettled } from '../ledger/index.ts'
import { billed, charge, closed, dayMs, hourMs, settled, startMs } from '../ledger/ledger.fixture.ts'
import { noUsage, type UsageClasses } from '../usage.ts'

export { dayMs, hourMs, startMs }

/** acme sells chat at $1 and $2; other at half of it, without a price for cached input; acme in batches at half. */
export const book: PriceBook = bookOf([
  {
    ...{ provider: 'acme', model: 'chat', source: 'list' },
    prices: { uncachedInput: '1', cachedInput: '0.1', output: '2' },
  },
  {
    ...{ provider: 'acme', model: 'chat', serviceTier: 'batch', source: 'list' },
    prices: { uncachedInput: '0.5', cachedInput: '0.1', output: '1' },
  },
  {
    ...{ provider: 'other', model: 'org/Chat', source: 'list' },
    prices: { uncachedInput: '0.5', output: '1' },
  },
])

/** Only acme's standard price. */
export const lonelyBook: PriceBook = bookOf([
  {
    ...{ provider: 'acme', model: 'chat', source: 'list' },
    prices: { uncachedInput: '1', cachedInput: '0.1', output: '2' },
  },
])

export interface LedgerChoice {
  readonly hours?: number
  /** Requests an hour to each. */
  readonly bought?: number
  readonly own?: number
  readonly replicas?: number
  /** Engine µs of a request of one's own. */
  readonly prefillUs?: number
  readonly decodeUs?: number
  /** Of three requests of one's own, one decodes twice as long and one three times. */
  readonly isUneven?: boolean
  readonly sampled?: boolean
}

/** 1,000 tokens in, 1,000 cached, 500 out: $0.0021 at acme, $0.0015 at other. */
export const usage: UsageClasses = { ...noUsage, uncachedInput: 1000, cachedInput: 1000, output: 500 }

/** $3.6 an hour of a replica: a nano-dollar a µs. */
export function ledgerOf(choice: LedgerChoice = {}): LedgerEvent[] {
  const { hours = 48, bought = 10, own = 10, replicas = 2, prefillUs = 100_000, decodeUs = 900_000 } = choice
  const random = new RandomSource('ledger of a test').stream('times')
  const events: LedgerEvent[] = []
  for (let hour = 0; hour < hours; hour++) {
    const fromMs = startMs + hour * hourMs
    const at = () => fromMs + random.integer(hourMs - 10_000)
    for (let index = 0; index < bought; index++)
      events.push(boughtRequest(`b${hour}-${index}`, at(), choice.sampled ?? false))
    let busyUs = 0
    const charges = Array.from({ length: own }, (_, index) => {
      const requestId = `o${hour}-${index}`
      const decodedUs = decodeUs * (choice.isUneven ? 1 + (index % 3) : 1)
      busyUs += prefillUs + decodedUs
      events.push(ownRequest(requestId, at()))
      return charge({
        ...{ requestId, modelAlias: 'chat', prefillUs, decodeUs: decodedUs },
        ...{ prefillNanoUsd: BigInt(prefillUs), decodeNanoUsd: BigInt(decodedUs) },
        ...{ prefillEnergyNanoUsd: 0n, decodeEnergyNanoUsd: 0n },
      })
    })
    const bill = billed({
      ...{ fromMs, toMs: fromMs + hourMs, atMs: fromMs + hourMs, energyNanoUsd: 0n },
      deviceNanoUsd: BigInt(replicas) * 3_600_000_000n,
    })
    events.push(
      bill,
      closed(charges, {
        ...{ fromMs, toMs: bill.toMs, atMs: bill.toMs, bills: [idempotencyKey(bill)] },
        ...{ deviceNanoUsd: bill.deviceNanoUsd, energyNanoUsd: 0n },
        idle: {
          ...{ idleUs: replicas * 3600e6 - busyUs, energyMillijoules: 0, energyNanoUsd: 0n },
          deviceNanoUsd: bill.deviceNanoUsd - BigInt(busyUs),
        },
      }),
    )
  }
  return events
}

function boughtRequest(requestId: string, atMs: number, sampled: boolean): RequestSettled {
  const { prices, entry } = priceAt(book, {
    ...{ provider: 'acme', model: 'chat', atMs, promptTokens: 2000 },
  })!
  const { lines, nanoUsd } = costOfUsage(prices, usage)
  return settled({
    ...{ requestId, atMs: atMs + 1000, durationMs: 1000, ttftMs: 200, usage, modelAlias: 'chat' },
    ...{ target: { kind: 'offer', offer: 'acme' }, priceRuleId: entry.id, releasedNanoUsd: 0n },
    costNanoUsd: Object.fromEntries(lines.map(({ used, nanoUsd: amount }) => [used, amount])),
    sample: sampled
      ? {
          ...{ predictedCachedTokens: 0, realisedCachedTokens: 0, predictedTtftMs: 200, realisedTtftMs: 200 },
          ...{ predictedNanoUsd: (nanoUsd * 11n) / 10n, realisedNanoUsd: nanoUsd },
        }
      : null,
  })
}

function ownRequest(requestId: string, atMs: number): RequestSettled {
  return settled({
    ...{ requestId, atMs: atMs + 2000, durationMs: 2000, ttftMs: 400, usage, modelAlias: 'chat' },
    ...{ target: { kind: 'deployment', deployment: 'h200', replica: '0' }, priceRuleId: '' },
    ...{ costNanoUsd: {}, releasedNanoUsd: 0n },
  })
}
