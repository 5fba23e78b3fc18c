/**
 * What a million tokens cost now, and over the last day: by model, tenant, deployment and offer. In memory, of fixed size, gone with the
 * process; the ledger has the truth and the past.
 */
import type { NanoUsd } from '../../../core/money.ts'
import { type BoundedNames, boundedNames } from '../bounded-names.ts'
import type { RequestSummary } from '../request-summary.ts'
import { type BucketRing, createBucketRing } from './bucket-ring.ts'
import { type BaselineSaving, createBaselines } from './live-baselines.ts'
import { figuresOf, type LiveFigures } from './live-figures.ts'
import { column, columns, fillAttempt, fillRequest, type LiveObjectives } from './live-measures.ts'

export interface LiveCostSettings {
  /** ms since 1970; may jump back, what is older than a bucket is then left out. */
  readonly nowMs: () => number
  /** What an alias promises, for goodput; left out: whatever is served is good. */
  readonly objectivesOf?: (modelAlias: string) => LiveObjectives | null
  /** What own machines cost now, whether anybody uses them; left out: unknown. */
  readonly capacity?: () => readonly { readonly deployment: string; readonly usdPerHour: number }[]
  /** Money of closed intervals since the start, as billing tells it; left out: idle shares are unknown. */
  readonly closed?: () => readonly ClosedMoney[]
  /** The deployment or offer behind a candidate's name, for candidates that nothing was sent to; left out: as attempts showed. */
  readonly targetOf?: (candidate: string) => string | null
}

export interface ClosedMoney {
  readonly deployment: string
  readonly billedNanoUsd: NanoUsd
  readonly idleNanoUsd: NanoUsd
}

export const liveWindows = ['1m', '10m', '1h', 'start'] as const
export type LiveWindow = (typeof liveWindows)[number]

export interface LiveWindowFigures {
  /** That it covers: whole buckets of 10 s and the present one, or less when the process is younger. */
  readonly seconds: number
  readonly total: LiveFigures
  readonly models: Readonly<Record<string, LiveFigures>>
  readonly tenants: Readonly<Record<string, LiveFigures>>
  /** Deployments and offers by name; requests are attempts here. */
  readonly targets: Readonly<Record<string, LiveFigures>>
}

export interface LiveCostSnapshot {
  readonly atMs: number
  readonly startedMs: number
  readonly windows: Readonly<Record<LiveWindow, LiveWindowFigures>>
  readonly savings: {
    /** Explained decisions since the start, and those that held prices: the sample behind the figures. */
    readonly explained: number
    readonly priced: number
    readonly baselines: readonly BaselineSaving[]
  }
}

export type SeriesGroup = 'total' | 'model' | 'tenant' | 'target'

export interface LiveSeries {
  readonly stepSeconds: 10 | 60
  readonly group: SeriesGroup
  /** '' of the total. */
  readonly name: string
  /** Oldest first, the present bucket last and not yet full. */
  readonly points: readonly { readonly atMs: number; readonly figures: LiveFigures | null }[]
}

export interface LiveCost {
  add(summary: RequestSummary): void
  snapshot(): LiveCostSnapshot
  /** null: there is nothing of that name; of tenants there are no steps of a minute. */
  series(stepSeconds: 10 | 60, group: SeriesGroup, name: string, fromMs: number): LiveSeries | null
}

const fineMs = 10_000
const fineBuckets = 360
const coarseMs = 60_000
const coarseBuckets = 1440
/** Names with rows of their own: a tenant takes 84 kB, a model or target 420 kB when it is first seen. */
const most = { models: 50, tenants: 200, targets: 50 }

interface Rows {
  readonly start: Float64Array
  readonly fine: BucketRing
  /** null: no history beyond an hour. */
  readonly coarse: BucketRing | null
}

