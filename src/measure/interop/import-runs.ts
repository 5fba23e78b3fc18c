/**
 * Files of any load generator as runs: the form is told by what is in a file, not by its name, and files that belong
 * together (a summary and its requests) become one run.
 */

import {
  aiperfRequests,
  importAiperf,
  importAiperfRecords,
  isAiperfRecord,
  isAiperfSummary,
} from './import-aiperf.ts'
import { importGuidellm, isGuidellmReport } from './import-guidellm.ts'
import {
  importInferencePerf,
  importInferencePerfRequests,
  inferencePerfRequests,
  isInferencePerfRequests,
  isInferencePerfSummary,
} from './import-inference-perf.ts'
import {
  importAgenticInferencex,
  importInferencex,
  isAgenticInferencexResult,
  isInferencexResult,
} from './import-inferencex.ts'
import {
  importEndpoints,
  importMlperfDetail,
  importMlperfSummary,
  isEndpointsSummary,
  isMlperfDetail,
  isMlperfSummary,
} from './import-mlperf.ts'
import { importOwnResult, isOwnRequests, isOwnResult, ownRequests } from './import-own.ts'
import { importSglang, isSglangResult } from './import-sglang.ts'
import { importVllm, isVllmResult } from './import-vllm.ts'
import type { ImportedRequest, ImportedRun } from './imported-run.ts'
import { isObject, refuseMeasurements } from './json-fields.ts'
import { documentsOf, type MeasuredDocument, type MeasuredFile } from './measured-file.ts'
import { countsOfRequests, latencyOfRequests } from './request-statistics.ts'

export interface ImportOptions {
  /** Keep the times of every chunk of our own requests; they are most of the memory. Default: true. */
  readonly chunks?: boolean
}

const formats = [
  'own-result',
  'own-requests',
  'aiperf-summary',
  'aiperf-records',
  'guidellm',
  'vllm',
  'sglang',
  'inference-perf-summary',
  'inference-perf-requests',
  'inferencex',
  'inferencex-agentic',
  'mlperf-summary',
  'mlperf-detail',
  'mlperf-endpoints',
] as const
export type MeasuredFormat = (typeof formats)[number]

/** What is read, in words, for errors and help. */
export const readFormats =
  'tokenwright bench --out, AIPerf, GenAI-Perf, GuideLLM, vllm bench serve --save-result, SGLang bench_serving, ' +
  'inference-perf, InferenceX, MLPerf LoadGen and Endpoints'

const objectFormats: readonly (readonly [
  MeasuredFormat,
  (value: Readonly<Record<string, unknown>>) => boolean,
])[] = [
  ['own-result', isOwnResult],
  ['own-requests', isOwnRequests],
  ['aiperf-records', isAiperfRecord],
  ['aiperf-summary', isAiperfSummary],
  ['guidellm', isGuidellmReport],
  ['inference-perf-summary', isInferencePerfSummary],
  ['inferencex', isInferencexResult],
  ['inferencex-agentic', isAgenticInferencexResult],
  ['mlperf-endpoints', isEndpointsSummary],
  ['sglang', isSglangResult],
  ['vllm', isVllmResult],
]

/** The form of a JSON value; null when it is none that is known. */
function formatOfValue(value: unknown): MeasuredFormat | null {
  if (isInferencePerfRequests(value)) return 'inference-perf-requests'
  if (Array.isArray(value)) return isObject(value[0]) && isInferencexResult(value[0]) ? 'inferencex' : null
  if (!isObject(value)) return null
  return objectFormats.find(([, matches]) => matches(value))?.[0] ?? null
}

/** The lines of a log before which its form is told. */
const linesLookedAt = 40

/**
 * The form of a file by its content; null when it is none that is known.
 * @throws TokenwrightError 'measurements' when it is empty or cut off
 */
export function formatOf(file: MeasuredFile): MeasuredFormat | null {
  const first: string[] = []
  for (const line of file.lines()) {
    first.push(line)
    if (first.length === linesLookedAt) break
  }
  if (isMlperfSummary(first)) return 'mlperf-summary'
  if (isMlperfDetail(first)) return 'mlperf-detail'
  const { value } = documentsOf(file).next()
  return value === undefined ? null : formatOfValue(value.value)
}

/**
 * The runs in these files, one a load, in the order of the files.
 * @throws TokenwrightError 'measurements' when a file is of no known form, cut off, or lacks what its form needs
 */
export function importRuns(files: readonly MeasuredFile[], options: ImportOptions = {}): ImportedRun[] {
  const all = files.map(file => ({ file, format: formatOf(file) ?? refuseFormat(file) }))
  // What stands beside a result of ours is the same run in another tool's form.
  const isOurs = all.some(({ format }) => format === 'own-result')
  const known = isOurs ? all.filter(({ format }) => format.startsWith('own-')) : all
  const others = (format: MeasuredFormat) =>
    known.filter(entry => entry.format === format).map(({ file }) => file)
  const runs = known.flatMap(({ file, format }) => runsOf(file, format, others, options))
  return runs.length > 0 ? runs : withoutSummary(known[0]?.file, known[0]?.format)
}

