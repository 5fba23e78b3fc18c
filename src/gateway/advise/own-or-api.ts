/** Engines of one's own against APIs: from how many tokens a day they pay, what would be cheaper outside, what could come in. */
import { type NanoUsd, usdFromNano } from '../../core/money.ts'
import type { PriceBook } from '../../market/index.ts'
import { type DeploymentRates, engineUsOf } from './deployment-rates.ts'
import { type AdviceAndRefusals, tooFew } from './offer-advice.ts'
import { type CheapestOffer, cheapestOffer } from './offer-prices.ts'
import { type DatedSaving, savingBand } from './saving-band.ts'
import { type Advice, busyLimit, leastData, type Refusal } from './types.ts'
import { type AttemptFacts, allTokens, isComparable, type WindowFacts } from './window-facts.ts'

/** Where owning begins to pay, for the mix of tokens that the deployment serves. */
export interface BreakEven {
  readonly deployment: string
  /** Of the price book. */
  readonly offer: string
  readonly usdPerDay: number
  readonly apiUsdPerMillionTokens: number
  readonly tokensPerDay: number
  /** At which the API costs as much as the deployment. */
  readonly breakEvenTokensPerDay: number
  /** What it would serve at 80 % busy if a token took as long as it did; with larger batches it takes less. NaN: not known. */
  readonly capacityTokensPerDay: number
}

export interface OwnOrApi extends AdviceAndRefusals {
  readonly breakEvens: readonly BreakEven[]
}

/** modelOf: what a deployment serves, by the names the book might know; in the order of trust. */
export function ownOrApi(
  facts: WindowFacts,
  all: readonly DeploymentRates[],
  book: PriceBook,
  modelsOf: (deployment: string, aliases: readonly string[]) => readonly string[],
): OwnOrApi {
  const advice: Advice[] = []
  const refusals: Refusal[] = []
  const breakEvens: BreakEven[] = []
  for (const rates of all) {
    const { deployment } = rates
    const served = facts.attempts.filter(
      attempt =>
        isComparable(attempt) &&
        attempt.target.kind === 'deployment' &&
        attempt.target.deployment === deployment,
    )
    const why = tooFew(served, facts)
    if (why !== null) {
      refusals.push({ subject: `${deployment} or an API`, why })
      continue
    }
    const aliases = [...new Set(served.map(({ alias }) => alias))]
    const atMs = served.at(-1)!.atMs
    const offer = modelsOf(deployment, aliases)
      .map(model => cheapestOffer(book, served, { model, atMs }))
      .find(found => found !== null)
    if (offer === undefined) {
      refusals.push({
        subject: `${deployment} or an API`,
        why: `the price book knows nobody who sells ${aliases.join(', ')}`,
      })
      continue
    }
    breakEvens.push(breakEvenOf(rates, served, offer!))
    const moved = outside(facts, rates, served, offer!)
    if (moved !== null) advice.push(moved)
    advice.push(...inside(facts, rates, aliases))
  }
  return { advice, refusals, breakEvens }
}

function breakEvenOf(
  rates: DeploymentRates,
  served: readonly AttemptFacts[],
  offer: CheapestOffer,
): BreakEven {
  const days = rates.hours.length / 24
  const usdPerDay = usdFromNano(rates.nanoUsd) / days
  const tokens = served.reduce((sum, { usage }) => sum + allTokens(usage), 0)
  const busyUs = rates.hours.reduce((sum, hour) => sum + hour.busyUs, 0)
  const idleUs = rates.hours.reduce((sum, hour) => sum + hour.idleUs, 0)
  const apiUsdPerToken = usdFromNano(offer.nanoUsd) / tokens
  return {
    deployment: rates.deployment,
    offer: offer.entry.id,
    usdPerDay,
    apiUsdPerMillionTokens: apiUsdPerToken * 1e6,
    tokensPerDay: tokens / days,
    breakEvenTokensPerDay: usdPerDay / apiUsdPerToken,
    capacityTokensPerDay: (tokens / days) * ((busyLimit * (busyUs + idleUs)) / busyUs),
  }
}

/** All of it to the API: the whole bill goes, idle time included. */
function outside(
  facts: WindowFacts,
  rates: DeploymentRates,
  served: readonly AttemptFacts[],
  { entry, nanoUsd, price }: CheapestOffer,
): Advice | null {
  const { deployment, hours } = rates
  if (hours.length < leastData.hoursForReplicas || nanoUsd >= rates.nanoUsd) return null
  const bills = facts.intervals.filter(interval => interval.deployment === deployment)
  const savings: DatedSaving[] = [
    ...bills.map(({ fromMs, nanoUsd: bill }) => ({ atMs: fromMs, nanoUsd: bill })),
    ...served.map(attempt => ({ atMs: attempt.atMs, nanoUsd: -(price(attempt) ?? 0n) })),
  ]
  return {
    kind: 'api-instead-of-own',
    subject: deployment,
    what: `serve what ${deployment} serves by ${entry.id}, and give ${deployment} back`,
    savedNanoUsd: sumOf(savings),
    perMonth: savingBand(savings, facts),
    latency: 'unknown until it was tried: send it a share first',
    assumes:
      'the same model by its name, the same share found in its cache, its list price; prompts may leave the house',
    sample: { requests: served.length, hours: hours.length },
  }
}

/** What went to APIs under the same names, into hours in which the deployment was paid for and idle. */
function inside(facts: WindowFacts, rates: DeploymentRates, aliases: readonly string[]): Advice[] {
  const bought = facts.attempts.filter(
    attempt => isComparable(attempt) && attempt.target.kind === 'offer' && aliases.includes(attempt.alias),
  )
  if (tooFew(bought, facts) !== null || Number.isNaN(rates.usPerOutputToken)) return []
  const spareUs = new Map(
    rates.hours.map(({ fromMs, busyUs, idleUs }) => [fromMs, busyLimit * (busyUs + idleUs) - busyUs]),
  )
  // The most money for the time first.
  const byWorth = bought
    .map(attempt => ({ attempt, us: Math.max(1, engineUsOf(rates, attempt)) }))
    .sort((a, b) => Number(b.attempt.nanoUsd) / b.us - Number(a.attempt.nanoUsd) / a.us)
  const savings: DatedSaving[] = []
  for (const { attempt, us } of byWorth) {
    const hour = Math.floor(attempt.atMs / 3_600_000) * 3_600_000
    const left = spareUs.get(hour) ?? 0
    if (us > left) continue
    spareUs.set(hour, left - us)
    savings.push({ atMs: attempt.atMs, nanoUsd: attempt.nanoUsd })
  }
  const savedNanoUsd = sumOf(savings)
  if (savedNanoUsd <= 0n) return []
  const share = Math.round((savings.length / bought.length) * 100)
  return [
    {
      kind: 'fill-idle-replicas',
      subject: rates.deployment,
      what: `send ${share} % of the requests for ${aliases.join(', ')} that went to APIs to ${rates.deployment}, which stood idle then`,
      savedNanoUsd,
      perMonth: savingBand(savings, facts),
      latency: `its median TTFT was ${rates.medianTtftMs === null ? 'not measured' : `${Math.round(rates.medianTtftMs)} ms`}; it would be busy ${busyLimit * 100} % of an hour at most`,
      assumes:
        'as many of their tokens are found in its cache as at the API; its time is paid for anyway; its engine time a token as charged',
      sample: { requests: bought.length, hours: facts.coveredHours },
    },
  ]
}

function sumOf(savings: readonly DatedSaving[]): NanoUsd {
  return savings.reduce((sum, { nanoUsd }) => sum + nanoUsd, 0n)
}
