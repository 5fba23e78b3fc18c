/** Names of the planner's closed vocabularies as people read them. */
import type { PriceTier } from '../catalog/types.ts'
import type { PredictionBasis } from '../core/provenance.ts'
import type { AllocationMethod } from '../cost/types.ts'
import type { Engine, Performance, Speculation, StepPart } from '../perf/deployment.ts'
import type { Candidate, ErrorBand, Objective } from '../plan/types.ts'
import { formatLimit, formatPercent, formatUsdPerMillionTokens } from './format-number.ts'

export const engineNames: Readonly<Record<Engine, string>> = {
  vllm: 'vLLM',
  sglang: 'SGLang',
  trtllm: 'TensorRT-LLM',
  atom: 'ATOM',
}

/** For tables and figures. */
export const shortEngineNames: Readonly<Record<Engine, string>> = { ...engineNames, trtllm: 'TRT-LLM' }

export const tierNames: Readonly<Record<PriceTier, string>> = {
  owned: 'owned',
  reserved: 'reserved',
  'on-demand': 'on demand',
  spot: 'spot',
}

export const basisSentences: Readonly<Record<PredictionBasis, string>> = {
  measured: 'measured: this configuration was measured near this load',
  fitted: 'fitted: the coefficients were fitted on this accelerator',
  transferred: 'transferred: the coefficients come from a related accelerator',
  assumed: 'assumed: no measurement supports the coefficients',
}

export const stepPartNames: Readonly<Record<StepPart, string>> = {
  'dense-weights': 'read dense weights',
  'expert-weights': 'read expert weights',
  'kv-read': 'read KV cache',
  'matrix-compute': 'matrix products',
  'attention-compute': 'attention',
  communication: 'communication',
  'layer-overhead': 'overhead per layer',
  'step-overhead': 'overhead per step',
  'sequence-overhead': 'overhead per sequence',
  'speculation-draft': 'drafting',
  'prefill-interference': 'prefill in between',
}

export const bindingNames: Readonly<Record<Performance['binding'], string>> = {
  'latency-floor': 'latency floor (fixed overheads)',
  compute: 'compute',
  'memory-bandwidth': 'memory bandwidth',
  'kv-capacity': 'KV-cache capacity',
  prefill: 'prefill',
  network: 'network',
}

export const allocationSentences: Readonly<Record<AllocationMethod, string>> = {
  'engine-time': 'by modelled engine time',
  pool: 'by pool: prefill devices pay for input, decode devices for output',
  'fixed-ratio': 'by a fixed ratio',
}

export const powerBasisNames: Readonly<Record<Candidate['powerBasis'], string>> = {
  board: 'board power',
  'it-all-in': 'IT power, all-in',
  utility: 'utility power',
}

export const metricNames: Readonly<Record<Objective['metric'], string>> = {
  ttft: 'TTFT',
  tpot: 'TPOT',
  e2e: 'E2E',
}

const speculationNames: Readonly<Record<Speculation['method'], string>> = {
  mtp: 'MTP',
  eagle3: 'EAGLE-3',
  dspark: 'DSpark',
  'draft-model': 'draft model',
  ngram: 'n-gram',
}

/** `MTP×3`: method and drafted tokens. */
export function describeSpeculation(speculation: Speculation | null): string {
  return speculation === null ? 'none' : `${speculationNames[speculation.method]}×${speculation.draftTokens}`
}

/** `TTFT p90 < 1 s` */
export function describeObjective(objective: Objective): string {
  return `${metricNames[objective.metric]} ${objective.statistic} < ${formatLimit(objective.limitMs)}`
}

/** `−12 % to +18 %` */
export function describeBand(band: ErrorBand): string {
  return `${signedPercent(band.low - 1)} to ${signedPercent(band.high - 1)}`
}

function signedPercent(share: number): string {
  const percent = Math.round(share * 100)
  return `${percent < 0 ? '−' : '+'}${Math.abs(percent)} %`
}

/** `$0.352 to $0.492`: the band applied to a cost. */
export function costRange(cost: number, band: ErrorBand): string {
  return `${formatUsdPerMillionTokens(cost * band.low)} to ${formatUsdPerMillionTokens(cost * band.high)}`
}

/** Dollars per million tokens; a bill of nothing says why. */
export function describeCost(cost: number): string {
  return cost === 0 ? `$0 (${zeroPrice})` : formatUsdPerMillionTokens(cost)
}

export const zeroPrice = 'the price given is 0'

/** How sure the objectives hold, in words. */
export function describeProbability(probability: number): string {
  const words =
    probability >= 0.9
      ? 'very likely'
      : probability >= 0.75
        ? 'likely'
        : probability >= 0.5
          ? 'more likely than not'
          : 'doubtful'
  return `${words} (${formatPercent(probability)})`
}
