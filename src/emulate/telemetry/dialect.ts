/** Pieces that the engines' metric tables share. */
import type { Family, Labels, Series } from './exposition.ts'
import type { ReplicaMetrics } from './replica-metrics.ts'
import type { PoolTelemetry } from './settings.ts'

/** A replica at the moment its text is asked for. */
export interface ReplicaView {
  readonly id: number
  readonly pool: PoolTelemetry
  readonly metrics: ReplicaMetrics
  readonly waiting: number
  readonly running: number
  /** Share of cache blocks in use by running requests. */
  readonly cacheUse: number
}

/** One metric: what a replica's series of it are. */
export interface Metric {
  readonly name: string
  readonly type: Family['type']
  readonly help: string
  readonly series: (view: ReplicaView) => readonly Series[]
}

/** A metric with one series per replica. */
export function metric(
  type: Family['type'],
  name: string,
  help: string,
  value: (view: ReplicaView) => Series['value'],
): Metric {
  return { name, type, help, series: view => [{ labels: {}, value: value(view) }] }
}

/** A metric with one series per value of a label. */
export function labelled(
  type: Family['type'],
  name: string,
  help: string,
  label: string,
  values: (view: ReplicaView) => Readonly<Record<string, Series['value']>>,
): Metric {
  return {
    name,
    type,
    help,
    series: view => Object.entries(values(view)).map(([key, value]) => ({ labels: { [label]: key }, value })),
  }
}

/** The families of these metrics over replicas, each series under the replica's own labels. */
export function families(
  metrics: readonly Metric[],
  views: readonly ReplicaView[],
  labels: (view: ReplicaView) => Labels,
): Family[] {
  const own = views.map(labels)
  return metrics.map(({ name, type, help, series }) => ({
    name,
    type,
    help,
    series: views.flatMap((view, index) =>
      series(view).map(one => ({ labels: { ...own[index], ...one.labels }, value: one.value })),
    ),
  }))
}

/** Cache blocks of a replica, all ranks. */
export function cacheBlocks({ pool }: ReplicaView): number {
  return pool.engine.ranks * pool.engine.blocksPerRank
}

/** Room of a replica's cache, tokens, all ranks. */
export function cacheTokens(view: ReplicaView): number {
  return cacheBlocks(view) * view.pool.engine.blockTokens
}
