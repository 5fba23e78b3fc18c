/** The books of one deployment while the gateway runs: what it cost, who had it, what is left. No clock, no ledger: events come out. */
import { assert, present } from '../../core/assert.ts'
import type { NanoUsd } from '../../core/money.ts'
import type { DeploymentConfig } from '../config/gateway-config.ts'
import {
  createEngineTimeBook,
  type EngineFact,
  type IntervalClosed,
  type LedgerEvent,
} from '../ledger/index.ts'
import { capacityBills, createCapacityTerms } from './capacity-bills.ts'
import { createRateEstimate } from './rate-estimate.ts'
import { createRecentCost, type RecentCost } from './recent-cost.ts'
import { createReplicaTally, type ReplicaTally } from './replica-tally.ts'

export interface DeploymentBookSettings {
  readonly correctableIntervals: number
  /** So many requests are held at most; of more, the engine time stays with idle time. */
  readonly mostFacts: number
  /** Recent cost is over the intervals of so many milliseconds. */
  readonly recentMs: number
}

/** Money since the book was opened; in the ledger only once that has taken it. */
export interface DeploymentReconciliation {
  readonly deployment: string
  readonly billedNanoUsd: NanoUsd
  readonly requestsNanoUsd: NanoUsd
  readonly idleNanoUsd: NanoUsd
  /** billed − requests − idle: 0n, always. */
  readonly differenceNanoUsd: NanoUsd
}

export interface DeploymentBook {
  readonly name: string
  /** Start of what is not closed yet. */
  readonly openFromMs: number
  /** As configured now; null: it is configured no more. */
  readonly config: DeploymentConfig | null
  configure(atMs: number, config: DeploymentConfig | null): void
  /** Moves the start of the open interval, before anything was closed or after somebody else closed it. */
  openAt(fromMs: number): void
  record(fact: EngineFact): 'kept' | 'dropped'
  knows(fact: Pick<EngineFact, 'requestId' | 'attempt'>): boolean
  /** Requests that ended since the last closing. */
  readonly freshFacts: number
  /** To be run before a closing, one after the other: each gives a closed interval out again that late facts may have changed. */
  revisions(): readonly (() => void)[]
  /** Bills and what they are given out to, to be appended in one call. millijoules: measured; null: not. */
  close(atMs: number, toMs: number, millijoules: number | null): readonly LedgerEvent[]
  /** Requests that run. */
  unfinished(): readonly EngineFact[]
  /** Configured no more, and nothing of it can change. */
  readonly isOver: boolean
  recentCost(): RecentCost
  readonly tally: ReplicaTally
  reconciliation(): DeploymentReconciliation
}

export function createDeploymentBook(
  name: string,
  fromMs: number,
  settings: DeploymentBookSettings,
): DeploymentBook {
  const { correctableIntervals, mostFacts, recentMs } = settings
  const terms = createCapacityTerms()
  const book = createEngineTimeBook({ deployment: name, correctableIntervals })
  const estimate = createRateEstimate()
  const recent = createRecentCost(recentMs)
  const tally = createReplicaTally()
  let openFromMs = fromMs
  let config: DeploymentConfig | null = null
  /** The last one there was: prices of what ends after it was taken out. */
  let last: DeploymentConfig | null = null
  let closingsSinceGone = 0
  let freshFacts = 0
  let billedNanoUsd = 0n
  let requestsNanoUsd = 0n
  let idleNanoUsd = 0n

  const enter = (event: IntervalClosed): void => {
    const sums = recent.enter(event)
    billedNanoUsd += event.deviceNanoUsd + event.energyNanoUsd
    requestsNanoUsd += sums.requestsNanoUsd
    idleNanoUsd += sums.idleNanoUsd
  }

  return {
    name,
    get openFromMs() {
      return openFromMs
    },
    get config() {
      return config
    },
    configure(atMs, next) {
      // What was before the first configuration is paid like it: the time in which no gateway ran.
      terms.change(last === null ? 0 : atMs, next)
      config = next
      last = next ?? last
      closingsSinceGone = 0
    },
    openAt(movedMs) {
      openFromMs = movedMs
    },
    record(fact) {
      if (book.facts >= mostFacts && !book.knows(fact)) return 'dropped'
      const known = book.record(fact)
      tally.record(fact, known)
      if (fact.endMs !== null) {
        freshFacts++
        if (known === null || known.endMs === null) estimate.ended(fact)
        recent.used(
          fact.computedTokens - (known?.endMs == null ? 0 : known.computedTokens),
          fact.outputTokens - (known?.endMs == null ? 0 : known.outputTokens),
        )
      }
      return 'kept'
    },
    knows: fact => book.knows(fact),
    get freshFacts() {
      return freshFacts
    },
    revisions: () => book.revisions(),
    close(atMs, toMs, millijoules) {
      assert(toMs > openFromMs, 'an interval ends after it starts')
      const priced = present(last, 'a deployment was configured before it is closed')
      const spans = terms.within(openFromMs, toMs)
      const heldMs = spans.reduce((sum, span) => sum + span.heldMs, 0)
      const interval = { atMs, fromMs: openFromMs, toMs, heldMs }
      const rates = estimate.rates(priced, book.unfinished())
      const isAssumed = millijoules === null && priced.cost.watts !== null
      const assumed =
        isAssumed && spans.some(({ cost }) => cost.energyUsdPerKilowattHour !== null)
          ? { millijoules: book.assumedMillijoules(interval, rates), measured: false }
          : null
      const energy = millijoules === null ? assumed : { millijoules, measured: true }
      const bills = capacityBills(name, atMs, spans, energy)
      // Measured joules without assumed watts are shared by time alone.
      const knows = millijoules === null || priced.cost.watts !== null
      const closed = book.close(
        { ...interval, bills },
        knows ? rates : { ...rates, prefillWatts: 1, decodeWatts: 1, idleWatts: 1 },
      )
      enter(closed)
      terms.forget(toMs)
      openFromMs = toMs
      freshFacts = 0
      if (config === null) closingsSinceGone++
      return [...bills, closed]
    },
    unfinished: () => book.unfinished(),
    get isOver() {
      return config === null && closingsSinceGone > correctableIntervals
    },
    recentCost: () => recent.cost(),
    tally,
    reconciliation: () => ({
      deployment: name,
      billedNanoUsd,
      requestsNanoUsd,
      idleNanoUsd,
      differenceNanoUsd: billedNanoUsd - requestsNanoUsd - idleNanoUsd,
    }),
  }
}
