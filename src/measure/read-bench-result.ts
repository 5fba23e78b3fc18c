/** Our own result.json, read back: by `bench report`, by the list of past runs, and by the page. */
import { TokenwrightError } from '../core/errors.ts'
import type { BenchPoint, BenchResult } from './bench-result.ts'
import { fieldAt, isObject, refuseMeasurements } from './interop/json-fields.ts'
import { documentsOf, type MeasuredFile } from './interop/measured-file.ts'

const asWritten = 'take result.json as tokenwright bench --out wrote it, or measure again'

/** What every reader of a result looks at first; the rest of our own file is believed. */
const neededTexts = [
  'tokenwrightVersion',
  'startedAt',
  'command',
  'clock',
  'endpoint.url',
  'endpoint.model',
  'verdict.level',
]
const neededOfPoint = {
  texts: ['load.name', 'load.kind', 'verdict.level'],
  objects: [
    'summary.requests',
    'summary.latency.tpot',
    'summary.latency.ttftService',
    'summary.latency.endToEndService',
    'summary.fullRun',
    'summary.goodput',
    'timeline',
    'intervals',
    'tokens.server',
    'client.eventLoopDelay',
  ],
  lists: ['summary.objectives', 'verdict.checks'],
}

/**
 * The result in a file.
 * @throws TokenwrightError 'measurements' when it is cut off, of another program or version, or lacks a part
 */
export function readBenchResult(file: MeasuredFile): BenchResult {
  const { value } = documentsOf(file).next()
  const result = value === undefined ? null : value.value
  if (!isObject(result) || result.kind !== 'tokenwright-bench')
    refuseMeasurements(
      'this is no result of tokenwright bench',
      file.name,
      'take result.json as tokenwright bench --out wrote it',
    )
  if (result.version !== 1)
    refuseMeasurements(
      `result.json of version ${typeof result.version === 'number' ? result.version : 'none'} is not known`,
      file.name,
      'this tokenwright reads version 1; update it',
    )
  for (const path of neededTexts) need(typeof fieldAt(result, path) === 'string', path, file.name)
  need(Array.isArray(result.objectives), 'objectives', file.name)
  need(Array.isArray(result.points), 'points', file.name)
  for (const [index, point] of (result.points as readonly unknown[]).entries())
    checkPoint(point, `${file.name}, point ${index}`)
  return result as unknown as BenchResult
}

function checkPoint(point: unknown, where: string): void {
  for (const path of neededOfPoint.texts) need(typeof fieldAt(point, path) === 'string', path, where)
  for (const path of neededOfPoint.objects) need(isObject(fieldAt(point, path)), path, where)
  for (const path of neededOfPoint.lists) need(Array.isArray(fieldAt(point, path)), path, where)
}

function need(there: boolean, path: string, where: string): void {
  if (!there)
    throw new TokenwrightError('measurements', `the result lacks ${path}`, { where, fix: asWritten })
}

/** A result without what only figures need, which is most of its bytes: for lists of many. */
export function withoutFigures(result: BenchResult): BenchResult {
  return { ...result, points: result.points.map(pointWithoutFigures) }
}

function pointWithoutFigures(point: BenchPoint): BenchPoint {
  const { timeline, intervals, summary } = point
  return {
    ...point,
    summary: { ...summary, groups: [] },
    timeline: {
      binSeconds: timeline.binSeconds,
      endSeconds: timeline.endSeconds,
      inFlight: [],
      running: [],
      waiting: [],
      cacheUse: [],
      watts: [],
      inputTokensPerSecond: [],
      outputTokensPerSecond: [],
      requestsPerSecond: [],
      goodRequestsPerSecond: [],
    },
    curves: null,
    intervals: {
      ...intervals,
      ttftService: [],
      ttftResponse: [],
      tpot: [],
      endToEndService: [],
      endToEndResponse: [],
    },
  }
}
