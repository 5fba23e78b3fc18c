/** How far to trust a sized deployment whose devices may be of two kinds. */
import type { PredictionBasis } from '../../core/provenance.ts'
import type { Load, Performance } from '../../perf/deployment.ts'
import type { ErrorBand } from '../types.ts'
import type { DeploymentQuestion, PlanContext, PredictionTrust } from './context.ts'

/**
 * Nobody has published a measurement of attention and feed-forward layers on devices of two kinds: a factor of two
 * either way, as wide as vendors' claims and physics lie apart.
 */
const doubled: ErrorBand = { low: 0.5, high: 2 }
const hybridTrust: PredictionTrust = {
  basis: 'assumed',
  band: { tpot: doubled, ttft: doubled, cost: doubled },
  nearest: [],
}

const fromBestToWorst: readonly PredictionBasis[] = ['measured', 'fitted', 'transferred', 'assumed']

/** Pools on different hardware are trusted as little as the less known of the two; prompts are timed by the prefill pool. */
export function pointTrust(
  context: PlanContext,
  question: DeploymentQuestion,
  load: Load,
  performance: Performance,
): PredictionTrust {
  if (question.feedForwardAccelerator !== undefined) return hybridTrust
  const serving = context.trust(question, load, performance)
  const { accelerator, prefillAccelerator } = question
  if (prefillAccelerator.id === accelerator.id) return serving
  const prefill = context.trust({ ...question, accelerator: prefillAccelerator }, load, performance)
  return {
    basis: worse(serving.basis, prefill.basis),
    band: {
      tpot: serving.band.tpot,
      ttft: wider(serving.band.ttft, prefill.band.ttft),
      cost: wider(serving.band.cost, prefill.band.cost),
    },
    nearest: serving.nearest,
  }
}

function worse(a: PredictionBasis, b: PredictionBasis): PredictionBasis {
  return fromBestToWorst.indexOf(a) >= fromBestToWorst.indexOf(b) ? a : b
}

function wider(a: ErrorBand, b: ErrorBand): ErrorBand {
  return { low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) }
}
