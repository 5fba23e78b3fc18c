/** The project's bars for accuracy and what is reached: every one of them, met or missed. */
import type { ErrorStatistics } from '../../src/accuracy/score.ts'
import { worstOf } from './accuracy-replays.ts'
import type { AccuracyReport } from './accuracy-report.ts'
import type { SliceErrors } from './accuracy-slices.ts'

export interface Bar {
  readonly what: string
  readonly how: string
  readonly n: number | null
  readonly statistic: string
  /** Errors and regrets are at most the bar; shares marked so are at least the bar. */
  readonly direction: 'at most' | 'at least' | 'between'
  readonly bar: number
  readonly excellent: number | null
  readonly reached: number | null
  readonly met: boolean | null
  readonly excellentMet: boolean | null
  /** The same without the row rules, or over other groups of rows; for comparison. */
  readonly beside: string | null
}

interface Draft {
  readonly what: string
  readonly how: string
  readonly n?: number | undefined
  readonly statistic: string
  readonly direction?: Bar['direction']
  readonly bar: number
  readonly excellent?: number
  readonly reached: number | undefined
  readonly beside?: string | null
}

/** Bands are to hold this share of rows, give or take. */
const bandTolerance = 0.05

function barOf(draft: Draft): Bar {
  const { direction = 'at most', bar, excellent = null, n = null } = draft
  const reached = draft.reached === undefined || Number.isNaN(draft.reached) ? null : draft.reached
  const meets = (limit: number) => {
    if (reached === null) return null
    if (direction === 'between') return Math.abs(reached - limit) <= bandTolerance
    return direction === 'at most' ? reached <= limit : reached >= limit
  }
  return {
    what: draft.what,
    how: draft.how,
    n,
    statistic: draft.statistic,
    direction,
    bar,
    excellent,
    reached,
    met: meets(bar),
    excellentMet: excellent === null ? null : meets(excellent),
    beside: draft.beside ?? null,
  }
}

const text = (share: number | undefined) => (share === undefined ? '–' : `${(100 * share).toFixed(1)} %`)

const heldOut = {
  configuration: 'held-out configuration groups',
  model: 'held-out whole models',
  accelerator: 'held-out whole accelerators',
} as const

export function barsOf(report: AccuracyReport): Bar[] {
  const slice = (id: string) => report.slices.find(one => one.id === id)!
  return [
    ...tpotBars(slice('tpot')),
    ...medianBars(slice('ttft'), 'TTFT, same rows', 0.2, 0.15),
    withinHalfBar(slice('ttft')),
    ...medianBars(slice('throughput'), "tokens/s per GPU (Little's law), same rows", 0.08, 0.06),
    ...ownPointBars(report),
    ...(
      [
        ['tpot-disaggregated', 'TPOT, disaggregated latency rows with worker counts', 0.15, 0.1],
        ['throughput-disaggregated', 'tokens/s per GPU, same rows', 0.14, 0.1],
        ['ttft-disaggregated', 'TTFT, same rows', 0.4, 0.25],
        ['nvidia', 'tokens/s per GPU, throughput rows, NVIDIA (with and without MTP)', 0.1, 0.07],
        ['amd', 'tokens/s per GPU, throughput rows, AMD (with and without MTP)', 0.18, 0.12],
        ['speculation', 'tokens/s per GPU, throughput rows with MTP, both vendors', 0.15, 0.1],
      ] as const
    ).flatMap(([id, what, bar, excellent]) => medianBars(slice(id), what, bar, excellent)),
    ...unfittedBars(report),
    ...medianBars(slice('joules'), 'joules per output token (boards), single node', 0.15, 0.1),
    wallPowerBar(report),
    forwardPassBar(report),
    ...replayBars(report),
    ...coverageBars(report),
    ...regretBars(report),
    ...report.coverage.files.map(file =>
      barOf({
        what: `distinct measurements predicted, ${file.file}`,
        how: 'after the row rules',
        n: file.distinct,
        statistic: 'share',
        direction: 'at least',
        bar: 0.9,
        excellent: 0.97,
        reached: file.share,
        beside: file.note,
      }),
    ),
  ]
}

function tpotBars({ clean, allRows }: SliceErrors): Bar[] {
  const limits = { configuration: [0.095, 0.08], model: [0.13, 0.1], accelerator: [0.16, 0.12] } as const
  return (['configuration', 'model', 'accelerator'] as const).map(kind =>
    barOf({
      what: 'TPOT, aggregated latency rows',
      how: heldOut[kind],
      n: clean[kind]?.n,
      statistic: 'mean',
      bar: limits[kind][0],
      excellent: limits[kind][1],
      reached: clean[kind]?.mape,
      beside: `${text(allRows[kind]?.mape)} without row rules`,
    }),
  )
}

/** The bar holds for held-out configurations; models and accelerators are beside. */
function medianBars({ clean, allRows }: SliceErrors, what: string, bar: number, excellent: number): Bar[] {
  return [
    barOf({
      what,
      how: heldOut.configuration,
      n: clean.configuration?.n,
      statistic: 'median',
      bar,
      excellent,
      reached: clean.configuration?.median,
      beside: `${text(allRows.configuration?.median)} without row rules; whole models ${text(clean.model?.median)}, whole accelerators ${text(clean.accelerator?.median)}`,
    }),
  ]
}

