/** Who of a pool may serve a request at all, before its router chooses: what it must be, how long it can be, whether it is being left alone. */
import { dataPolicies, type Requirements } from '../config/gateway-config.ts'
import type { CandidateEntry } from './candidate-entry.ts'
import type { DispatchRefusal, DispatchRequest } from './types.ts'

/** What took a candidate out, in the order in which they are asked. */
export type DispatchFilter =
  | 'excluded'
  | 'region'
  | 'quantization'
  | 'data-policy'
  | 'maximum-price'
  | 'context-length'
  | 'cooling-down'
  /** Another one is tried that nobody knows yet. */
  | 'exploring'

/**
 * The length of a prompt is known only about so: bytes are counted, or a template is left out. One is turned away only when it is longer than what fits by this much (assumed): a server
 * that is asked says exactly, a gateway that refuses wrongly cannot be argued with.
 */
const lengthDoubt = 1.25

export interface FilterContext {
  readonly nowUs: number
  readonly nowMs: number
}

/** The first that the candidate fails; null: it may serve. */
export function filterOf(
  entry: CandidateEntry,
  request: DispatchRequest,
  require: Requirements,
  context: FilterContext,
): DispatchFilter | null {
  if (request.excluded.size > 0 && request.excluded.has(entry.candidate.id)) return 'excluded'
  const failed =
    requirementFilter(entry, require, context.nowMs) ??
    (request.require === null ? null : requirementFilter(entry, request.require, context.nowMs))
  if (failed !== null) return failed
  if (!fits(entry, request)) return 'context-length'
  return entry.breaker.admits(context.nowUs) ? null : 'cooling-down'
}

/** What nobody knows of a candidate does not meet what is asked of it. */
function requirementFilter(
  entry: CandidateEntry,
  require: Requirements,
  nowMs: number,
): DispatchFilter | null {
  const { region, quantization, dataPolicy } = entry.candidate.traits
  if (require.regions !== null && (region === null || !require.regions.includes(region))) return 'region'
  if (
    require.quantizations !== null &&
    (quantization === null || !require.quantizations.includes(quantization))
  )
    return 'quantization'
  if (
    require.dataPolicy !== null &&
    (dataPolicy === null || dataPolicies.indexOf(dataPolicy) > dataPolicies.indexOf(require.dataPolicy))
  )
    return 'data-policy'
  return isTooDear(entry, require, nowMs) ? 'maximum-price' : null
}

/** An engine that nobody knows yet is not too dear: it would never become known. */
function isTooDear(entry: CandidateEntry, require: Requirements, nowMs: number): boolean {
  const { maximumInputUsdPerMillionTokens: input, maximumOutputUsdPerMillionTokens: output } = require
  if (input === null && output === null) return false
  const { offerPricing, replicaPricing } = entry
  if (offerPricing !== null) {
    const prices = offerPricing.tokenPrices(nowMs, 0)
    return exceeds(prices.input, input) || exceeds(prices.output, output)
  }
  if (replicaPricing === null || !replicaPricing.isKnown) return false
  const batch = Math.max(1, entry.speed.batch)
  return exceeds(replicaPricing.usd(1, 0, batch), input) || exceeds(replicaPricing.usd(0, 1, batch), output)
}

function exceeds(usdPerToken: number, most: number | null): boolean {
  return most !== null && usdPerToken * 1e6 > most
}

function fits(entry: CandidateEntry, request: DispatchRequest): boolean {
  const { contextTokens } = entry.candidate.traits
  if (contextTokens === null) return true
  const prompt = request.prompt.inputTokens * entry.tokens.perEstimated
  // Servers want room for one token at least.
  return prompt + (request.outputLimit ?? 1) <= contextTokens * lengthDoubt
}

/** Why nobody is left, told by the one that came furthest; cooling down passes by itself, so it goes first. */
export function refusalOf(filters: readonly (DispatchFilter | null)[]): DispatchRefusal {
  let furthest: DispatchRefusal = 'no-candidate'
  for (const filter of filters) {
    if (filter === 'cooling-down') return 'cooling-down'
    if (filter === 'context-length') furthest = 'context-too-long'
    else if (filter !== null && filter !== 'excluded' && furthest !== 'context-too-long')
      furthest = 'requirements'
  }
  return furthest
}
