/**
 * A whole trace in columns: what statistics and replay read. 16 bytes a request for time and lengths; 8 more with
 * prompt contents, 17 more with sessions.
 */
import { TokenwrightError } from '../core/errors.ts'
import { BlockTree } from './trace-blocks.ts'
import type { SessionPlace, TraceBlocks, TraceRequest, TraceSink } from './trace-formats.ts'
import { Numbers } from './trace-numbers.ts'

export interface TraceTable {
  /** Files it was read from, for messages. */
  readonly source: string
  readonly format: string
  readonly requests: number
  /** Seconds from the earliest request, NaN where the trace states none. */
  readonly arrivalSeconds: Numbers
  /** Whether all requests have an arrival time, or at least all that begin a session, or not even those. */
  readonly arrivals: 'all' | 'session-starts' | 'none'
  /** Requests stamped earlier than the one before them in the file. */
  readonly backward: number
  readonly inputTokens: Numbers
  readonly outputTokens: Numbers
  /** Mean stated share of cached tokens over all requests; null when the trace states none. */
  readonly statedCachedTokens: number | null
  readonly content: TraceContent | null
  readonly sessions: TraceSessions | null
  /** Requests of each model named, in order of first appearance. */
  readonly models: ReadonlyMap<string, number>
  /** Index of each request's model among those, −1 for none; null when no model is named. */
  readonly modelOf: Numbers | null
  /** Requests without input or output tokens. */
  readonly leftOut: number
  /** What had to be assumed while reading, ready to print. */
  readonly notes: readonly string[]
}

export interface TraceContent {
  readonly tree: BlockTree
  readonly tokensPerBlock: number
  /** Whether tokensPerBlock was inferred from lengths. */
  readonly inferred: boolean
  /** Node of the last block of each prompt, −1 without. */
  readonly lastBlock: Numbers
  /** Blocks of each prompt. */
  readonly blocks: Numbers
}

export interface TraceSessions {
  readonly count: number
  /** Session of each request, −1 for none, and its turn in it from 0 in the order of the file. */
  readonly session: Numbers
  readonly turn: Numbers
  /** Row that a request waits for, −1 when it begins its session. */
  readonly previous: Numbers
  /** Further rows that it waits for: the ends of sub-agents. */
  readonly alsoAfter: ReadonlyMap<number, readonly number[]>
  /** Seconds after those (or after the session's start), NaN when unknown; from their end (0) or the last one's start (1). */
  readonly gapSeconds: Numbers
  readonly gapFromStart: Numbers
  /** Whether any session has a second turn. */
  readonly multiTurn: boolean
}

/** Takes requests row by row; finish() gives the table. */
export class TraceTableBuilder implements TraceSink {
  readonly #arrivals = new Numbers('float64')
  readonly #input = new Numbers('int32')
  readonly #output = new Numbers('int32')
  readonly #models = new Map<string, number>()
  readonly #modelIndex = new Map<string, number>()
  readonly #content = new ContentColumns()
  readonly #sessions = new SessionColumns()
  #modelOf: Numbers | null = null
  #withArrival = 0
  #starts = 0
  #startsWithArrival = 0
  #earliest = Number.POSITIVE_INFINITY
  #last = Number.NEGATIVE_INFINITY
  #backward = 0
  #cachedTokens = 0
  #withCached = 0
  #leftOut = 0

  add(request: TraceRequest): number {
    const { arrivalSeconds, inputTokens, outputTokens, cachedTokens, blocks, place } = request
    if (inputTokens === 0 || outputTokens === 0) {
      this.#leftOut++
      return -1
    }
    const row = this.#input.length
    this.#input.push(inputTokens)
    this.#output.push(outputTokens)
    this.#addArrival(arrivalSeconds, place === null || place.after.length === 0)
    if (cachedTokens !== null) {
      this.#withCached++
      this.#cachedTokens += cachedTokens
    }
    if (blocks !== null && blocks.ids.length > 0) this.#content.add(row, blocks, inputTokens)
    if (place !== null) this.#sessions.add(row, place)
    if (request.model !== '') this.#addModel(row, request.model)
    return row
  }

