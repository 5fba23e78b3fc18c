/** Our own result.json and requests.jsonl as imported runs, one a load. */
import type { LatencyClock } from '../../metrics/objective.ts'
import { firstTokenUs, inputTokensOf, outputTokensOf, type RequestObservation } from '../observation.ts'
import { requestsFileLine } from '../observation-json.ts'
import type { VerdictLevel } from '../verdict.ts'
import {
  figuresByMetric,
  type ImportedInterval,
  type ImportedMetric,
  type ImportedRequest,
  type ImportedRun,
  unknownFigures,
} from './imported-run.ts'
import { fieldAt, isObject, listAt, numberAt, refuseMeasurements, textAt } from './json-fields.ts'
import type { MeasuredDocument, MeasuredFile } from './measured-file.ts'

type Fields = Readonly<Record<string, unknown>>

export function isOwnResult(value: Fields): boolean {
  return value.kind === 'tokenwright-bench'
}

/** The first line of requests.jsonl. */
export function isOwnRequests(value: Fields): boolean {
  return value.kind === 'start' && 'startedAt' in value
}

const rerun = 'take result.json as tokenwright bench --out wrote it, or measure again'

/** Every point of a result. `requests` by the name of the load; those of a single load may stand under ''. */
export function importOwnResult(
  { value, where }: MeasuredDocument,
  files: readonly string[],
  requests: ReadonlyMap<string, readonly ImportedRequest[]> | null,
): ImportedRun[] {
  const version = numberAt(value, 'version', where)
  if (version !== 1) {
    refuseMeasurements(
      `result.json of version ${version ?? 'none'} is not known`,
      where,
      'this tokenwright reads version 1; update it',
    )
  }
  const points = listAt(value, 'points', where) ?? []
  if (points.length === 0) refuseMeasurements('the result has no points', where, rerun)
  return points.map((point, index) => {
    const place = `${where}, point ${index}`
    const name = textAt(point, 'load.name', place)
    if (!isObject(point) || name === null || !isObject(point.summary)) {
      refuseMeasurements('a point has no load or no summary', place, rerun)
    }
    const own = requests?.get(name) ?? (points.length === 1 ? requests?.get('') : undefined) ?? null
    return importPoint(value, point, name, own, files, place)
  })
}

function importPoint(
  result: unknown,
  point: Fields,
  name: string,
  requests: readonly ImportedRequest[] | null,
  files: readonly string[],
  where: string,
): ImportedRun {
  const steady = isObject(fieldAt(point, 'summary.steady'))
  const rates = steady ? 'summary.steady' : 'summary.fullRun'
  const at = (path: string) => numberAt(point, path, where)
  const lost = ['rejected', 'failed', 'cancelled'].map(kind => at(`summary.requests.${kind}`) ?? 0)
  return {
    tool: 'tokenwright',
    toolVersion: textAt(result, 'tokenwrightVersion', where),
    files,
    model: textAt(result, 'endpoint.model', where),
    endpoint: textAt(result, 'endpoint.endpoint', where),
    startedAt: textAt(result, 'startedAt', where),
    load: { name, concurrency: at('load.concurrency'), requestsPerSecond: at('load.requestsPerSecond') },
    durationSeconds: at('summary.durationSeconds'),
    requests,
    latency: { service: figures(point, 'service', where), response: figures(point, 'response', where) },
    intervals: intervals(point, where),
    counts: {
      served: at('summary.requests.served'),
      failed: lost.reduce((total, count) => total + count, 0),
    },
    tokens: {
      input: at('summary.tokens.input'),
      cachedInput: at('summary.tokens.cachedInput'),
      output: at('summary.tokens.output'),
    },
    rates: {
      requestsPerSecond: at(`${rates}.requestsPerSecond`),
      inputTokensPerSecond: at(`${rates}.inputTokensPerSecond`),
      outputTokensPerSecond: at(`${rates}.outputTokensPerSecond`),
      totalTokensPerSecond: at(`${rates}.totalTokensPerSecond`),
      goodRequestsPerSecond:
        (listAt(result, 'objectives', where)?.length ?? 0) > 0 ? at(`${rates}.goodRequestsPerSecond`) : null,
      devices: null,
    },
    money: {
      usdPerMillionTokens: at('cost.perMillionTokens.blended'),
      joulesPerOutputToken: at('energy.joulesPerOutputToken'),
    },
    verdict: verdictOf(point, where),
    notes: [
      ...(steady ? [] : ['no steady window: rates are of the whole run, filling and emptying included']),
      ...otherRequests(requests, at('summary.requests.served')),
    ],
  }
}