export function createLiveCost(settings: LiveCostSettings): LiveCost {
  const { nowMs } = settings
  const startedMs = nowMs()
  const rows = (withDay: boolean): Rows => ({
    start: new Float64Array(columns),
    fine: createBucketRing(fineMs, fineBuckets),
    coarse: withDay ? createBucketRing(coarseMs, coarseBuckets) : null,
  })
  const total = rows(true)
  const models = boundedNames(most.models, () => rows(true))
  const tenants = boundedNames(most.tenants, () => rows(false))
  const targets = boundedNames(most.targets, () => rows(true))
  const targetByCandidate = new Map<string, string>()
  const baselines = createBaselines(
    candidate => settings.targetOf?.(candidate) ?? targetByCandidate.get(candidate) ?? candidate,
  )
  const row = new Float64Array(columns)
  let paidUntilMs = startedMs
  const closedBefore = new Map<string, Omit<ClosedMoney, 'deployment'>>()

  /** Enters what machines cost since the last time, bucket by bucket, and what was closed since. */
  function payCapacity(untilMs: number): void {
    if (untilMs <= paidUntilMs) return
    const capacity = settings.capacity?.() ?? []
    while (paidUntilMs < untilMs) {
      const endMs = Math.min(untilMs, (Math.floor(paidUntilMs / fineMs) + 1) * fineMs)
      for (const { deployment, usdPerHour } of capacity) {
        const nanoUsd = ((endMs - paidUntilMs) / 3_600_000) * usdPerHour * 1e9
        addColumn(total, paidUntilMs, column.capacityNanoUsd, nanoUsd)
        addColumn(targets.of(deployment), paidUntilMs, column.capacityNanoUsd, nanoUsd)
      }
      paidUntilMs = endMs
    }
    for (const { deployment, billedNanoUsd, idleNanoUsd } of settings.closed?.() ?? []) {
      const before = closedBefore.get(deployment)
      closedBefore.set(deployment, { billedNanoUsd, idleNanoUsd })
      const billed = Number(billedNanoUsd - (before?.billedNanoUsd ?? 0n))
      const idle = Number(idleNanoUsd - (before?.idleNanoUsd ?? 0n))
      for (const one of billed === 0 && idle === 0 ? [] : [total, targets.of(deployment)]) {
        addColumn(one, untilMs, column.closedNanoUsd, billed)
        addColumn(one, untilMs, column.closedIdleNanoUsd, idle)
      }
    }
  }

  function windowFigures(window: LiveWindow, atMs: number): LiveWindowFigures {
    const lived = (atMs - startedMs) / 1000
    const buckets = { '1m': 6, '10m': 60, '1h': fineBuckets, start: 0 }[window]
    const covered = ((buckets - 1) * fineMs + (atMs % fineMs)) / 1000
    const seconds = window === 'start' ? lived : Math.min(lived, covered)
    const figures = (one: Rows): LiveFigures => {
      if (window === 'start') return figuresOf(one.start, seconds)
      const sum = new Float64Array(columns)
      one.fine.sumLast(atMs, buckets, sum)
      return figuresOf(sum, seconds)
    }
    const named = (names: BoundedNames<Rows>): Record<string, LiveFigures> =>
      Object.fromEntries([...names.entries()].map(([name, one]) => [name, figures(one)]))
    return {
      seconds,
      total: figures(total),
      models: named(models),
      tenants: named(tenants),
      targets: named(targets),
    }
  }

  return {
    add(summary) {
      const atMs = nowMs()
      if (atMs - paidUntilMs > fineMs) payCapacity(atMs)
      const objectives = settings.objectivesOf?.(summary.modelAlias) ?? null
      fillRequest(row, summary, objectives)
      addRow(total, atMs, row)
      addRow(models.of(summary.modelAlias), atMs, row)
      addRow(tenants.of(summary.tenant), atMs, row)
      for (const attempt of summary.attempts) {
        const { target } = attempt
        const name = target.kind === 'offer' ? target.offer : target.deployment
        if (targetByCandidate.size < most.targets * 100) targetByCandidate.set(attempt.candidate, name)
        fillAttempt(row, attempt, summary, objectives)
        addRow(targets.of(name), atMs, row)
      }
      if (summary.explanation !== null) baselines.add(summary.explanation)
    },
    snapshot() {
      const atMs = nowMs()
      payCapacity(atMs)
      return {
        atMs,
        startedMs,
        windows: {
          '1m': windowFigures('1m', atMs),
          '10m': windowFigures('10m', atMs),
          '1h': windowFigures('1h', atMs),
          start: windowFigures('start', atMs),
        },
        savings: {
          explained: baselines.seen,
          priced: baselines.priced,
          baselines: baselines.savings(),
        },
      }
    },
    series(stepSeconds, group, name, fromMs) {
      const atMs = nowMs()
      payCapacity(atMs)
      const one =
        group === 'total'
          ? total
          : [...{ model: models, tenant: tenants, target: targets }[group].entries()].find(
              ([key]) => key === name,
            )?.[1]
      const ring = stepSeconds === 10 ? one?.fine : one?.coarse
      if (!ring) return null
      return {
        stepSeconds,
        group,
        name: group === 'total' ? '' : name,
        points: ring.since(atMs, Math.max(fromMs, startedMs)).map(({ startMs, row }) => {
          const seconds = (Math.min(startMs + ring.widthMs, atMs) - Math.max(startMs, startedMs)) / 1000
          return { atMs: startMs, figures: row === null ? null : figuresOf(row, seconds) }
        }),
      }
    },
  }
}

function addRow({ start, fine, coarse }: Rows, atMs: number, row: Float64Array): void {
  for (let index = 0; index < columns; index++) start[index]! += row[index]!
  fine.add(atMs, row)
  coarse?.add(atMs, row)
}

function addColumn({ start, fine, coarse }: Rows, atMs: number, index: number, value: number): void {
  start[index]! += value
  fine.addColumn(atMs, index, value)
  coarse?.addColumn(atMs, index, value)
}