function withinHalfBar({ clean }: SliceErrors): Bar {
  return barOf({
    what: 'TTFT, same rows, within 50 % of the measurement',
    how: heldOut.configuration,
    n: clean.configuration?.n,
    statistic: 'share',
    direction: 'at least',
    bar: 0.85,
    excellent: 0.92,
    reached: clean.configuration?.shareWithinHalf,
    beside: `whole models ${text(clean.model?.shareWithinHalf)}, whole accelerators ${text(clean.accelerator?.shareWithinHalf)}`,
  })
}

/** What `npm run accuracy:calibrated` calls this case. */
const advisedPoints = '4 points as advised'

function ownPointBars({ ownPoints }: AccuracyReport): Bar[] {
  const how = "held-out configurations after 4 points of the user's own"
  const found = ownPoints.find(one => one.what.trim() === advisedPoints)
  const wanted = [
    ['TPOT, aggregated latency rows', 'mean', 0.06, 0.05, found?.tpotMean],
    ['TTFT, same rows', 'median', 0.15, 0.12, found?.ttftMedian],
  ] as const
  return wanted.map(([what, statistic, bar, excellent, errors]) =>
    barOf({
      what,
      how,
      n: found?.rows,
      statistic,
      bar,
      excellent,
      reached: errors?.after,
      beside: errors === undefined ? null : `${text(errors.before)} before calibration`,
    }),
  )
}

function unfittedBars({ unfitted }: AccuracyReport): Bar[] {
  const wanted = [
    ['trtllm-throughput', 'tokens/s per GPU, TensorRT-LLM maximum-throughput tables'],
    ['mlperf-offline-server', 'output tokens/s per GPU, MLPerf Offline and Server'],
  ] as const
  return wanted.map(([id, what]) => {
    const errors = unfitted.find(one => one.id === id)
    return barOf({
      what,
      how: 'not fitted',
      n: errors?.rows.n,
      statistic: 'median',
      bar: 0.2,
      excellent: 0.12,
      reached: errors?.rows.median,
      beside:
        errors === undefined
          ? null
          : `${text(errors.questions.median)} over the ${errors.questions.n} distinct questions of these rows`,
    })
  })
}

function wallPowerBar({ wallPower }: AccuracyReport): Bar {
  const errors: ErrorStatistics | undefined = wallPower?.watts
  return barOf({
    what: 'MLPerf wall power',
    how: 'not fitted; boards to node by the profile of the system',
    n: errors?.n,
    statistic: 'median',
    bar: 0.15,
    excellent: 0.1,
    reached: errors?.median,
    beside: `joules per output token at the wall ${text(wallPower?.joules.median)}`,
  })
}

function forwardPassBar({ forwardPasses }: AccuracyReport): Bar {
  return barOf({
    what: 'whole forward passes, gpt-oss-120b on a B200',
    how: 'every other pass fitted, the rest predicted',
    n: forwardPasses?.predictedHalf.n,
    statistic: 'mean',
    bar: 0.15,
    excellent: 0.1,
    reached: forwardPasses?.predictedHalf.mape,
    beside:
      forwardPasses === null
        ? null
        : `shipped coefficients ${text(forwardPasses.shipped.mape)}, AIConfigurator ${text(forwardPasses.peer?.mape)}`,
  })
}

function replayBars({ replays }: AccuracyReport): Bar[] {
  const wanted = [
    ['tpot', 'TPOT', 0.08, 0.03],
    ['e2e', 'end to end', 0.1, 0.05],
    ['ttft', 'TTFT', 0.25, 0.15],
  ] as const
  return wanted.map(([latency, name, bar, excellent]) =>
    barOf({
      what: `real vLLM runs replayed in the twin, mean ${name}`,
      how: 'nothing fitted to the run',
      n: replays.length,
      statistic: 'worst run',
      bar,
      excellent,
      reached: replays.length === 0 ? undefined : worstOf(replays, latency),
    }),
  )
}

function coverageBars({ bandCoverage }: AccuracyReport): Bar[] {
  return bandCoverage.overall.map(({ class: name, rows, share }) =>
    barOf({
      what: `80 % bands, ${name === 'all' ? 'all rows and metrics' : `class "${name}"`}`,
      how: 'bands made without the cluster they are judged on',
      n: rows,
      statistic: 'share inside',
      direction: 'between',
      bar: 0.8,
      reached: share,
    }),
  )
}

function regretBars({ regret }: AccuracyReport): Bar[] {
  const line = regret.find(one => one.file === 'serving_latency' && one.kind === 'configuration')?.regret
  return [
    barOf({
      what: 'regret of the recommendation within the truly feasible set, latency rows',
      how: heldOut.configuration,
      n: line?.n,
      statistic: 'mean',
      bar: 0.02,
      excellent: 0.01,
      reached: line?.feasibleKnown.mean,
      beside: `median ${text(line?.feasibleKnown.median)}, 90th percentile ${text(line?.feasibleKnown.p90)}`,
    }),
    barOf({
      what: 'regret with predicted feasibility, the configuration then loaded up to the limit',
      how: heldOut.configuration,
      n: line?.n,
      statistic: 'mean',
      bar: 0.08,
      excellent: 0.04,
      reached: line?.configuration.mean,
      beside: `median ${text(line?.configuration.median)}, 90th percentile ${text(line?.configuration.p90)}`,
    }),
  ]
}
