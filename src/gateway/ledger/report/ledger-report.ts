/**
 * What was used and what it cost, by any dimensions over a window: tokens by class, dollars per million tokens by class, how
 * much of it is estimated, idle time on lines of its own, and whether requests and idle time add up to the bill.
 */
import type { NanoUsd } from '../../../core/money.ts'
import type { UsageClasses } from '../../usage.ts'
import { type CostClass, costClasses } from '../events.ts'
import type { FactDimension, FactMeasure } from '../facts.ts'
import type { AggregateRow, LedgerStore } from '../store.ts'

/** What a report can be broken down by. */
export const reportDimensions = [
  'tenant',
  'keyId',
  'model',
  'deployment',
  'offer',
  'bearer',
  'priceRule',
] as const
export type ReportDimension = (typeof reportDimensions)[number]

export interface ReportQuery {
  /** fromMs ≤ time < toMs. */
  readonly fromMs: number
  readonly toMs: number
  readonly by: readonly ReportDimension[]
  /** Width of time buckets; null: the whole window as one. */
  readonly bucketMs: number | null
}

export interface ReportLine {
  /** idle: engine time that nobody used; it has no tenant and no model. */
  readonly category: 'request' | 'idle'
  readonly bucketMs: number | null
  readonly dimensions: Readonly<Partial<Record<FactDimension, string>>>
  readonly requests: bigint
  readonly attempts: bigint
  readonly tokens: Readonly<Record<keyof UsageClasses, bigint>>
  readonly costNanoUsd: Readonly<Record<CostClass, NanoUsd>>
  readonly totalNanoUsd: NanoUsd
  /** Part of the total. */
  readonly energyNanoUsd: NanoUsd
  readonly energyJoules: number
  readonly engineSeconds: number
  /** Dollars per million tokens of a class; null without tokens. blended: total ÷ (input + output, all classes). */
  readonly usdPerMillionTokens: Readonly<Record<Exclude<CostClass, 'other'> | 'blended', number | null>>
  /** Share of the tokens that were counted here because nobody reported them; null without tokens. */
  readonly estimatedShare: number | null
}

/** A deployment's money: closed = requests + idle, and what was billed and not closed yet. */
export interface ReconciliationLine {
  readonly deployment: string
  readonly billNanoUsd: NanoUsd
  /** Of intervals that are closed. */
  readonly closedNanoUsd: NanoUsd
  readonly requestsNanoUsd: NanoUsd
  readonly idleNanoUsd: NanoUsd
  /** closed − requests − idle: 0, or the ledger is wrong. */
  readonly differenceNanoUsd: NanoUsd
  /** bill − closed: of intervals that are open, or of bills and closings that lie on both sides of the window's edge. */
  readonly openNanoUsd: NanoUsd
}

/** An API's money: what was accrued request by request, and what the provider asks for. */
export interface InvoiceLine {
  readonly offer: string
  readonly accruedNanoUsd: NanoUsd
  /** Null while there is no invoice in the window. */
  readonly invoicedNanoUsd: NanoUsd | null
}

export interface LedgerReport {
  readonly query: ReportQuery
  readonly lines: readonly ReportLine[]
  readonly total: ReportLine
  readonly reconciliation: readonly ReconciliationLine[]
  readonly invoices: readonly InvoiceLine[]
}

/** Reads what a report needs and makes it. */
export async function readLedgerReport(
  store: Pick<LedgerStore, 'aggregate'>,
  query: ReportQuery,
): Promise<LedgerReport> {
  const { fromMs, toMs, by, bucketMs } = query
  const dimensions = [...new Set<FactDimension>(['category', 'state', 'deployment', 'offer', ...by])]
  return ledgerReport(query, await store.aggregate({ fromMs, toMs, by: dimensions, bucketMs }))
}

/** The report of aggregates by at least category, state, deployment, offer and what is asked for. */
export function ledgerReport(query: ReportQuery, rows: readonly AggregateRow[]): LedgerReport {
  const used = rows.filter(({ dimensions: { category } }) => category === 'request' || category === 'idle')
  const groups = Map.groupBy(used, row =>
    JSON.stringify([row.bucketMs, row.dimensions.category, ...query.by.map(name => row.dimensions[name])]),
  )
  return {
    query,
    lines: [...groups.values()].map(group => lineOf(group, query.by)),
    total: { ...lineOf(used, []), category: 'request', bucketMs: null },
    reconciliation: reconcile(rows),
    invoices: invoicesOf(rows),
  }
}

