/** What the main thread and the threads of agents tell each other; all of it plain data. */
import { type ErrorCode, TokenwrightError } from '../../core/errors.ts'
import type { BenchEndpoint } from '../bench-endpoint.ts'
import { endpointKind } from '../endpoints/endpoint-kinds.ts'
import type { PromptScale } from '../prompts/prompt-scale.ts'
import type { PhaseEnd, PhaseOrder } from './load-runner.ts'
import type { ObservationBatch } from './observation-batch.ts'
import type { SupplySource } from './prompt-supply.ts'
import type { Segment } from './segment.ts'

/** An agent's settings as its thread gets them: names in place of what has code in it. */
export interface AgentPlan {
  readonly endpoint: EndpointPlan
  readonly scale: PromptScale
  readonly supply: SupplySource | null
  /** Name of the tokenizer; null: none. */
  readonly tokenizer: string | null
  readonly keepsText: boolean
  readonly clockOriginNs: bigint
  readonly segment: Segment
}

export interface EndpointPlan extends Omit<BenchEndpoint, 'kind' | 'plainKind'> {
  readonly kindName: string
}

export function endpointPlan({ kind, plainKind: _, ...rest }: BenchEndpoint): EndpointPlan {
  return { ...rest, kindName: kind.name }
}

export function endpointOf({ kindName, ...rest }: EndpointPlan): BenchEndpoint {
  const kind = endpointKind(kindName, rest.kindOptions)
  // Which of the two is asked was settled before.
  return { ...rest, kind, plainKind: kind }
}

export type ToAgent =
  | { readonly kind: 'prepare'; readonly order: PhaseOrder }
  /** The phase's 0 µs, on the clock that all threads share. */
  | { readonly kind: 'begin'; readonly originUs: number }
  | { readonly kind: 'interrupt' }
  | { readonly kind: 'close' }

export type FromAgent =
  | { readonly kind: 'ready' }
  | { readonly kind: 'prepared'; readonly notes: readonly string[] }
  | { readonly kind: 'batch'; readonly batch: ObservationBatch }
  | { readonly kind: 'standing'; readonly inFlight: number; readonly waiting: number }
  | { readonly kind: 'over'; readonly end: PhaseEnd }
  | { readonly kind: 'fault'; readonly fault: Fault }

/** An error; its class does not survive the way between threads. */
export interface Fault {
  /** Null for what is no fault of the user's. */
  readonly code: ErrorCode | null
  readonly message: string
  readonly where: string | null
  readonly fix: string | null
}

export function faultOf(error: unknown): Fault {
  if (error instanceof TokenwrightError)
    return { code: error.code, message: error.message, where: error.where ?? null, fix: error.fix ?? null }
  return {
    code: null,
    message: error instanceof Error ? error.message : String(error),
    where: null,
    fix: null,
  }
}

/** The user's faults as they were; others as the death of the worker. */
export function errorOf({ code, message, where, fix }: Fault): TokenwrightError {
  if (code === null)
    return new TokenwrightError('internal', `a thread that sends requests ended early: ${message}`, {
      where: '--workers',
      fix: 'try --workers 1; requests that it had sent are lost, so there is no result',
    })
  return new TokenwrightError(code, message, {
    ...(where === null ? {} : { where }),
    ...(fix === null ? {} : { fix }),
  })
}