/** Figures and requests that are not of the same requests are worth a word. */
function otherRequests(requests: readonly ImportedRequest[] | null, served: number | null): string[] {
  if (requests === null || served === null) return []
  const kept = requests.filter(({ outcome }) => outcome === 'served').length
  return kept === served
    ? []
    : [`requests.jsonl holds ${kept} served requests and the summary is of ${served}`]
}

const summaryKeys: Readonly<Record<LatencyClock, Readonly<Record<ImportedMetric, string>>>> = {
  service: { ttft: 'ttftService', tpot: 'tpot', itl: 'interToken', e2e: 'endToEndService' },
  response: { ttft: 'ttftResponse', tpot: 'tpot', itl: 'interToken', e2e: 'endToEndResponse' },
}

function figures(point: Fields, clock: LatencyClock, where: string): ImportedRun['latency']['service'] {
  return figuresByMetric(metric => {
    const path = `summary.latency.${summaryKeys[clock][metric]}`
    const at = (name: string) => numberAt(point, `${path}.${name}`, where)
    const count = at('count')
    if (!count) return null
    return {
      ...unknownFigures,
      count,
      meanMs: at('meanMs'),
      minimumMs: at('minimumMs'),
      p50Ms: at('p50Ms'),
      p90Ms: at('p90Ms'),
      p95Ms: at('p95Ms'),
      p99Ms: at('p99Ms'),
      maximumMs: at('maximumMs'),
    }
  })
}

function intervals(point: Fields, where: string): ImportedInterval[] {
  return (['service', 'response'] as const).flatMap(clock =>
    (['ttft', 'tpot', 'e2e'] as const).flatMap(metric =>
      (listAt(point, `intervals.${summaryKeys[clock][metric]}`, where) ?? []).flatMap(interval => {
        const q = numberAt(interval, 'q', where)
        return q === null
          ? []
          : [
              {
                metric,
                clock,
                q,
                lowMs: numberAt(interval, 'lowMs', where),
                highMs: numberAt(interval, 'highMs', where),
              },
            ]
      }),
    ),
  )
}

function verdictOf(point: Fields, where: string): ImportedRun['verdict'] {
  const level = textAt(point, 'verdict.level', where)
  if (level !== 'valid' && level !== 'suspect' && level !== 'invalid') return null
  const reasons = (listAt(point, 'verdict.checks', where) ?? [])
    .filter(check => (fieldAt(check, 'level') as VerdictLevel) !== 'valid')
    .map(check => textAt(check, 'finding', where) ?? '')
  return { level, reasons: reasons.filter(reason => reason !== '') }
}

/** The measured requests of requests.jsonl by the name of their load; '' before the first name. */
export function ownRequests(
  file: MeasuredFile,
  options: { readonly chunks: boolean },
): ReadonlyMap<string, readonly ImportedRequest[]> {
  const loads = new Map<string, ImportedRequest[]>()
  let load = ''
  let number = 0
  for (const text of file.lines()) {
    number++
    if (text.trim() === '') continue
    const line = requestsFileLine(text, `${file.name}:${number}`)
    if (line.kind === 'load') load = line.name
    if (line.kind !== 'request' || line.observation.phase === 'warm-up') continue
    const known = loads.get(load)
    const request = importedRequest(line.observation, options.chunks)
    if (known === undefined) loads.set(load, [request])
    else known.push(request)
  }
  for (const requests of loads.values()) fromFirstSent(requests)
  return loads
}

/** One observation as an imported request; sentUs still on the run's clock. */
export function importedRequest(observation: RequestObservation, chunks: boolean): ImportedRequest {
  const { times, chunks: log } = observation
  const sentUs = Number.isNaN(times.sentUs) ? times.dispatchedUs : times.sentUs
  return {
    id: observation.id,
    sentUs,
    lateUs: sentUs - times.scheduledUs,
    firstTokenAfterUs: firstTokenUs(times) - sentUs,
    lastTokenAfterUs: times.lastContentUs - sentUs,
    endedAfterUs: times.endedUs - sentUs,
    chunksAfterUs: chunks ? Array.from(log.us, us => us - sentUs) : null,
    chunkTokens: chunks ? Array.from(log.tokens) : null,
    inputTokens: inputTokensOf(observation),
    outputTokens: outputTokensOf(observation),
    outcome: observation.outcome,
    reason: observation.failure?.kind ?? '',
  }
}

function fromFirstSent(requests: ImportedRequest[]): void {
  const first = requests.reduce(
    (earliest, { sentUs }) => (sentUs < earliest ? sentUs : earliest),
    Number.POSITIVE_INFINITY,
  )
  for (const [index, request] of requests.entries()) {
    requests[index] = { ...request, sentUs: request.sentUs - first }
  }
}
