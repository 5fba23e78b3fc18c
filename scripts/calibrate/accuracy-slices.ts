/** Slices of held-out rows that the accuracy page states errors for. */
import type { HeldOutPoint } from '../../src/accuracy/cross-validation.ts'
import type { HeldOutByKind } from '../../src/accuracy/error-bands.ts'
import { type FoldKind, foldKinds } from '../../src/accuracy/folds.ts'
import {
  type ErrorStatistics,
  type MetricName,
  metricsOf,
  type ScoredPoint,
} from '../../src/accuracy/score.ts'

export interface AccuracySlice {
  readonly id: string
  readonly title: string
  readonly metric: MetricName
  readonly keep: (h: HeldOutPoint) => boolean
  /** Taken apart by cause on the page. */
  readonly decomposed?: true
}

export const kindText: Readonly<Record<FoldKind, string>> = {
  configuration: 'configuration groups',
  model: 'whole models',
  accelerator: 'whole accelerators',
}

export const fileOf = (h: HeldOutPoint) => h.prepared.point.file
export const modeOf = (h: HeldOutPoint) => h.prepared.point.deployment.mode
export const plain = (h: HeldOutPoint) => h.prepared.point.deployment.speculation === null
const vendor = (h: HeldOutPoint) => h.prepared.cell.vendor

const latency = (mode: 'aggregated' | 'disaggregated') => (h: HeldOutPoint) =>
  fileOf(h) === 'serving_latency' && modeOf(h) === mode
const throughput = (keep: (h: HeldOutPoint) => boolean) => (h: HeldOutPoint) =>
  fileOf(h) === 'serving_throughput_energy' && keep(h)
const nvidia = (h: HeldOutPoint) => vendor(h) === 'NVIDIA'
const amd = (h: HeldOutPoint) => vendor(h) === 'AMD'

export const accuracySlices: readonly AccuracySlice[] = [
  {
    id: 'tpot',
    title: 'TPOT, latency rows, aggregated',
    metric: 'tpot',
    keep: latency('aggregated'),
    decomposed: true,
  },
  {
    id: 'ttft',
    title: 'TTFT, latency rows, aggregated',
    metric: 'ttft',
    keep: latency('aggregated'),
    decomposed: true,
  },
  {
    id: 'throughput',
    title: "tokens/s/GPU by Little's law, latency rows, aggregated",
    metric: 'derived_throughput_per_gpu',
    keep: latency('aggregated'),
  },
  {
    id: 'tpot-disaggregated',
    title: 'TPOT, latency rows, disaggregated',
    metric: 'tpot',
    keep: latency('disaggregated'),
  },
  {
    id: 'throughput-disaggregated',
    title: "tokens/s/GPU by Little's law, latency rows, disaggregated",
    metric: 'derived_throughput_per_gpu',
    keep: latency('disaggregated'),
  },
  {
    id: 'ttft-disaggregated',
    title: 'TTFT, latency rows, disaggregated',
    metric: 'ttft',
    keep: latency('disaggregated'),
    decomposed: true,
  },
  {
    id: 'nvidia',
    title: 'tokens/s/GPU, throughput rows, NVIDIA',
    metric: 'throughput_per_gpu',
    keep: throughput(nvidia),
    decomposed: true,
  },
  {
    id: 'nvidia-plain',
    title: '… of which without speculation',
    metric: 'throughput_per_gpu',
    keep: throughput(h => nvidia(h) && plain(h)),
  },
  {
    id: 'nvidia-speculation',
    title: '… of which with multi-token prediction',
    metric: 'throughput_per_gpu',
    keep: throughput(h => nvidia(h) && !plain(h)),
  },
  {
    id: 'amd',
    title: 'tokens/s/GPU, throughput rows, AMD',
    metric: 'throughput_per_gpu',
    keep: throughput(amd),
    decomposed: true,
  },
  {
    id: 'amd-plain',
    title: '… of which without speculation',
    metric: 'throughput_per_gpu',
    keep: throughput(h => amd(h) && plain(h)),
  },
  {
    id: 'speculation',
    title: 'tokens/s/GPU, throughput rows, with multi-token prediction, both vendors',
    metric: 'throughput_per_gpu',
    keep: throughput(h => !plain(h)),
    decomposed: true,
  },
  {
    id: 'disaggregated-throughput-rows',
    title: 'tokens/s/GPU, throughput rows, disaggregated',
    metric: 'throughput_per_gpu',
    keep: throughput(h => modeOf(h) === 'disaggregated'),
  },
  {
    id: 'tpot-throughput-rows',
    title: 'TPOT, throughput rows, aggregated',
    metric: 'tpot',
    keep: throughput(h => modeOf(h) === 'aggregated'),
  },
  {
    id: 'joules',
    title: 'joules per output token, single node',
    metric: 'joules_per_output_token',
    keep: throughput(() => true),
    decomposed: true,
  },
]

export function sliceById(id: string): AccuracySlice {
  const found = accuracySlices.find(slice => slice.id === id)
  if (found === undefined) throw new Error(`assertion failed: no slice ${id}`)
  return found
}

export const scoredOf = (points: readonly HeldOutPoint[]): ScoredPoint[] =>
  points.map(({ prepared, prediction }) => ({ point: prepared.point, prediction }))

/** Errors of one slice under each way of holding out; undefined where no row has the metric. */
export interface SliceErrors {
  readonly id: string
  readonly title: string
  readonly metric: MetricName
  readonly clean: Readonly<Record<FoldKind, ErrorStatistics | undefined>>
  /** Rows that the row rules mistrust counted too. */
  readonly allRows: Readonly<Record<FoldKind, ErrorStatistics | undefined>>
}

/** @param all held-out predictions of every distinct measurement, mistrusted ones included */
export function sliceErrors(clean: HeldOutByKind, all: HeldOutByKind): SliceErrors[] {
  return accuracySlices.map(({ id, title, metric, keep }) => ({
    id,
    title,
    metric,
    clean: byKind(kind => metricsOf(scoredOf(clean[kind].filter(keep)))[metric]),
    allRows: byKind(kind => metricsOf(scoredOf(all[kind].filter(keep)))[metric]),
  }))
}

export function byKind<Value>(of: (kind: FoldKind) => Value): Record<FoldKind, Value> {
  return Object.fromEntries(foldKinds.map(kind => [kind, of(kind)])) as Record<FoldKind, Value>
}
