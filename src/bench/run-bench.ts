/** A whole measurement: load after load, or as many as a search asks for, to the answer that is printed and kept. */
import type { BenchPoint, BenchResult, EndpointFacts, SelfTestErrors } from '../measure/bench-result.ts'
import { createLoadSearch, type LoadSearch, type LoadSearchSettings } from '../measure/load-search.ts'
import { objectiveIntervals } from '../measure/objective-interval.ts'
import type { TranscriptionTally } from '../measure/transcription-tally.ts'
import { isSustained, worstVerdict } from '../measure/verdict-judge.ts'
import type { BenchLoad } from './bench-load.ts'
import { type BenchMoney, benchPoint } from './bench-point.ts'
import { type LoadMeasurement, type RunLoadSettings, runLoad } from './run-load.ts'
import { agentCount, streamsOf } from './workers/agent-count.ts'
import { clientRoom, refuseWithoutRoom } from './workers/client-room.ts'

export interface BenchPlan {
  readonly common: Omit<RunLoadSettings, 'load' | 'onProgress' | 'listener'>
  readonly loads: BenchLoads
  readonly money: BenchMoney
  readonly facts: EndpointFacts
  readonly version: string
  readonly command: string
  readonly startedAt: string
  readonly selfTest: SelfTestErrors | null
  readonly listener: BenchListener
}

export type BenchLoads =
  | { readonly kind: 'list'; readonly loads: readonly BenchLoad[] }
  | {
      readonly kind: 'search'
      readonly settings: LoadSearchSettings
      loadOf(load: number, requests: number): BenchLoad
    }

/** Hears what happens: files and progress lines. */
export interface BenchListener {
  onLoad(load: BenchLoad, index: number, of: number | null): void
  readonly onRequest: RunLoadSettings['listener']
  readonly onProgress: RunLoadSettings['onProgress']
  onPoint(point: BenchPoint, measurement: LoadMeasurement): void
  /** A tally of transcriptions for a new load; null when none are made. */
  transcription(): TranscriptionTally | null
}

/** @throws TokenwrightError for a load of the list that cannot be sent from here, before any is. */
export async function runBench(plan: BenchPlan): Promise<BenchResult> {
  const points: BenchPoint[] = []
  if (plan.loads.kind === 'list') refuseUnsendable(plan.loads.loads, plan.common.workers)
  const search = plan.loads.kind === 'search' ? createLoadSearch(plan.loads.settings) : null
  if (plan.loads.kind === 'list') {
    for (const [index, load] of plan.loads.loads.entries()) {
      points.push((await measure(plan, load, index, plan.loads.loads.length)).point)
      if (plan.common.signal.aborted) break
    }
  } else if (search !== null) {
    const { loadOf } = plan.loads
    for (let asked = search.next(); asked !== null; asked = search.next()) {
      const measured = await measure(plan, loadOf(asked.load, asked.requests), points.length, null)
      points.push(measured.point)
      if (plan.common.signal.aborted) break
      tellSearch(search, asked.load, measured)
    }
  }
  return {
    kind: 'tokenwright-bench',
    version: 1,
    tokenwrightVersion: plan.version,
    startedAt: plan.startedAt,
    endpoint: plan.facts,
    command: plan.command,
    seed: plan.common.seed,
    clock: plan.common.clock,
    objectives: plan.common.objectives,
    points,
    search: search?.trace() ?? null,
    selfTest: plan.selfTest,
    verdict: worstVerdict(points.map(({ verdict }) => verdict)),
  }
}

/** The last load of a list is looked at before the first one is measured. */
function refuseUnsendable(loads: readonly BenchLoad[], workers: number | null): void {
  const room = clientRoom()
  for (const load of loads) {
    refuseWithoutRoom(streamsOf(load) ?? 0, room)
    agentCount(load, workers)
  }
}

interface Measured {
  readonly point: BenchPoint
  readonly measurement: LoadMeasurement
}

async function measure(
  plan: BenchPlan,
  load: BenchLoad,
  index: number,
  of: number | null,
): Promise<Measured> {
  const { common, listener, money } = plan
  listener.onLoad(load, index, of)
  const transcription = listener.transcription()
  const measurement = await runLoad({
    ...common,
    // Loads of one run must not find each other's prompts in the server's cache.
    seed: `${common.seed}/${index}`,
    load,
    listener: listener.onRequest,
    onProgress: listener.onProgress,
  })
  const point = benchPoint(
    measurement,
    common.objectives,
    money,
    common.tokenizer?.name ?? null,
    transcription,
  )
  listener.onPoint(point, measurement)
  return { point, measurement }
}

function tellSearch(search: LoadSearch, load: number, { point, measurement }: Measured): void {
  const { summary, verdict, cost } = point
  const rates = summary.steady ?? summary.fullRun
  search.report({
    load,
    intervals: objectiveIntervals(
      measurement.recorder.metrics,
      undefined,
      measurement.recorder.evidence.effectiveShares(),
    ),
    sustained: isSustained(verdict),
    requestsPerSecond: rates.requestsPerSecond,
    usdPerMillionTokens: cost?.perMillionTokens.blended ?? null,
    goodRequestsPerSecond: summary.fullRun.goodRequestsPerSecond,
  })
}
