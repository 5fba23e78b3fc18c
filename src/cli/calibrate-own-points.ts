/** A user's measured points in the plain form (docs/guides/calibrate.md): one row per run, units in the names of the columns. */
import type { MeasuredPoint } from '../accuracy/measured-point.ts'
import { decisionGroupOf, groupOf } from '../accuracy/rows/groups.ts'
import type { FactsCatalog } from '../catalog/index.ts'
import type { CsvRecord, CsvTable } from '../core/csv.ts'
import { TokenwrightError } from '../core/errors.ts'
import { nearestNames } from '../core/nearest-name.ts'
import type { ModelArchitecture } from '../model/index.ts'
import { deploymentDevices } from '../perf/deployment.ts'
import { deploymentOfFlags } from './simulate-deployment.ts'

/** Columns of the plain form; `required` stand in every file. */
const required = ['model', 'hardware', 'isl', 'osl'] as const
const loads = ['concurrency', 'rate_per_s'] as const
const results = ['ttft_ms', 'tpot_ms', 'tokens_per_s'] as const
const optional = [
  'engine',
  'precision',
  'tp',
  'pp',
  'dp',
  'ep',
  'replicas',
  'cached_tokens',
  'isl_cv',
  'osl_cv',
  'requests',
  'statistic',
  'board_watts',
  'id',
  'date',
  'engine_version',
  'note',
] as const
const zeroAllowed: ReadonlySet<string> = new Set(['cached_tokens', 'isl_cv', 'osl_cv'])
const known: readonly string[] = [...required, ...loads, ...results, ...optional]

export interface OwnPoints {
  readonly points: readonly MeasuredPoint[]
  /** Models by id: those given by the path of their config.json are in no catalog. */
  readonly architectures: ReadonlyMap<string, ModelArchitecture>
  readonly notes: readonly string[]
}

/** Whether a table is meant to be of the plain form. */
export function isOwnPoints({ header }: CsvTable): boolean {
  return header.includes('hardware') && header.includes('model')
}

export function readOwnPoints(table: CsvTable, path: string, catalog: FactsCatalog): OwnPoints {
  checkHeader(table.header, path)
  if (table.records.length === 0)
    throw fault(path, 2, 'the file has a header but no rows', 'add a row per measured run')
  const architectures = new Map<string, ModelArchitecture>()
  const notes = new Set<string>()
  const points = table.records.map(record => {
    const question = placed(path, record, () => deploymentOfFlags(flagsOf(record), catalog))
    architectures.set(question.modelId, question.architecture)
    for (const note of question.notes) notes.add(note)
    if (question.deployment.mode !== 'aggregated') throw new Error('flags describe aggregated deployments')
    return pointOf(record, path, question.modelId, question.deployment)
  })
  return { points, architectures, notes: [...notes] }
}

type OwnDeployment = Extract<MeasuredPoint['deployment'], { mode: 'aggregated' }>

function pointOf(record: CsvRecord, path: string, modelId: string, deployment: OwnDeployment): MeasuredPoint {
  const number = (column: string) => positive(record, column, path)
  const inputTokens = needed(record, 'isl', path)
  const outputTokens = needed(record, 'osl', path)
  const cachedTokens = number('cached_tokens') ?? 0
  if (cachedTokens > inputTokens)
    throw fault(
      path,
      record.line,
      'cached_tokens is more than isl',
      'isl counts all input tokens, cached ones included',
    )
  const ttftMs = number('ttft_ms')
  const tpotMs = number('tpot_ms')
  const tokensPerSecond = number('tokens_per_s')
  if (ttftMs === null && tpotMs === null && tokensPerSecond === null)
    throw fault(path, record.line, 'the row measures nothing', `fill at least one of ${results.join(', ')}`)
  const devices = deploymentDevices(deployment)
  const load = loadOf(record, path)
  const requestsPerSecond =
    load.kind === 'open'
      ? load.requestsPerSecond
      : tokensPerSecond !== null
        ? tokensPerSecond / (inputTokens + outputTokens)
        : ttftMs !== null && tpotMs !== null
          ? load.concurrency / ((ttftMs + tpotMs * (outputTokens - 1)) / 1000)
          : null
  const watts = number('board_watts')
  if (watts !== null && requestsPerSecond === null)
    throw fault(
      path,
      record.line,
      'board_watts says nothing without a rate',
      'fill tokens_per_s, or both ttft_ms and tpot_ms',
    )
  return {
    id: record.text('id') || `line ${record.line}`,
    file: 'own_points',
    modelId,
    deployment,
    shape: {
      inputTokens,
      outputTokens,
      cachedTokens,
      inputVariation: number('isl_cv') ?? 0,
      outputVariation: number('osl_cv') ?? 0,
    },
    nominalInputTokens: inputTokens,
    nominalOutputTokens: outputTokens,
    load,
    statistic: statisticOf(record, path),
    ttftMs,
    tpotMs,
    totalTokensPerSecondPerDevice: tokensPerSecond === null ? null : tokensPerSecond / devices,
    outputTokensPerSecondPerDevice: null,
    joulesPerOutputToken:
      watts === null || requestsPerSecond === null ? null : watts / (requestsPerSecond * outputTokens),
    devices,
    multiNode: false,
    date: record.text('date') || null,
    engineVersion: record.text('engine_version') || null,
    group: groupOf(modelId, deployment),
    decisionGroup: decisionGroupOf(modelId, deployment.pool.acceleratorId, inputTokens, outputTokens),
    suspect: null,
  }
}

