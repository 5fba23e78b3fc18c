/** How much of the prompts came before: what one prefix cache that never evicts would hold, and how much of it within a session. */
import type { TraceTable } from './trace-table.ts'

export interface ReuseStatistics {
  readonly tokensPerBlock: number
  /** Prompt tokens found by an infinite prefix cache, and their share of all prompt tokens. */
  readonly cachedTokens: number
  readonly share: number
  /** Share that an earlier turn of the same session had; null without sessions. */
  readonly withinSessionShare: number | null
  /** Tokens of all different blocks: what such a cache would have to hold in the end. */
  readonly distinctTokens: number
}

/** Null without block ids. */
export function reuseStatistics(table: TraceTable): ReuseStatistics | null {
  const { content, sessions } = table
  if (content === null) return null
  let inputTokens = 0
  for (let row = 0; row < table.requests; row++) inputTokens += table.inputTokens.at(row)
  const cachedTokens = tokensOf(table, leadingBlocksSeen(table, rowsInOrder(table)))
  const within = sessions?.multiTurn ? tokensOf(table, blocksSeenInSession(table)) : null
  return {
    tokensPerBlock: content.tokensPerBlock,
    cachedTokens,
    share: cachedTokens / inputTokens,
    withinSessionShare: within === null ? null : within / inputTokens,
    distinctTokens: content.tree.size * content.tokensPerBlock,
  }
}

/** Rows by arrival (ties in the order of the file), or in the order of the file where that is all there is. */
export function rowsInOrder(table: TraceTable): Uint32Array {
  const rows = new Uint32Array(table.requests)
  for (let row = 0; row < rows.length; row++) rows[row] = row
  if (table.arrivals !== 'all' || table.backward === 0) return rows
  const arrivals = table.arrivalSeconds
  return rows.sort((a, b) => arrivals.at(a) - arrivals.at(b) || a - b)
}

/** Per row: leading blocks that a prompt before it, in the order given, had too. */
export function leadingBlocksSeen(table: TraceTable, order: Uint32Array): Int32Array {
  const { tree, lastBlock, blocks } = table.content!
  const seen = new Uint8Array(tree.size)
  const hits = new Int32Array(table.requests)
  for (const row of order) {
    let node = lastBlock.at(row)
    let fresh = 0
    while (node >= 0 && seen[node] === 0) {
      seen[node] = 1
      fresh++
      node = tree.parentOf(node)
    }
    hits[row] = blocks.at(row) - fresh
  }
  return hits
}

/** The same, counting earlier turns of the same session only (in the order of the file). */
function blocksSeenInSession(table: TraceTable): Int32Array {
  const { tree, lastBlock, blocks } = table.content!
  const { session } = table.sessions!
  const owner = new Int32Array(tree.size).fill(-1)
  const hits = new Int32Array(table.requests)
  for (const row of rowsBySession(table)) {
    const own = session.at(row)
    if (own < 0) continue
    let node = lastBlock.at(row)
    let fresh = 0
    while (node >= 0 && owner[node] !== own) {
      owner[node] = own
      fresh++
      node = tree.parentOf(node)
    }
    hits[row] = blocks.at(row) - fresh
  }
  return hits
}

/** Rows with those of a session together, in the order of the file. */
function rowsBySession(table: TraceTable): Uint32Array {
  const { session } = table.sessions!
  const rows = new Uint32Array(table.requests)
  for (let row = 0; row < rows.length; row++) rows[row] = row
  return rows.sort((a, b) => session.at(a) - session.at(b) || a - b)
}

/** A block counts its tokens, the last one of a prompt no more than the prompt has. */
function tokensOf(table: TraceTable, hits: Int32Array): number {
  const { tokensPerBlock } = table.content!
  let tokens = 0
  for (let row = 0; row < hits.length; row++) {
    tokens += Math.min(hits[row]! * tokensPerBlock, table.inputTokens.at(row))
  }
  return tokens
}
