/**
 * What all synthetic workloads of a run share: numbers of requests, sessions and blocks that are unique in it, named random
 * streams, and the marks of warm-up requests; and how a request is made of them.
 */
import type { RandomStream } from '../core/random.ts'
import type { TokenContent, Workload, WorkloadRequest } from './request.ts'
import { checkedNumber, checkedOptional, plausibleSeconds, specFault } from './spec-checks.ts'

/** A workload of which it is known which requests do not count. */
export interface SyntheticWorkload extends Workload {
  /** The request was emitted to warm up: it belongs into no statistic. */
  isWarmup(requestId: number): boolean
}

/** What a synthetic workload is made of when it may be a part of another one. */
export interface WorkloadPart extends Workload {
  /** It will never emit again, whatever ends: its limit is reached, its duration over, or its source dry. */
  finished(nowUs: number): boolean
  /** When its duration is over, µs; Infinity without one. */
  readonly endUs: number
}

/** One per run: parts of a composite share it. */
export interface RunNumbers {
  requests: number
  sessions: number
  blocks: number
  readonly warmups: WarmupMarks
}

export interface WorkloadContext {
  /** Streams named within this part of the run. */
  stream(...names: readonly (string | number)[]): RandomStream
  readonly numbers: RunNumbers
  /** When this part starts, µs of the run. */
  readonly startUs: number
  /** Every request of this part is a warm-up. */
  readonly warmup: boolean
}

/** What every leaf of a workload description may say. */
export interface CommonFields {
  /** Stop after so many requests. */
  readonly requests?: number
  /** No request is due at or after this time from the start. */
  readonly durationSeconds?: number
  /** The first requests, by number or by time from the start, that do not count. */
  readonly warmup?: { readonly requests?: number; readonly seconds?: number }
  readonly tenant?: string
  readonly model?: string
  /** Lower goes first where a policy asks; 0 when left out. */
  readonly priority?: number
}

export const commonFieldNames = ['requests', 'durationSeconds', 'warmup', 'tenant', 'model', 'priority']

/** Which requests were marked: one bit each, up to the last one marked. */
export class WarmupMarks {
  #words = new Uint32Array(4)

  add(requestId: number): void {
    const word = Math.floor(requestId / 32)
    if (word >= this.#words.length) {
      const grown = new Uint32Array(2 * word + 1)
      grown.set(this.#words)
      this.#words = grown
    }
    this.#words[word]! |= 1 << (requestId % 32)
  }

  has(requestId: number): boolean {
    return ((this.#words[Math.floor(requestId / 32)] ?? 0) & (1 << (requestId % 32))) !== 0
  }
}

/** Makes the requests of one leaf, numbers them, and knows when it has made all. */
export interface RequestEmitter {
  /** The limits allow no request due at this time, or none any more. */
  exhausted(dueUs: number): boolean
  readonly endUs: number
  /** Limit by count, if there is one. */
  readonly requestLimit: number | null
  emit(
    arrivalUs: number,
    inputTokens: number,
    outputTokens: number,
    content: TokenContent | null,
    session: number,
    turn: number,
    warmup: boolean,
  ): WorkloadRequest
}

/** Checks the common fields of a description and makes an emitter of them. */
export function createEmitter(spec: CommonFields, where: string, context: WorkloadContext): RequestEmitter {
  const limit = checkedOptional(spec.requests, `${where}.requests`, 'the number of requests', {
    minimum: 1,
    maximum: Number.MAX_SAFE_INTEGER,
    whole: true,
  })
  const seconds = checkedOptional(
    spec.durationSeconds,
    `${where}.durationSeconds`,
    'the duration in seconds',
    {
      minimum: 0,
      maximum: plausibleSeconds,
      above: true,
    },
  )
  if (spec.warmup !== undefined && (typeof spec.warmup !== 'object' || spec.warmup === null))
    throw specFault(
      `${where}.warmup`,
      'the warm-up must be an object',
      'write { "requests": 100 } or { "seconds": 30 }',
    )
  const warmRequests = checkedNumber(
    spec.warmup?.requests ?? 0,
    `${where}.warmup.requests`,
    'warm-up requests',
    {
      minimum: 0,
      whole: true,
    },
  )
  const warmSeconds = checkedNumber(spec.warmup?.seconds ?? 0, `${where}.warmup.seconds`, 'warm-up seconds', {
    minimum: 0,
    maximum: plausibleSeconds,
  })
  const tenant = checkedText(spec.tenant, `${where}.tenant`)
  const model = checkedText(spec.model, `${where}.model`)
  const priority = checkedNumber(spec.priority ?? 0, `${where}.priority`, 'the priority')
  const { numbers, startUs } = context
  const endUs = seconds === undefined ? Number.POSITIVE_INFINITY : startUs + Math.round(seconds * 1e6)
  const warmUntilUs = startUs + Math.round(warmSeconds * 1e6)
  let emitted = 0
  return {
    endUs,
    requestLimit: limit ?? null,
    exhausted: dueUs => dueUs >= endUs || (limit !== undefined && emitted >= limit),
    emit(arrivalUs, inputTokens, outputTokens, content, session, turn, warmup) {
      const id = numbers.requests++
      if (context.warmup || warmup || emitted < warmRequests || arrivalUs < warmUntilUs)
        numbers.warmups.add(id)
      emitted++
      return { id, arrivalUs, inputTokens, outputTokens, content, session, turn, tenant, model, priority }
    },
  }
}

function checkedText(value: unknown, where: string): string {
  if (value === undefined) return ''
  if (typeof value === 'string') return value
  throw specFault(where, `a name must be a text, got ${JSON.stringify(value)}`, 'write it in quotes')
}