function lineOf(rows: readonly AggregateRow[], by: readonly ReportDimension[]): ReportLine {
  const sum = (name: FactMeasure): bigint => rows.reduce((total, { measures }) => total + measures[name], 0n)
  const tokens = tokensOf(sum)
  const costNanoUsd = costOf(sum)
  const totalNanoUsd = totalCost(costNanoUsd)
  const estimated = rows.filter(({ dimensions }) => dimensions.state === 'estimated')
  const estimatedTokens = allTokens(
    tokensOf(name => estimated.reduce((total, { measures }) => total + measures[name], 0n)),
  )
  const blended = perMillion(totalNanoUsd, allTokens(tokens))
  const classes = costClasses.filter(name => name !== 'other')
  const rates = classes.map(name => [name, perMillion(costNanoUsd[name], tokens[name])] as const)
  return {
    category: rows[0]?.dimensions.category === 'idle' ? 'idle' : 'request',
    bucketMs: rows[0]?.bucketMs ?? null,
    dimensions: Object.fromEntries(by.map(name => [name, rows[0]?.dimensions[name] ?? ''])),
    requests: sum('requests'),
    attempts: sum('attempts'),
    tokens,
    costNanoUsd,
    totalNanoUsd,
    energyNanoUsd: sum('energyNanoUsd'),
    energyJoules: Number(sum('energyMillijoules')) / 1000,
    engineSeconds: Number(sum('engineUs')) / 1e6,
    usdPerMillionTokens: {
      ...(Object.fromEntries(rates) as Record<(typeof classes)[number], number | null>),
      blended,
    },
    estimatedShare: allTokens(tokens) === 0n ? null : Number(estimatedTokens) / Number(allTokens(tokens)),
  }
}

function reconcile(rows: readonly AggregateRow[]): ReconciliationLine[] {
  const own = rows.filter(({ dimensions }) => dimensions.deployment !== '')
  const groups = Map.groupBy(own, ({ dimensions }) => dimensions.deployment!)
  return [...groups].sort(byKey).map(([deployment, group]) => {
    const billNanoUsd = costIn(group, 'bill')
    const closedNanoUsd = costIn(group, 'closed')
    const requestsNanoUsd = costIn(group, 'request')
    const idleNanoUsd = costIn(group, 'idle')
    return {
      deployment,
      billNanoUsd,
      closedNanoUsd,
      requestsNanoUsd,
      idleNanoUsd,
      differenceNanoUsd: closedNanoUsd - requestsNanoUsd - idleNanoUsd,
      openNanoUsd: billNanoUsd - closedNanoUsd,
    }
  })
}

function invoicesOf(rows: readonly AggregateRow[]): InvoiceLine[] {
  const groups = Map.groupBy(
    rows.filter(({ dimensions }) => dimensions.offer !== ''),
    ({ dimensions }) => dimensions.offer!,
  )
  return [...groups].sort(byKey).map(([offer, group]) => ({
    offer,
    accruedNanoUsd: costIn(group, 'request'),
    invoicedNanoUsd: group.some(({ dimensions }) => dimensions.category === 'invoice')
      ? costIn(group, 'invoice')
      : null,
  }))
}

function costIn(rows: readonly AggregateRow[], category: string): NanoUsd {
  return rows
    .filter(({ dimensions }) => dimensions.category === category)
    .reduce((total, { measures }) => total + totalCost(costOf(name => measures[name])), 0n)
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function tokensOf(measure: (name: FactMeasure) => bigint): ReportLine['tokens'] {
  return {
    uncachedInput: measure('uncachedInput'),
    cachedInput: measure('cachedInput'),
    cacheWrite: measure('cacheWrite'),
    inputAudio: measure('inputAudio'),
    output: measure('output'),
    outputAudio: measure('outputAudio'),
    reasoning: measure('reasoning'),
  }
}

function costOf(measure: (name: FactMeasure) => bigint): ReportLine['costNanoUsd'] {
  return {
    uncachedInput: measure('uncachedInputNanoUsd'),
    cachedInput: measure('cachedInputNanoUsd'),
    cacheWrite: measure('cacheWriteNanoUsd'),
    inputAudio: measure('inputAudioNanoUsd'),
    output: measure('outputNanoUsd'),
    outputAudio: measure('outputAudioNanoUsd'),
    other: measure('otherNanoUsd'),
  }
}

function totalCost(cost: ReportLine['costNanoUsd']): NanoUsd {
  return costClasses.reduce((total, name) => total + cost[name], 0n)
}

/** Reasoning is part of output. */
function allTokens({ reasoning: _, ...classes }: ReportLine['tokens']): bigint {
  return Object.values(classes).reduce((total, count) => total + count, 0n)
}

/** Nano-dollars a token are thousandths of dollars a million tokens. */
function perMillion(nanoUsd: NanoUsd, tokens: bigint): number | null {
  return tokens === 0n ? null : Number(nanoUsd) / Number(tokens) / 1000
}