/** The runs of one file, with what `others` of the same folder add to them; none where it only adds to another. */
function runsOf(
  file: MeasuredFile,
  format: MeasuredFormat,
  others: (format: MeasuredFormat) => readonly MeasuredFile[],
  options: ImportOptions,
): ImportedRun[] {
  switch (format) {
    case 'own-result':
      return ownRuns(file, others('own-requests'), options)
    case 'aiperf-summary':
      return aiperfRuns(file, others('aiperf-records'))
    case 'inference-perf-summary':
      return inferencePerfRuns(
        file,
        others('inference-perf-summary').length,
        others('inference-perf-requests'),
      )
    case 'guidellm':
      return importGuidellm(onlyDocument(file), file.name)
    case 'vllm':
      return documents(file, importVllm)
    case 'sglang':
      return documents(file, importSglang)
    case 'inferencex':
      return inferencexRuns(file)
    case 'inferencex-agentic':
      return [importAgenticInferencex(onlyDocument(file), file.name)]
    case 'mlperf-summary':
      return [importMlperfSummary(file.lines(), file.name)]
    case 'mlperf-detail':
      return others('mlperf-summary').length > 0 ? [] : [importMlperfDetail(file.lines(), file.name)]
    case 'mlperf-endpoints':
      return [importEndpoints(onlyDocument(file), file.name)]
    case 'aiperf-records':
    case 'inference-perf-requests':
    case 'own-requests':
      return []
  }
}

function refuseFormat(file: MeasuredFile): never {
  return refuseMeasurements(
    'the file is a result of no load generator that is known',
    file.name,
    `these are read: ${readFormats}`,
  )
}

function ownRuns(
  file: MeasuredFile,
  requestFiles: readonly MeasuredFile[],
  options: ImportOptions,
): ImportedRun[] {
  const [requests] = requestFiles
  return importOwnResult(
    onlyDocument(file),
    [file, ...(requests === undefined ? [] : [requests])].map(({ name }) => name),
    requests === undefined ? null : ownRequests(requests, { chunks: options.chunks ?? true }),
  )
}

function aiperfRuns(file: MeasuredFile, records: readonly MeasuredFile[]): ImportedRun[] {
  const beside = records.find(({ name }) => folderOf(name) === folderOf(file.name))
  return [
    importAiperf(
      onlyDocument(file),
      [file, ...(beside === undefined ? [] : [beside])].map(({ name }) => name),
      beside === undefined ? null : aiperfRequests(documentsOf(beside)),
    ),
  ]
}

/** Requests belong to a summary when it is the only one: they do not name their stage. */
function inferencePerfRuns(
  file: MeasuredFile,
  summaries: number,
  perRequest: readonly MeasuredFile[],
): ImportedRun[] {
  const run = importInferencePerf(onlyDocument(file), file.name)
  const [requestFile] = perRequest
  if (summaries > 1 || requestFile === undefined)
    return summaries > 1 && run.load.name === 'all stages' ? [] : [run]
  const { value, where } = onlyDocument(requestFile)
  const requests = inferencePerfRequests(Array.isArray(value) ? value : [], where)
  return [withRequests(run, requests, requestFile.name)]
}

function withRequests(run: ImportedRun, requests: readonly ImportedRequest[], file: string): ImportedRun {
  const own = latencyOfRequests(requests)
  return {
    ...run,
    files: [...run.files, file],
    requests,
    latency: { service: { ...run.latency.service, ...own.service }, response: own.response },
    counts: countsOfRequests(requests),
  }
}

function inferencexRuns(file: MeasuredFile): ImportedRun[] {
  return [...documentsOf(file)].flatMap(({ value, where }) =>
    (Array.isArray(value) ? value : [value]).map((entry, index, all) =>
      importInferencex(
        { value: entry, where: all.length === 1 ? where : `${where}, entry ${index}` },
        file.name,
      ),
    ),
  )
}

function documents(
  file: MeasuredFile,
  read: (document: MeasuredDocument, file: string) => ImportedRun,
): ImportedRun[] {
  return [...documentsOf(file)].map(document => read(document, file.name))
}

function onlyDocument(file: MeasuredFile): MeasuredDocument {
  const all = [...documentsOf(file)]
  if (all.length !== 1) {
    refuseMeasurements(
      `the file holds ${all.length} JSON values and should hold one`,
      file.name,
      'take it as it was written',
    )
  }
  return all[0]!
}

/** Requests alone. */
function withoutSummary(file: MeasuredFile | undefined, format: MeasuredFormat | undefined): ImportedRun[] {
  if (file !== undefined && format === 'aiperf-records') {
    return [importAiperfRecords(aiperfRequests(documentsOf(file)), file.name)]
  }
  if (file !== undefined && format === 'inference-perf-requests') {
    return [importInferencePerfRequests(onlyDocument(file), file.name)]
  }
  return refuseMeasurements(
    file === undefined ? 'no file of results' : 'requests.jsonl alone does not say what was asked of the run',
    file?.name ?? '',
    file === undefined
      ? `these are read: ${readFormats}`
      : 'give the folder that holds result.json beside it',
  )
}

function folderOf(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf('/')))
}
