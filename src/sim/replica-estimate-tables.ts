/**
 * Step times of a pool, asked of its timer once and kept: a router that looks at every replica for every request cannot ask
 * the performance model each time. Grids are powers of two, straight lines in between.
 */
import type { EngineSettings } from '../engine/settings.ts'
import type { RankWork, StepTimer } from '../engine/types.ts'

/** Mean request of the workload: what a replica's batch is made of while nobody says more. */
export interface MeanRequest {
  /** Prompt tokens that a cache does not hold, and those that it does. */
  readonly uncachedTokens: number
  readonly cachedTokens: number
  readonly outputTokens: number
}

export interface StepTables {
  /**
   * Seconds of a step in which every rank decodes so many sequences and one rank computes so many prompt tokens from the
   * start of a prompt.
   */
  seconds(sequencesPerRank: number, promptTokens: number): number
  /** What is added when so many tokens come before those prompt tokens. */
  pastSeconds(promptTokens: number, pastTokens: number): number
  /** Seconds of a step in which every rank decodes so many sequences and fills its token budget with prompts. */
  fullSeconds(sequencesPerRank: number): number
}

/** Makes the tables: a few hundred calls of the timer. */
export function stepTables(engine: EngineSettings, timer: StepTimer, mean: MeanRequest): StepTables {
  const { ranks } = engine
  const budget = stepBudget(engine)
  const context = mean.uncachedTokens + mean.cachedTokens + mean.outputTokens / 2
  const step = stepOf(ranks, timer)
  const sequences = powersOfTwo(engine.maximumSequences)
  const chunks = powersOfTwo(budget)
  const pasts = powersOfTwo(engine.maximumContextTokens)
  const bySequences = table(sequences, chunks, (decoding, tokens) => step(decoding, context, tokens, 0))
  const byPast = table(chunks, pasts, (tokens, past) =>
    tokens === 0 ? 0 : step(0, 0, tokens, past) - step(0, 0, tokens, 0),
  )
  const full = Float64Array.from(sequences, decoding =>
    fullStepSeconds(engine, timer, decoding, context, mean),
  )
  const chunkCount = chunks.length
  const pastCount = pasts.length
  return {
    seconds: (decoding, tokens) => between(bySequences, chunkCount, decoding, tokens),
    pastSeconds: (tokens, past) => between(byPast, pastCount, tokens, past),
    fullSeconds(decoding) {
      const low = cell(decoding, full.length)
      return full[low]! + (full[low + 1]! - full[low]!) * part(decoding, low)
    },
  }
}

/** Tokens of one step and rank; pipeline stages work on as many micro-batches at once. */
export function stepBudget({ tokenBudget, pipelineStages }: EngineSettings): number {
  return tokenBudget * pipelineStages
}

/** 0, 1, 2, 4, … up to the first that is not below `most`; two at least, so that there is always something in between. */
function powersOfTwo(most: number): number[] {
  const grid = [0, 1]
  while (grid.at(-1)! < most) grid.push(grid.at(-1)! * 2)
  return grid
}

/** Which two grid points a value lies between: the lower one's index. Beyond the grid its last line goes on. */
function cell(value: number, count: number): number {
  const index = value < 1 ? 0 : 32 - Math.clz32(value)
  return index > count - 2 ? count - 2 : index
}

function part(value: number, low: number): number {
  if (low === 0) return value
  const from = 2 ** (low - 1)
  return (value - from) / from
}

function table(
  rows: readonly number[],
  columns: readonly number[],
  value: (row: number, column: number) => number,
): Float64Array {
  return Float64Array.from(rows.flatMap(row => columns.map(column => value(row, column))))
}

/** Bilinear. */
function between(values: Float64Array, columns: number, row: number, column: number): number {
  const low = cell(row, values.length / columns)
  const left = cell(column, columns)
  const across = part(column, left)
  const at = low * columns + left
  const first = values[at]! + (values[at + 1]! - values[at]!) * across
  const second = values[at + columns]! + (values[at + columns + 1]! - values[at + columns]!) * across
  return first + (second - first) * part(row, low)
}

function emptyRank(): RankWork {
  return {
    decodeSequences: 0,
    decodeContextTokens: 0,
    chunks: 0,
    chunkTokens: [],
    chunkPastTokens: [],
    promptsCompleted: 0,
  }
}

/** A step of equal ranks, the first of which computes one chunk besides; no work takes no time. */
function stepOf(
  count: number,
  timer: StepTimer,
): (decoding: number, context: number, tokens: number, past: number) => number {
  const ranks = Array.from({ length: count }, emptyRank)
  const cost = { seconds: 0, joules: 0 }
  return (decoding, context, tokens, past) => {
    if (decoding === 0 && tokens === 0) return 0
    for (const rank of ranks) {
      rank.decodeSequences = decoding
      rank.decodeContextTokens = decoding * context
    }
    const first = ranks[0]!
    first.chunks = tokens === 0 ? 0 : 1
    first.chunkTokens[0] = tokens
    first.chunkPastTokens[0] = past
    first.promptsCompleted = first.chunks
    timer.step(ranks, cost)
    return cost.seconds
  }
}

/** Every rank packs prompts of the mean length into what its decoding sequences leave of the budget. */
function fullStepSeconds(
  engine: EngineSettings,
  timer: StepTimer,
  decoding: number,
  context: number,
  { uncachedTokens, cachedTokens }: MeanRequest,
): number {
  const budget = Math.max(1, stepBudget(engine) - decoding)
  const chunk = Math.min(uncachedTokens, budget)
  const chunks = Math.max(1, Math.round(budget / chunk))
  // A prompt longer than the budget is met somewhere in its middle.
  const past = cachedTokens + (uncachedTokens > budget ? (uncachedTokens - budget) / 2 : 0)
  const ranks = Array.from({ length: engine.ranks }, () => {
    const rank = emptyRank()
    rank.decodeSequences = decoding
    rank.decodeContextTokens = decoding * context
    rank.chunks = chunks
    for (let index = 0; index < chunks; index++) {
      rank.chunkTokens.push(budget / chunks)
      rank.chunkPastTokens.push(past)
    }
    rank.promptsCompleted = Math.floor(budget / uncachedTokens)
    return rank
  })
  const cost = { seconds: 0, joules: 0 }
  timer.step(ranks, cost)
  return cost.seconds
}
