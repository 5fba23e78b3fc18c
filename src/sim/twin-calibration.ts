/**
 * The coefficients of perf/ were fitted through the closed form, in which two of them stand for more than their name: the
 * steps until a first token is handed over absorbed the queue behind a benchmark's first burst, and prompts were taken to
 * interrupt decoding one at a time. The twin has the burst and the batches themselves, so it needs its own multipliers,
 * fitted per engine through the twin (scripts/calibrate-twin.ts, data/calibration/twin.json).
 */
import type { Engine } from '../perf/deployment.ts'

export interface EngineCalibration {
  /** Multiplies firstTokenLagSteps. */
  readonly firstTokenLag: number
  /** The same by model id where rows tell: the lag follows from launch settings (stream intervals), chosen model by model. */
  readonly firstTokenLagOfModel: Readonly<Record<string, number>>
  /** Multiplies the front end's time per request and prompt token. */
  readonly frontEnd: number
  /** Share of the front end's time in which it serves nobody else: a burst's requests pass it one after another. */
  readonly frontEndSerialShare: number
  /** Multiplies the time of steps with prompts. */
  readonly promptWork: number
}

export interface TwinCalibration {
  readonly source: string
  readonly asOf: string
  readonly engines: Readonly<Partial<Record<Engine, EngineCalibration>>>
}

export const uncalibrated: EngineCalibration = {
  firstTokenLag: 1,
  firstTokenLagOfModel: {},
  frontEnd: 1,
  frontEndSerialShare: 0,
  promptWork: 1,
}
