/** Reads data/calibration/twin.json. */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { dataFolder } from '../catalog/load-catalog-file.ts'
import type { TwinCalibration } from './twin-calibration.ts'

const engine = z.object({
  firstTokenLag: z.number().min(0),
  firstTokenLagOfModel: z.record(z.string(), z.number().min(0)),
  frontEnd: z.number().min(0),
  frontEndSerialShare: z.number().min(0).max(1),
  promptWork: z.number().positive(),
})
const schema = z.object({
  schema: z.literal('twin-calibration/1'),
  source: z.string(),
  asOf: z.string(),
  engines: z.object({ vllm: engine, sglang: engine, trtllm: engine, atom: engine }).partial(),
})

export function loadTwinCalibration(folder: URL = dataFolder): TwinCalibration {
  const { source, asOf, engines } = schema.parse(
    JSON.parse(readFileSync(new URL('calibration/twin.json', folder), 'utf8')),
  )
  // JSON has no undefined: what is absent is absent.
  return { source, asOf, engines: JSON.parse(JSON.stringify(engines)) as TwinCalibration['engines'] }
}
