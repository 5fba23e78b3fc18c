/**
 * Client models as ServeGen publishes them (alibaba/ServeGen, data/): per client a file of 600 s windows with rate and
 * shape of the gaps, and one of empirical lengths by window. They generate traffic, they do not record it.
 */
import { TokenwrightError } from '../core/errors.ts'
import { pickCumulative } from './empirical.ts'

/** `chunk-3-trace.csv`, `chunk-3-dataset.json` and their text. */
export interface ServeGenFile {
  readonly name: string
  readonly text: string
}

export interface ServeGenModel {
  readonly source: string
  readonly clients: readonly ServeGenClient[]
  /** End of the last window. */
  readonly spanSeconds: number
  readonly notes: readonly string[]
}

export interface ServeGenClient {
  readonly name: string
  readonly windows: readonly RateWindow[]
  /** By start; empty for clients whose lengths are not published. */
  readonly lengths: readonly LengthWindow[]
}

export interface RateWindow {
  readonly startSeconds: number
  readonly endSeconds: number
  readonly requestsPerSecond: number
  readonly gaps: 'gamma' | 'weibull'
  /** Shape of that distribution of gaps; 1 is a Poisson process for both. */
  readonly shape: number
  readonly gapVariation: number
}

export interface LengthWindow {
  readonly startSeconds: number
  /** Prompt tokens that every request has. */
  readonly prompt: Discrete
  /** Images, audio and video: how many, and the tokens of each. */
  readonly attachments: readonly { readonly count: Discrete; readonly tokens: Discrete }[]
  readonly output: Discrete
}

/** Values with their cumulative probabilities, ascending, the last one 1. */
export interface Discrete {
  readonly values: Float64Array
  readonly cumulative: Float64Array
  readonly mean: number
}

const filePattern = /(?:^|\/)chunk-(\w+)-(trace\.csv|dataset\.json)$/

/** Whether a file belongs to such a model. */
export function isServeGenFile(name: string): boolean {
  return filePattern.test(name)
}

/** Throws TokenwrightError('trace') with file and line. */
export function parseServeGenModel(files: readonly ServeGenFile[], source: string): ServeGenModel {
  const traces = new Map<string, ServeGenFile>()
  const datasets = new Map<string, ServeGenFile>()
  for (const file of files) {
    const [, name, kind] = filePattern.exec(file.name) ?? []
    if (name !== undefined) (kind === 'trace.csv' ? traces : datasets).set(name, file)
  }
  if (traces.size === 0) {
    throw new TokenwrightError('trace', 'no client model in it', {
      where: source,
      fix: 'a ServeGen model holds files chunk-N-trace.csv and chunk-N-dataset.json',
    })
  }
  const clients = [...traces].map(([name, file]) => {
    const dataset = datasets.get(name)
    return { name, windows: rateWindows(file), lengths: dataset === undefined ? [] : lengthWindows(dataset) }
  })
  clients.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
  const without = clients.filter(({ lengths }) => lengths.length === 0).length
  const known = clients.length - without
  if (known === 0) {
    throw new TokenwrightError('trace', 'no client has lengths', {
      where: source,
      fix: 'add chunk-N-dataset.json',
    })
  }
  return {
    source,
    clients,
    spanSeconds: Math.max(...clients.flatMap(({ windows }) => windows.map(({ endSeconds }) => endSeconds))),
    notes:
      without === 0
        ? []
        : [
            `${without} of ${clients.length} clients have no published lengths: theirs are those of the other ${known}`,
          ],
  }
}

/** `window start s, requests/s, cv, (empty)|Gamma|Weibull, shape, scale`, without a header. */
function rateWindows({ name, text }: ServeGenFile): RateWindow[] {
  const rows = text
    .trim()
    .split(/\r?\n/)
    .map((line, index) => rateRow(line, index + 1, name))
  return rows.map((row, index) => {
    const length =
      index + 1 < rows.length ? rows[index + 1]!.startSeconds - row.startSeconds : lastWindow(rows)
    if (!(length > 0))
      throw lineFault(name, index + 2, 'windows do not follow each other', 'sort them by their start')
    return { ...row, endSeconds: row.startSeconds + length }
  })
}

