/** What is kept of a measurement: a folder that appears when it is whole. */
import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { TokenwrightError } from '../core/errors.ts'
import { fileFault, isSystemFault } from '../core/file-fault.ts'
import type { BenchPoint, BenchResult } from '../measure/bench-result.ts'
import { type AiperfRunFacts, aiperfFiles } from '../measure/interop/aiperf-writer.ts'
import type { RequestObservation } from '../measure/observation.ts'
import { loadMarker, observationToJson, requestsFileHeader } from '../measure/observation-json.ts'
import type { RequestShape } from '../perf/deployment.ts'
import { renderBenchCsv } from '../report/bench-csv.ts'
import { benchJson } from '../report/bench-json.ts'
import { benchPointsCsv, type MeasuredLayout, type ShapedPoint } from '../report/bench-points-csv.ts'
import { openTextFile, type TextSink } from '../report/text-sink-file.ts'
import { pointsFile } from './calibrate-bench.ts'

export interface BenchOutput {
  onLoad(name: string): void
  onRequest(observation: RequestObservation): void
  onPoint(point: BenchPoint, startedAt: string, shape: RequestShape | null): void
  /** Writes the rest, and returns what there is now. `layout` null: nobody said what served. */
  finish(result: BenchResult, layout: MeasuredLayout | null): Promise<readonly string[]>
  /** Leaves nothing half-written. */
  abort(): void
}

/**
 * Observations of one load kept for AIPerf's files, whose percentiles want all values at once: of a longer run they are left
 * out, and requests.jsonl has everything.
 */
const mostForAiperf = 100_000

interface Kept {
  readonly name: string
  readonly observations: RequestObservation[]
  dropped: boolean
  startedAt: string
}

/** Throws before anything is sent when the folder cannot be written. */
export function openBenchOutput(
  folder: string,
  startedAt: string,
  arrival: AiperfRunFacts['arrival'],
): BenchOutput {
  guarded(folder, () => mkdirSync(folder, { recursive: true }))
  if (!statSync(folder).isDirectory())
    throw new TokenwrightError('file', 'it is no folder', { where: folder, fix: 'name a folder with --out' })
  const requests: TextSink = openTextFile(join(folder, 'requests.jsonl'))
  requests.write(`${requestsFileHeader(startedAt)}\n`)
  const loads: Kept[] = []
  const shaped: ShapedPoint[] = []
  return {
    onLoad(name) {
      requests.write(`${loadMarker(name)}\n`)
      loads.push({ name, observations: [], dropped: false, startedAt })
    },
    onRequest(observation) {
      requests.write(`${observationToJson(observation)}\n`)
      const load = loads.at(-1)
      if (load === undefined || load.dropped) return
      load.observations.push(observation)
      if (load.observations.length <= mostForAiperf) return
      load.observations.length = 0
      load.dropped = true
    },
    onPoint(point, pointStartedAt, shape) {
      shaped.push({ point, shape })
      const load = loads.at(-1)
      if (load !== undefined) load.startedAt = pointStartedAt
    },
    async finish(result, layout) {
      const { renderBenchHtml } = await import('../report/bench-html.ts')
      requests.finish()
      const points = layout === null ? null : benchPointsCsv(layout, shaped)
      const files = [
        ...(points === null ? [] : [{ path: pointsFile, text: points }]),
        { path: 'result.json', text: benchJson(result) },
        { path: 'summary.csv', text: renderBenchCsv(result) },
        { path: 'report.html', text: renderBenchHtml(result) },
        ...result.points.flatMap((point, index) => {
          const load = loads[index]
          return load === undefined || load.dropped ? [] : aiperfOf(result, point, load, index, arrival)
        }),
      ]
      for (const { path, text } of files) writeWhole(join(folder, path), text)
      return [join(folder, 'requests.jsonl'), ...files.map(({ path }) => join(folder, path))]
    },
    abort() {
      requests.abort()
    },
  }
}

/** AIPerf writes one load into a folder; several loads go into folders below. */
function aiperfOf(
  result: BenchResult,
  point: BenchPoint,
  { observations, startedAt }: Kept,
  index: number,
  arrival: AiperfRunFacts['arrival'],
): { readonly path: string; readonly text: string }[] {
  const several = result.points.length > 1
  const files = aiperfFiles(observations, {
    tokenwrightVersion: result.tokenwrightVersion,
    startedAt,
    url: result.endpoint.url,
    endpoint: result.endpoint.endpoint,
    streaming: result.endpoint.streaming,
    model: result.endpoint.model,
    load: point.load,
    arrival,
    command: result.command,
    goodRequests: result.objectives.length === 0 ? null : point.summary.goodput.met,
  })
  const folder = several ? `${index + 1}-${point.load.name.replaceAll(/[^\w.]+/g, '-')}` : ''
  return files.map(({ name, text }) => ({ path: join(folder, name), text }))
}

export function writeWhole(path: string, text: string): void {
  guarded(path, () => mkdirSync(join(path, '..'), { recursive: true }))
  const sink = openTextFile(path)
  try {
    sink.write(text)
    sink.finish()
  } catch (error) {
    sink.abort()
    throw error
  }
}

function guarded<T>(path: string, action: () => T): T {
  try {
    return action()
  } catch (error) {
    if (!isSystemFault(error)) throw error
    throw fileFault(error, `write ${path}`, { where: path, fix: 'check that you may write there' })
  }
}
