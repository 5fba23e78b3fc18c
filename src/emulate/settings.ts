/** What an emulator is set up with, and the defaults. */
import { TokenwrightError } from '../core/errors.ts'
import type { Process } from '../core/state-machine.ts'
import type { Fleet, FleetEvent, FleetInput } from '../fleet/types.ts'
import type { FaultRate } from './fault-spec.ts'
import type { ReasoningField } from './formats/chat-format.ts'
import type { Telemetry } from './telemetry/telemetry.ts'

export interface EmulatorSettings {
  /** The first one answers requests that name no model. */
  readonly models: readonly EmulatedModel[]
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** Bearer tokens that open /v1; none: everybody may. */
  readonly apiKeys: readonly string[]
  /** Seconds of the run per second on the wall: 10 makes everything ten times as fast. */
  readonly timeScale: number
  readonly seed: string | number
  /** Path of the truth log; null: none. */
  readonly truthLog: string | null
  /** Mean length of answers whose length the client does not fix, tokens (src/emulate/answer.ts). */
  readonly meanOutputTokens: number
  /** Share of an answer's tokens that is reasoning, [0, 1). */
  readonly reasoningShare: number
  readonly reasoningField: ReasoningField
  /** Share of the requests with tools and tool_choice auto that are answered by a call. */
  readonly toolCallShare: number
  readonly faultRates: readonly FaultRate[]
  /** Larger bodies are refused with 413. */
  readonly maximumBodyBytes: number
  readonly embeddingDimensions: number
  /** Seconds of sound transcribed per second. */
  readonly transcriptionSpeed: number
  /** Connections without a request are closed after so long. */
  readonly keepAliveSeconds: number
  /** Inputs planned for the fleets: faults of replicas, changes of size. */
  readonly inputs: readonly PlannedInput[]
  /** Hears of errors that are nobody's answer: a bug, a full disk. */
  readonly onFault: (error: unknown) => void
}

export interface EmulatedModel {
  readonly id: string
  /** Further names under which it answers. */
  readonly aliases: readonly string[]
  /**
   * Engines with skipEvents false: tokens are sent when steps are told. Two models with the same fleet share its replicas.
   * The emulator drives it and numbers its requests.
   */
  readonly fleet: Fleet
  /** --max-model-len: longest prompt and answer, tokens. */
  readonly maximumContextTokens: number
  /** Mean length of its answers whose length the client does not fix, tokens; null: as the settings say. */
  readonly meanOutputTokens: number | null
  /** Opens the side channels of the fleet: metrics, energy, KV events; null: none. */
  readonly telemetry: ((context: TelemetryContext) => Promise<Telemetry>) | null
  readonly autoscaler: Process<never, FleetInput> | null
  /** Hears every event of the fleet in order, before clients do: metrics of the run; null: nobody. */
  readonly observer: ((event: FleetEvent) => void) | null
}

/** What telemetry needs and only the emulator knows: parts of TelemetrySettings and CacheEventSettings. */
export interface TelemetryContext {
  readonly fleet: Fleet
  /** Wall clock at run time 0, seconds since 1970. */
  readonly epochSeconds: number
  /** Token ids of `count` blocks of a request from block `firstBlock` on. */
  readonly tokensOf: (requestId: number, firstBlock: number, count: number, blockTokens: number) => number[]
}

export interface PlannedInput {
  readonly model: string
  readonly atUs: number
  readonly input: FleetInput
}

export const defaultEmulatorSettings = {
  host: '127.0.0.1',
  /** vLLM's default. */
  port: 8000,
  apiKeys: [],
  timeScale: 1,
  seed: 0,
  truthLog: null,
  /** Assumed: a middling chat answer. */
  meanOutputTokens: 200,
  reasoningShare: 0,
  reasoningField: 'reasoning_content',
  /** Assumed: agents that go on as long as tools are called come to an end. */
  toolCallShare: 0.5,
  faultRates: [],
  /** Assumed: room for a prompt of a million tokens and a picture or two. */
  maximumBodyBytes: 64 * 1024 * 1024,
  /** As of bge-large and other common encoders; clients may ask for other sizes. From memory. */
  embeddingDimensions: 1024,
  /** Assumed. */
  transcriptionSpeed: 100,
  /** Node's default, 5 s. */
  keepAliveSeconds: 5,
  inputs: [],
  onFault: (error: unknown) => console.error(error),
} as const satisfies Omit<EmulatorSettings, 'models'>

/** Refuses settings that make no sense. */
export function checkSettings(settings: EmulatorSettings): void {
  if (settings.models.length === 0) refuse('there is no model to serve', 'models', 'name at least one model')
  const names = new Set<string>()
  for (const model of settings.models) {
    within('mean output tokens', model.meanOutputTokens ?? settings.meanOutputTokens, 1, 1e6)
    for (const name of [model.id, ...model.aliases]) {
      if (names.has(name))
        refuse(`two models answer to "${name}"`, 'models', 'give each model names of its own')
      names.add(name)
    }
  }
  within('time scale', settings.timeScale, 1e-3, 1e6)
  within('reasoning share', settings.reasoningShare, 0, 0.99)
  within('tool call share', settings.toolCallShare, 0, 1)
  within('embedding dimensions', settings.embeddingDimensions, 1, 65_536)
  within('transcription speed', settings.transcriptionSpeed, 1e-3, 1e6)
  within('port', settings.port, 0, 65_535)
}

function within(what: string, value: number, least: number, most: number): void {
  if (value >= least && value <= most) return
  refuse(`${what} is ${value}`, what, `give a number from ${least} to ${most}`)
}

function refuse(message: string, where: string, fix: string): never {
  throw new TokenwrightError('number', message, { where, fix })
}
