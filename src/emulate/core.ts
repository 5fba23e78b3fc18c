/** What all requests of a running emulator share. */
import type { Fleet, FleetEvent } from '../fleet/types.ts'
import type { TokenContent, WorkloadRequest } from '../workload/request.ts'
import { createDispatcher, type Dispatcher, type GenerationObserver } from './dispatcher.ts'
import type { HttpFault } from './fault-spec.ts'
import type { LatenessMeter } from './lateness.ts'
import type { LiveClock } from './live-clock.ts'
import type { LiveDriver, LiveLane } from './live-driver.ts'
import type { EmulatedModel, EmulatorSettings } from './settings.ts'
import type { RequestParameters } from './telemetry/settings.ts'
import type { Telemetry } from './telemetry/telemetry.ts'
import { type ContentIndex, createContentIndex } from './token-content.ts'
import type { ChunkLog, TruthSummary } from './truth-record.ts'

export interface EmulatorCore {
  readonly settings: EmulatorSettings
  readonly clock: LiveClock
  readonly models: ReadonlyMap<string, ServedModel>
  readonly firstModel: ServedModel
  readonly lanes: readonly FleetLane[]
  readonly lateness: LatenessMeter
  /** The fault that chance gives to the next request. */
  readonly drawFault: () => HttpFault | null
  readonly truth: (record: TruthSummary, chunks: ChunkLog) => void
  /** The next id of an answer: prefix and 24 hexadecimal digits that begin with the number of the request. */
  nextId(prefix: string): string
  /** Calls back after so many milliseconds of the run. */
  later(milliseconds: number, action: () => void): void
}

export interface ServedModel {
  readonly id: string
  readonly aliases: readonly string[]
  readonly maximumContextTokens: number
  readonly meanOutputTokens: number
  readonly lane: FleetLane
}

/** Prompt and answer of a request, as tokens. */
export interface RequestTokens {
  readonly prompt: readonly number[]
  readonly answer: readonly number[]
}

export interface NewRequest {
  readonly tokens: RequestTokens
  readonly content: TokenContent
  readonly model: string
  readonly tenant: string
  readonly session: number
  readonly turn: number
  readonly priority: number
  readonly parameters: RequestParameters
}

/** A fleet with everything that follows its requests. */
export interface FleetLane {
  readonly fleet: Fleet
  readonly contents: ContentIndex
  telemetry: Telemetry | null
  /** Submits a request that happened at atUs; its id. */
  submit(request: NewRequest, atUs: number, observer: GenerationObserver): number
  /** Submits a request without known tokens, for replays; its id. */
  replay(
    request: Omit<WorkloadRequest, 'id' | 'arrivalUs'>,
    atUs: number,
    observer: GenerationObserver,
  ): number
  /** The client gave up, now. */
  cancel(requestId: number): void
  readonly lane: LiveLane
  readonly dispatcher: Dispatcher
  readonly tokensOf: (requestId: number, firstBlock: number, count: number, blockTokens: number) => number[]
}

const servedByReplay: RequestParameters = { maximumTokens: null, choices: 1, finish: 'length' }

/** Puts a fleet under the driver. */
export function createFleetLane(driver: LiveDriver, model: EmulatedModel): FleetLane {
  const { fleet, observer } = model
  const dispatcher = createDispatcher(fleet)
  const tokens = new Map<number, RequestTokens>()
  const over: number[] = []
  let nextId = 0
  const onEvents = (events: readonly FleetEvent[]): void => {
    const { telemetry } = self
    if (observer !== null) for (const event of events) observer(event)
    if (telemetry !== null) {
      for (const event of events) telemetry.onFleetEvent(event)
      telemetry.flush()
    }
    dispatcher.onEvents(events)
    for (const event of events) if (event.kind === 'ended') over.push(event.record.id)
    for (const id of over) tokens.delete(id)
    over.length = 0
  }
  const lane = driver.add(fleet, onEvents, { autoscaler: model.autoscaler })

  const enter = (
    request: Omit<WorkloadRequest, 'id' | 'arrivalUs'>,
    atUs: number,
    parameters: RequestParameters,
    observer: GenerationObserver,
    known: RequestTokens | null,
  ): number => {
    const id = nextId++
    const submitted = { ...request, id, arrivalUs: atUs }
    dispatcher.track(id, request.inputTokens, observer)
    if (self.telemetry !== null) {
      self.telemetry.onSubmit(submitted, parameters)
      if (known !== null) tokens.set(id, known)
    }
    lane.accept({ kind: 'submit', request: submitted }, atUs)
    return id
  }

  const self: FleetLane = {
    fleet,
    contents: createContentIndex(),
    lane,
    dispatcher,
    telemetry: null,
    submit(request, atUs, observer) {
      const { prompt, answer } = request.tokens
      const { content, model: name, tenant, session, turn, priority } = request
      return enter(
        {
          inputTokens: prompt.length,
          outputTokens: answer.length,
          content,
          session,
          turn,
          tenant,
          model: name,
          priority,
        },
        lane.stamp(atUs),
        request.parameters,
        observer,
        request.tokens,
      )
    },
    replay: (request, atUs, observer) => enter(request, atUs, servedByReplay, observer, null),
    cancel: requestId => lane.accept({ kind: 'cancel', requestId }, lane.stamp(driver.clock.nowUs())),
    tokensOf(requestId, firstBlock, count, blockTokens) {
      const known = tokens.get(requestId)
      const ids: number[] = []
      for (let index = firstBlock * blockTokens; index < (firstBlock + count) * blockTokens; index++) {
        const { prompt, answer } = known ?? { prompt: [], answer: [] }
        ids.push((index < prompt.length ? prompt[index] : answer[index - prompt.length]) ?? 0)
      }
      return ids
    },
  }
  return self
}
