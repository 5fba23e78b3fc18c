/** The same requests, the same model, another seller or another tier: priced again request by request. */
import type { PriceBook } from '../../market/index.ts'
import { cheapestOffer, entryOfRule, type PriceOfAttempt } from './offer-prices.ts'
import { savingBand } from './saving-band.ts'
import { type Advice, type AdviceKind, leastData, type Refusal } from './types.ts'
import { type AttemptFacts, isComparable, type WindowFacts } from './window-facts.ts'

export interface AdviceAndRefusals {
  readonly advice: readonly Advice[]
  readonly refusals: readonly Refusal[]
}

/** A price below the booked one by less than this is no reason to move. Chosen: half a per cent, what lists differ by. */
const leastSavedShare = 0.005

/** For each offer that was used: the cheapest seller of its model, and tiers of the same seller that wait. */
export function offerAdvice(facts: WindowFacts, book: PriceBook): AdviceAndRefusals {
  const advice: Advice[] = []
  const refusals: Refusal[] = []
  const served = facts.attempts.filter(attempt => isComparable(attempt) && attempt.target.kind === 'offer')
  const groups = Map.groupBy(served, ({ target }) => (target.kind === 'offer' ? target.offer : ''))
  for (const [offer, attempts] of groups) {
    const why = tooFew(attempts, facts)
    if (why !== null) {
      refusals.push({ subject: offer, why })
      continue
    }
    const last = attempts.at(-1)!
    const entry = entryOfRule(book, last.priceRuleId)
    if (entry === null) {
      refusals.push({
        subject: offer,
        why: `its price rule ${last.priceRuleId} is none of the book: who else sells the model is not known`,
      })
      continue
    }
    const { model, provider } = entry
    const found = cheapestOffer(book, attempts, { model, atMs: last.atMs })
    if (found !== null && found.entry.id !== entry.id) {
      const { cachedInput } = found.entry.prices
      const cached = cachedInput === undefined ? ', which has no price of its own for cached input' : ''
      push(
        advice,
        facts,
        { kind: 'cheaper-offer', subject: offer, attempts, price: found.price },
        `serve what goes to ${offer} by ${found.entry.id}${cached}`,
        'unknown until it was tried: send it a share first',
        'the same model by its name, the same share found in its cache, its list price; other sellers may quantise it differently',
      )
    }
    const tiers = cheapestOffer(book, attempts, {
      ...{ model, provider, atMs: last.atMs, serviceTiers: ['batch', 'flex'] },
    })
    if (tiers === null) continue
    for (const [tenant, own] of Map.groupBy(attempts, attempt => attempt.tenant)) {
      if (tooFew(own, facts) !== null) continue
      const { serviceTier } = tiers.entry
      push(
        advice,
        facts,
        { kind: 'service-tier', subject: `${offer}, ${tenant}`, attempts: own, price: tiers.price },
        `if ${tenant}’s requests can wait, ask for the ${serviceTier} tier of ${offer}`,
        serviceTier === 'batch'
          ? 'answers come within hours (a day at most) instead of seconds'
          : 'slower, and turned away when the provider is full',
        'nobody waits for these answers: the ledger cannot know that',
      )
    }
  }
  return { advice, refusals }
}

/** null: enough. */
export function tooFew(attempts: readonly AttemptFacts[], { coveredHours }: WindowFacts): string | null {
  if (attempts.length < leastData.requests)
    return `${attempts.length} requests: advice needs ${leastData.requests}`
  if (coveredHours < leastData.hours)
    return `${coveredHours.toFixed(2)} h of traffic: advice needs ${leastData.hours} h`
  return null
}

interface Repricing {
  readonly kind: AdviceKind
  readonly subject: string
  readonly attempts: readonly AttemptFacts[]
  readonly price: PriceOfAttempt
}

function push(
  advice: Advice[],
  facts: WindowFacts,
  { kind, subject, attempts, price }: Repricing,
  what: string,
  latency: string,
  assumes: string,
): void {
  const savings = attempts.map(attempt => ({
    atMs: attempt.atMs,
    nanoUsd: attempt.nanoUsd - (price(attempt) ?? attempt.nanoUsd),
  }))
  const savedNanoUsd = savings.reduce((sum, { nanoUsd }) => sum + nanoUsd, 0n)
  const booked = attempts.reduce((sum, { nanoUsd }) => sum + nanoUsd, 0n)
  if (Number(savedNanoUsd) <= leastSavedShare * Number(booked)) return
  advice.push({
    ...{ kind, subject, what, savedNanoUsd, latency, assumes },
    perMonth: savingBand(savings, facts),
    sample: { requests: attempts.length, hours: facts.coveredHours },
  })
}
