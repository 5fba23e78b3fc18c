/** From a row of a trace to the request that is sent: lengths scaled, contents as numbers unique over the run. */
import type { TokenContent, WorkloadRequest } from './request.ts'
import type { TraceReplayPlan } from './trace-replay-options.ts'
import { leadingBlocksSeen, rowsInOrder } from './trace-reuse.ts'
import type { TraceContent, TraceTable } from './trace-table.ts'

export class TraceRequests {
  /** What scaling could not do exactly, ready to print. */
  readonly notes: readonly string[]
  readonly #table: TraceTable
  readonly #plan: TraceReplayPlan
  readonly #content: TraceContent | null
  readonly #tokensPerBlock: number
  readonly #inputFactor: number
  /** Blocks from the start of a prompt whose content is told; the rest shares nothing. */
  readonly #toldBlocks: number
  readonly #modelNames: readonly string[]

  constructor(table: TraceTable, plan: TraceReplayPlan) {
    const notes: string[] = []
    this.#table = table
    this.#plan = plan
    this.#content = plan.prefix === 'drop' ? null : table.content
    this.#modelNames = plan.keepModels ? [...table.models.keys()] : []
    const recordedBlock = this.#content?.tokensPerBlock ?? 1
    this.#tokensPerBlock = Math.max(1, Math.round(recordedBlock * plan.inputFactor))
    this.#inputFactor = this.#content === null ? plan.inputFactor : this.#tokensPerBlock / recordedBlock
    if (this.#inputFactor !== plan.inputFactor) {
      notes.push(
        `prompts grow by ${this.#inputFactor.toPrecision(3)} instead of ${plan.inputFactor}: their blocks of ` +
          `${recordedBlock} tokens become blocks of ${this.#tokensPerBlock}`,
      )
    }
    const limit = typeof plan.prefix === 'object' ? blocksForShare(table, plan.prefix.share) : null
    this.#toldBlocks = limit?.blocks ?? Number.POSITIVE_INFINITY
    if (limit !== null) notes.push(limit.note)
    this.notes = notes
  }

  inputTokens(row: number): number {
    return Math.max(1, Math.round(this.#table.inputTokens.at(row) * this.#inputFactor))
  }

  outputTokens(row: number): number {
    return Math.max(1, Math.round(this.#table.outputTokens.at(row) * this.#plan.outputFactor))
  }

  /**
   * The request of a row in the given pass. `nextRow` (−1: none) is the turn after it: where that one repeats this
   * prompt and has room for its answer, the answer's content is known from it, and the request's content covers it.
   */
  make(row: number, id: number, arrivalUs: number, pass: number, nextRow: number): WorkloadRequest {
    const { sessions, modelOf } = this.#table
    const session = sessions === null ? -1 : sessions.session.at(row)
    const model = modelOf === null ? -1 : modelOf.at(row)
    return {
      id,
      arrivalUs,
      inputTokens: this.inputTokens(row),
      outputTokens: this.outputTokens(row),
      content: this.#content === null ? null : this.#contentOf(this.#content, row, pass, nextRow),
      session: session < 0 ? -1 : session + pass * sessions!.count,
      turn: sessions === null ? 0 : sessions.turn.at(row),
      tenant: this.#plan.tenant,
      model: model < 0 ? '' : (this.#modelNames[model] ?? ''),
      priority: this.#plan.priority,
    }
  }

  #contentOf(content: TraceContent, row: number, pass: number, nextRow: number): TokenContent | null {
    const { tree } = content
    let node = content.lastBlock.at(row)
    let blocks = content.blocks.at(row)
    if (nextRow >= 0) {
      const answered = this.#answeredPath(content, row, nextRow)
      if (answered !== null) [node, blocks] = answered
    }
    if (blocks > this.#toldBlocks) {
      node = tree.ancestor(node, blocks - this.#toldBlocks)
      blocks = this.#toldBlocks
    }
    if (blocks === 0) return null
    return { tokensPerBlock: this.#tokensPerBlock, blockIds: tree.path(node, blocks, pass * tree.size) }
  }

  /** Path of prompt and answer, read from the next turn; null when that turn does not continue this one. */
  #answeredPath(content: TraceContent, row: number, nextRow: number): readonly [number, number] | null {
    const { tree, lastBlock, blocks, tokensPerBlock } = content
    const { inputTokens, outputTokens } = this.#table
    const both = inputTokens.at(row) + outputTokens.at(row)
    if (inputTokens.at(nextRow) < both) return null
    const reach = Math.min(Math.floor(both / tokensPerBlock), blocks.at(nextRow))
    const whole = Math.min(Math.floor(inputTokens.at(row) / tokensPerBlock), blocks.at(row))
    if (reach <= blocks.at(row) || whole > reach) return null
    const end = tree.ancestor(lastBlock.at(nextRow), blocks.at(nextRow) - reach)
    const own = tree.ancestor(lastBlock.at(row), blocks.at(row) - whole)
    return tree.ancestor(end, reach - whole) === own ? [end, reach] : null
  }
}

/**
 * Fewest leading blocks that must keep their identity for the given share of recorded hits. Cutting all prompts at one
 * depth keeps every prefix consistent for every cache, which taking away a share of each prompt's hits would not.
 */
function blocksForShare(
  table: TraceTable,
  share: number,
): { readonly blocks: number; readonly note: string } | null {
  if (table.content === null) return null
  const hits = leadingBlocksSeen(table, rowsInOrder(table)).sort()
  let all = 0
  for (const hit of hits) all += hit
  let kept = 0
  let blocks = 0
  // Raising the limit from one hit length to the next adds a block for every longer hit.
  for (let index = 0; index < hits.length && kept < share * all; index++) {
    const deeper = hits.length - index
    const rise = Math.min(hits[index]! - blocks, Math.ceil((share * all - kept) / deeper))
    blocks += rise
    kept += rise * deeper
  }
  const tokens = blocks * table.content.tokensPerBlock
  const reached = all === 0 ? 0 : kept / all
  return {
    blocks,
    note:
      `prompts share their first ${tokens} tokens at most, which keeps ${(100 * reached).toFixed(1)} % of the ` +
      'recorded reuse',
  }
}
