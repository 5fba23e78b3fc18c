/** Real vLLM runs replayed request by request in the twin, with nothing fitted to them (src/accuracy/runs). */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type LatencyName, latencyNames } from '../../src/accuracy/runs/run-errors.ts'
import { scoreRuns } from '../../src/cli/commands/validate-runs.ts'

export interface ReplayErrors {
  readonly run: string
  readonly model: string
  readonly accelerator: string
  readonly requests: number
  /** Predicted ÷ measured − 1, of the means over all requests. */
  readonly mean: Readonly<Record<LatencyName, number>>
}

/** Folder of runs with per-request timings inside a data folder. */
const runsFolder = 'traces/llmservingsim_vllm'

export async function replayErrors(folder: string): Promise<ReplayErrors[]> {
  const path = join(folder, runsFolder)
  if (!existsSync(path)) return []
  const scores = await scoreRuns([path], null, undefined)
  return scores.map(({ run, model, accelerator, requests, uncalibrated }) => {
    const meanOf = (latency: LatencyName) =>
      uncalibrated.statistics.find(one => one.latency === latency && one.statistic === 'mean')!.error
    const mean = Object.fromEntries(latencyNames.map(name => [name, meanOf(name)])) as Record<
      LatencyName,
      number
    >
    return { run, model, accelerator, requests, mean }
  })
}

/** The largest error of any run: what a user of one run may meet. */
export function worstOf(replays: readonly ReplayErrors[], latency: LatencyName): number {
  return Math.max(...replays.map(replay => Math.abs(replay.mean[latency])))
}
