/**
 * The fleet of the simulator behind an OpenAI-compatible port: the same engines and policies, driven by the real clock.
 * Answers "what would my client, router or load generator see in front of this deployment?" without a GPU. What is said is
 * made up; when it is said is the twin's. Assumes that prompts and answers have as many tokens as the emulator's own
 * tokenizer gives them. Guide: docs/guides/emulate.md.
 */
export { type FaultRate, faultText, type HttpFault, parseFault } from './fault-spec.ts'
export type { LatenessReport } from './lateness.ts'
export {
  defaultEmulatorSettings,
  type EmulatedModel,
  type EmulatorSettings,
  type PlannedInput,
  type TelemetryContext,
} from './settings.ts'
export { type Emulator, startEmulator } from './start-emulator.ts'
export {
  type CacheEventFormatName,
  type CacheEventSettings,
  cacheEventFormats,
  defaultCacheEventSettings,
} from './telemetry/cache-event-settings.ts'
export type { Dialect, PoolTelemetry, TelemetrySettings } from './telemetry/settings.ts'
export { createTelemetry, type Telemetry } from './telemetry/telemetry.ts'
export type { TruthEnd, TruthHeader, TruthRecord } from './truth-record.ts'