  /** Throws when there is no request. */
  finish(source: string, format: string, notes: Iterable<string>): TraceTable {
    const requests = this.#input.length
    if (requests === 0) {
      const empty = format === 'empty'
      throw new TokenwrightError(
        'trace',
        empty ? 'the trace is empty: it has no requests' : 'the trace has no requests',
        {
          where: source,
          fix: 'a CSV trace needs a header and at least one request with input and output tokens',
        },
      )
    }
    for (let row = 0; row < requests && this.#withArrival > 0; row++) {
      this.#arrivals.set(row, this.#arrivals.at(row) - this.#earliest)
    }
    this.#modelOf?.fillTo(requests, -1)
    return {
      source,
      format,
      requests,
      arrivalSeconds: this.#arrivals,
      arrivals:
        this.#withArrival === requests
          ? 'all'
          : this.#starts === this.#startsWithArrival
            ? 'session-starts'
            : 'none',
      backward: this.#backward,
      inputTokens: this.#input,
      outputTokens: this.#output,
      statedCachedTokens: this.#withCached === 0 ? null : this.#cachedTokens,
      content: this.#content.finish(requests),
      sessions: this.#sessions.finish(requests),
      models: this.#models,
      modelOf: this.#modelOf,
      leftOut: this.#leftOut,
      notes: [...notes, ...this.#content.notes()],
    }
  }

  #addArrival(arrivalSeconds: number | null, isStart: boolean): void {
    if (isStart) this.#starts++
    if (arrivalSeconds === null) {
      this.#arrivals.push(Number.NaN)
      return
    }
    this.#arrivals.push(arrivalSeconds)
    this.#withArrival++
    if (isStart) this.#startsWithArrival++
    if (arrivalSeconds < this.#earliest) this.#earliest = arrivalSeconds
    if (arrivalSeconds < this.#last) this.#backward++
    this.#last = arrivalSeconds
  }

  #addModel(row: number, model: string): void {
    let index = this.#modelIndex.get(model)
    if (index === undefined) {
      index = this.#modelIndex.size
      this.#modelIndex.set(` ${model}`.slice(1), index)
    }
    this.#models.set(model, (this.#models.get(model) ?? 0) + 1)
    this.#modelOf ??= new Numbers('int32')
    this.#modelOf.fillTo(row, -1)
    this.#modelOf.push(index)
  }
}

class ContentColumns {
  readonly #tree = new BlockTree()
  readonly #lastBlock = new Numbers('int32')
  readonly #blocks = new Numbers('int32')
  #scope = 0
  #stated: number | null = null
  #largestEstimate = 0
  #cut = 0

  add(row: number, { ids, tokensPerBlock, scope }: TraceBlocks, inputTokens: number): void {
    if (scope !== this.#scope) {
      this.#tree.beginScope()
      this.#scope = scope
    }
    this.#stated ??= tokensPerBlock
    const most = this.#stated === null ? ids.length : Math.ceil(inputTokens / this.#stated)
    const count = Math.min(ids.length, most)
    if (count < ids.length) this.#cut++
    this.#lastBlock.fillTo(row, -1)
    this.#blocks.fillTo(row, 0)
    this.#lastBlock.push(this.#tree.add(ids, count))
    this.#blocks.push(count)
    this.#largestEstimate = Math.max(this.#largestEstimate, inputTokens / count)
  }

  finish(requests: number): TraceContent | null {
    if (this.#blocks.length === 0) return null
    this.#lastBlock.fillTo(requests, -1)
    this.#blocks.fillTo(requests, 0)
    return {
      tree: this.#tree,
      // Engines use powers of two, and one prompt of many fills its last block almost.
      tokensPerBlock: this.#stated ?? 2 ** Math.ceil(Math.log2(this.#largestEstimate)),
      inferred: this.#stated === null,
      lastBlock: this.#lastBlock,
      blocks: this.#blocks,
    }
  }

  notes(): string[] {
    return this.#cut === 0
      ? []
      : [`${this.#cut} requests list more blocks than their prompt holds: the surplus is ignored`]
  }
}

class SessionColumns {
  readonly #session = new Numbers('int32')
  readonly #turn = new Numbers('int32')
  readonly #previous = new Numbers('int32')
  readonly #gap = new Numbers('float64')
  readonly #fromStart = new Numbers('uint8')
  readonly #alsoAfter = new Map<number, readonly number[]>()
  readonly #turns = new Numbers('int32')
  #count = 0
  #multiTurn = false

  add(row: number, { session, after, gapSeconds, gapFrom }: SessionPlace): void {
    this.#fillTo(row)
    this.#turns.fillTo(session + 1, 0)
    const turn = this.#turns.at(session)
    this.#turns.set(session, turn + 1)
    if (turn === 0) this.#count++
    else this.#multiTurn = true
    this.#session.push(session)
    this.#turn.push(turn)
    this.#previous.push(after[0] ?? -1)
    this.#gap.push(gapSeconds ?? Number.NaN)
    this.#fromStart.push(gapFrom === 'start' ? 1 : 0)
    if (after.length > 1) this.#alsoAfter.set(row, after.slice(1))
  }

  finish(requests: number): TraceSessions | null {
    if (this.#count === 0) return null
    this.#fillTo(requests)
    return {
      count: this.#count,
      session: this.#session,
      turn: this.#turn,
      previous: this.#previous,
      alsoAfter: this.#alsoAfter,
      gapSeconds: this.#gap,
      gapFromStart: this.#fromStart,
      multiTurn: this.#multiTurn,
    }
  }

  #fillTo(row: number): void {
    this.#session.fillTo(row, -1)
    this.#turn.fillTo(row, 0)
    this.#previous.fillTo(row, -1)
    this.#gap.fillTo(row, 0)
    this.#fromStart.fillTo(row, 0)
  }
}
