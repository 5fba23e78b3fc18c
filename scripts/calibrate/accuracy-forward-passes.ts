/**
 * Whole forward passes of TensorRT-LLM with gpt-oss-120b on a B200 (data from AIConfigurator, Apache-2.0): prefill only, wall time
 * seen by the host. Five coefficients of the step model are fitted to every other pass, and the rest is predicted.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PointLookups } from '../../src/accuracy/evaluate-point.ts'
import { precisionOf } from '../../src/accuracy/rows/precision-of.ts'
import { type ErrorStatistics, errorStatistics } from '../../src/accuracy/score.ts'
import { present } from '../../src/core/assert.ts'
import { parseCsv } from '../../src/core/csv.ts'
import { median } from '../../src/core/statistics.ts'
import {
  type CoefficientName,
  type CoefficientSet,
  cellOf,
  type LocalCoefficients,
  resolveCoefficients,
} from '../../src/perf/coefficients.ts'
import { prefillAttentionWork, rankFeatures } from '../../src/perf/rank-features.ts'
import { idleWork, newStepSeconds, StepModel } from '../../src/perf/step-time.ts'
import { fitLogarithmic } from '../kernels/levenberg-marquardt.ts'

const fileName = 'forward_passes/trtllm_b200_gpt_oss_120b_mixed_fp4_fpms.csv'
const peerFileName = 'forward_passes/trtllm_b200_gpt_oss_120b_aic_native_predictions.csv'
const modelId = 'openai/gpt-oss-120b'
const acceleratorId = 'b200-sxm'

interface ForwardPass {
  readonly seconds: number
  readonly requests: number
  readonly tokens: number
  /** Cached tokens before the new ones, over all requests. */
  readonly pastTokens: number
}

export interface ForwardPassErrors {
  readonly passes: number
  /** With the shipped coefficients, on all passes. */
  readonly shipped: ErrorStatistics
  readonly fittedHalf: ErrorStatistics
  readonly predictedHalf: ErrorStatistics
  readonly coefficients: Readonly<Partial<Record<CoefficientName, number>>>
  /** Passes of one prompt with at most 100 new tokens around their own median: what no model of these columns can explain. */
  readonly sameWorkSpread: ErrorStatistics
  /** AIConfigurator's own predictions of the same passes, as published beside them. */
  readonly peer: ErrorStatistics | null
}

/** Fitted within these bounds: host work of a pass, of a request and of a token, and two efficiencies. */
const fitted: readonly (readonly [CoefficientName, minimum: number, maximum: number])[] = [
  ['eagerLayerMicroseconds', 10, 5000],
  ['requestMilliseconds', 0.01, 100],
  ['promptTokenMicroseconds', 0.01, 50],
  ['mfuExperts', 0.01, 0.95],
  ['mfuAttention', 0.01, 0.95],
]

export function forwardPassErrors(
  folder: string,
  lookups: PointLookups,
  set: CoefficientSet,
): ForwardPassErrors | null {
  const path = join(folder, fileName)
  if (!existsSync(path)) return null
  const passes = parseCsv(readFileSync(path, 'utf8')).records.map(record => ({
    seconds: record.number('wall_time_s')!,
    requests: record.number('prefill_requests')!,
    tokens: record.number('prefill_tokens')!,
    pastTokens: record.number('prefill_kv_tokens')!,
  }))
  const { shipped, secondsWith } = passModel(lookups, set)
  const learnt = passes.filter((_, index) => index % 2 === 0)
  const judged = passes.filter((_, index) => index % 2 === 1)
  const withValues = (values: readonly number[]): LocalCoefficients => ({
    ...shipped,
    ...Object.fromEntries(fitted.map(([name], i) => [name, values[i]!])),
  })
  const fit = fitLogarithmic(
    learnt.length,
    values => {
      const seconds = secondsWith(withValues(values))
      return row => seconds(learnt[row]!)
    },
    row => learnt[row]!.seconds,
    fitted.map(([name, minimum, maximum]) => ({
      name,
      start: Math.min(0.9 * maximum, Math.max(1.1 * minimum, shipped[name])),
      minimum,
      maximum,
    })),
  )
  const seconds = secondsWith(withValues(fit.values))
  const errors = (list: readonly ForwardPass[], of: (pass: ForwardPass) => number) =>
    errorStatistics(list.map(pass => of(pass) / pass.seconds - 1))
  const alike = passes.filter(pass => pass.requests === 1 && pass.tokens <= 100)
  const usual = median(alike.map(pass => pass.seconds))
  return {
    passes: passes.length,
    shipped: errors(passes, secondsWith(shipped)),
    fittedHalf: errors(learnt, seconds),
    predictedHalf: errors(judged, seconds),
    coefficients: Object.fromEntries(
      fitted.map(([name], i) => [name, Number(fit.values[i]!.toPrecision(3))]),
    ),
    sameWorkSpread: errors(alike, () => usual),
    peer: peerErrors(folder),
  }
}

/** One B200 with MXFP4 experts. The host's work on requests and prompt tokens is inside a pass here, so it is added to the step. */
function passModel(lookups: PointLookups, set: CoefficientSet) {
  const architecture = present(lookups.architecture(modelId), 'the catalog has gpt-oss-120b')
  const accelerator = present(lookups.accelerator(acceleratorId), 'the catalog has the B200')
  const precision = precisionOf(modelId, 'fp4', 'trtllm', acceleratorId)
  const deployment = { engine: 'trtllm', mode: 'aggregated', precision } as const
  const parallelism = { tensor: 1, pipeline: 1, attentionData: 1, expert: 1 }
  const features = rankFeatures(architecture, precision, parallelism, 'trtllm')
  const shipped = resolveCoefficients(set, cellOf(modelId, architecture, accelerator, deployment))
  const out = newStepSeconds()
  const secondsWith = (coefficients: LocalCoefficients) => {
    const model = new StepModel(features, accelerator, coefficients)
    return ({ requests, tokens, pastTokens }: ForwardPass) => {
      const past = pastTokens / requests
      const step = model.seconds(
        {
          ...idleWork,
          prefillTokens: tokens,
          prefillTokensAllGroups: tokens,
          prefillPastTokens: past,
          prefillAttentionFlops:
            requests * prefillAttentionWork(features.prefillAttentionFlops, past, tokens / requests),
          promptsCompleted: requests,
        },
        out,
      )
      return (
        step +
        1e-3 * coefficients.requestMilliseconds * requests +
        1e-6 * coefficients.promptTokenMicroseconds * tokens
      )
    }
  }
  return { shipped, secondsWith }
}

function peerErrors(folder: string): ErrorStatistics | null {
  const path = join(folder, peerFileName)
  if (!existsSync(path)) return null
  return errorStatistics(
    parseCsv(readFileSync(path, 'utf8')).records.map(
      record => record.number('aic_pred_ms')! / record.number('observed_ms')! - 1,
    ),
  )
}