/** The last window is as long as the first; a single one is taken as the 600 s that ServeGen uses. */
function lastWindow(rows: readonly Omit<RateWindow, 'endSeconds'>[]): number {
  return rows.length < 2 ? 600 : rows[1]!.startSeconds - rows[0]!.startSeconds
}

function rateRow(line: string, lineNumber: number, file: string): Omit<RateWindow, 'endSeconds'> {
  const cells = line.split(',').map(cell => cell.trim())
  const [start, rate, variation, , shape] = cells.map(Number)
  const kind = cells[3] ?? ''
  const numbers = [start, rate, variation, shape].every(
    value => value !== undefined && value >= 0 && value < 1e12,
  )
  if (cells.length !== 6 || !numbers || !['', 'Gamma', 'Weibull'].includes(kind)) {
    throw lineFault(
      file,
      lineNumber,
      `«${line.slice(0, 60)}» is no window`,
      'write start seconds, requests per second, CV, Gamma or Weibull or nothing, shape, scale',
    )
  }
  return {
    startSeconds: start!,
    requestsPerSecond: rate!,
    gaps: kind === 'Weibull' ? 'weibull' : 'gamma',
    shape: kind === '' || shape === 0 ? 1 : shape!,
    gapVariation: variation!,
  }
}

/** Windows of a data set; those in which a client sent nothing are empty and left out. */
function lengthWindows({ name, text }: ServeGenFile): LengthWindow[] {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    throw lineFault(name, null, 'not valid JSON', 'the file may be cut off')
  }
  const windows: LengthWindow[] = []
  for (const [start, fields] of Object.entries(document as object)) {
    const read = (field: string) =>
      discrete((fields as Record<string, unknown> | null)?.[field], name, `${start}.${field}`)
    const prompt = read('input_tokens') ?? read('text_tokens')
    const output = read('output_tokens')
    if (prompt === null || output === null) continue
    const attachments = ['image', 'audio', 'video'].flatMap(kind => {
      const count = read(`${kind}_count`)
      const tokens = read(`${kind}_tokens`)
      return count === null || tokens === null || count.mean === 0 ? [] : [{ count, tokens }]
    })
    windows.push({ startSeconds: Number(start), prompt, attachments, output })
  }
  return windows.sort((a, b) => a.startSeconds - b.startSeconds)
}

/** A Python dictionary as text: `{17: 0.25, 45: 0.75}`. Null when it is empty or missing. */
function discrete(value: unknown, file: string, field: string): Discrete | null {
  if (value === undefined) return null
  const inner = typeof value === 'string' ? /^\{(.*)\}$/s.exec(value.trim())?.[1] : undefined
  if (inner === undefined)
    throw lineFault(file, null, `${field} is no dictionary in a text`, 'write "{17: 0.25, 45: 0.75}"')
  if (inner.trim() === '') return null
  const pairs = inner.split(',').map(pair => pair.split(':').map(Number) as [number, number])
  if (!pairs.every(([token, share]) => token >= 0 && share >= 0 && Number.isFinite(token + share))) {
    throw lineFault(
      file,
      null,
      `${field} has an entry that is no value with its probability`,
      'write 17: 0.25',
    )
  }
  pairs.sort((a, b) => a[0] - b[0])
  const sum = pairs.reduce((total, [, share]) => total + share, 0)
  if (!(sum > 0))
    throw lineFault(file, null, `the probabilities of ${field} add up to ${sum}`, 'they add up to 1')
  let below = 0
  const cumulative = Float64Array.from(pairs, ([, share]) => (below += share / sum))
  cumulative[cumulative.length - 1] = 1
  return {
    values: Float64Array.from(pairs, ([token]) => token),
    cumulative,
    mean: pairs.reduce((total, [token, share]) => total + token * share, 0) / sum,
  }
}

/** The value at a share u in [0, 1) of the probability. */
export function drawDiscrete({ values, cumulative }: Discrete, u: number): number {
  return values[pickCumulative(cumulative, u)]!
}

function lineFault(file: string, line: number | null, message: string, fix: string): TokenwrightError {
  return new TokenwrightError('trace', message, { where: line === null ? file : `${file}:${line}`, fix })
}