function loadOf(
  record: CsvRecord,
  path: string,
): Extract<MeasuredPoint['load'], { kind: 'closed' | 'open' }> {
  const concurrency = positive(record, 'concurrency', path)
  const requestsPerSecond = positive(record, 'rate_per_s', path)
  if ((concurrency === null) === (requestsPerSecond === null))
    throw fault(
      path,
      record.line,
      concurrency === null ? 'the row has no load' : 'the row has two loads',
      'fill one of concurrency (requests always in flight) and rate_per_s (requests that arrive per second)',
    )
  if (concurrency === null) return { kind: 'open', requestsPerSecond: requestsPerSecond! }
  return { kind: 'closed', concurrency, requests: positive(record, 'requests', path) }
}

function statisticOf(record: CsvRecord, path: string): MeasuredPoint['statistic'] {
  const text = record.text('statistic') || 'mean'
  if (text === 'mean' || text === 'median') return text
  throw fault(path, record.line, `statistic "${text}" is not known`, 'write mean (the default) or median')
}

/** Cells as the flags of `simulate` of the same names; empty cells are flags not given. */
function flagsOf(record: CsvRecord) {
  const names = ['model', 'hardware', 'engine', 'precision', 'tp', 'pp', 'dp', 'ep', 'replicas'] as const
  const given = names.flatMap(name => (record.text(name) === '' ? [] : [[name, record.text(name)] as const]))
  return { prefixCaching: true, ...Object.fromEntries(given) }
}

/** Faults of a flag become faults of the line and its column. */
function placed<T>(path: string, record: CsvRecord, work: () => T): T {
  for (const column of ['model', 'hardware'])
    if (record.text(column) === '') throw fault(path, record.line, `${column} is empty`, `fill ${column}`)
  try {
    return work()
  } catch (error) {
    if (!(error instanceof TokenwrightError)) throw error
    const column = error.where?.startsWith('--') ? `, ${error.where.slice(2)}` : ''
    throw new TokenwrightError(error.code === 'usage' ? 'measurements' : error.code, error.message, {
      where: `${path}:${record.line}${column}`,
      ...(error.fix === undefined ? {} : { fix: error.fix.replaceAll('--', '') }),
    })
  }
}

function checkHeader(header: readonly string[], path: string): void {
  for (const column of header) {
    if (known.includes(column)) continue
    const near = nearestNames(column, known)
    throw fault(
      path,
      1,
      `column "${column}" is not known`,
      `${near.length > 0 ? `did you mean ${near.join(', ')}? ` : ''}columns are ${known.join(', ')}`,
    )
  }
  const missing = [
    ...required.filter(column => !header.includes(column)),
    ...(loads.some(column => header.includes(column)) ? [] : ['concurrency or rate_per_s']),
    ...(results.some(column => header.includes(column)) ? [] : [results.join(' or ')]),
  ]
  if (missing.length > 0)
    throw fault(path, 1, `columns are missing: ${missing.join('; ')}`, `columns are ${known.join(', ')}`)
}

function positive(record: CsvRecord, column: string, path: string): number | null {
  const text = record.text(column)
  if (text === '') return null
  const value = record.positive(column)
  if (value !== null) return value
  if (zeroAllowed.has(column) && record.number(column) === 0) return null
  throw fault(
    path,
    record.line,
    `${column} is "${text}"`,
    'write a plain number above 0, with a point and without a unit',
    'number',
  )
}

function needed(record: CsvRecord, column: string, path: string): number {
  const value = positive(record, column, path)
  if (value !== null) return value
  throw fault(path, record.line, `${column} is empty`, `fill ${column}`)
}

function fault(
  path: string,
  line: number,
  message: string,
  fix: string,
  code: 'measurements' | 'number' = 'measurements',
): TokenwrightError {
  return new TokenwrightError(code, message, { where: `${path}:${line}`, fix })
}
