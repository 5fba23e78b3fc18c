/** Loads against an endpoint of known timings: what was asked is sent, what came is counted, to the token. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Emulator } from '../emulate/index.ts'
import { reconcile } from '../measure/counter-reconciliation.ts'
import type { RequestObservation } from '../measure/observation.ts'
import { summariseRun } from '../metrics/run-summary.ts'
import type { WorkloadSpec } from '../workload/synthetic.ts'
import type { BenchLoad } from './bench-load.ts'
import { startKnownEndpoint } from './known-endpoint.ts'
import { plainScale } from './prompts/prompt-scale.ts'
import { type RunLoadSettings, runLoad } from './run-load.ts'
import { knownEndpointAt } from './self-test.ts'
import { createGet } from './server/http-get.ts'

let emulator: Emulator
beforeAll(async () => {
  emulator = await startKnownEndpoint({ stepSeconds: 0.005, maximumSequences: 64, truthLog: null })
})
afterAll(() => emulator.close())

const lengths = { input: 40, output: 12 }

function loadOf(spec: WorkloadSpec, changes: Partial<BenchLoad> = {}): BenchLoad {
  return {
    point: { name: 'test', kind: 'concurrency', concurrency: 4, requestsPerSecond: null },
    requests: { kind: 'spec', spec },
    warmUp: null,
    durationSeconds: null,
    graceSeconds: 5,
    arrivalCv: null,
    maximumInFlight: null,
    maximumPrefills: null,
    cancellation: null,
    ...changes,
  }
}

async function run(load: BenchLoad, changes: Partial<RunLoadSettings> = {}) {
  const observations: RequestObservation[] = []
  const measurement = await runLoad({
    endpoint: knownEndpointAt(emulator.port),
    load,
    scale: plainScale,
    supply: null,
    supplySource: null,
    workers: 1,
    keepsText: false,
    tokenizer: null,
    seed: 'test',
    objectives: [],
    clock: 'service',
    metricsUrls: [`${emulator.url}/metrics`],
    meter: null,
    get: createGet(),
    listener: observation => observations.push(observation),
    onProgress: null,
    signal: new AbortController().signal,
    ...changes,
  })
  const { endUs, unfinished, recorder } = measurement
  const summary = summariseRun(recorder.metrics, { endUs, devices: null, unfinished, joules: null })
  return { measurement, observations, summary }
}

/** Requests under way at any moment, at most. */
function mostAtOnce(
  observations: readonly RequestObservation[],
  until: (o: RequestObservation) => number,
): number {
  const edges = observations.flatMap(observation => [
    { us: observation.times.sentUs, step: 1 },
    { us: until(observation), step: -1 },
  ])
  edges.sort((a, b) => a.us - b.us || a.step - b.step)
  let level = 0
  let most = 0
  for (const { step } of edges) {
    level += step
    most = Math.max(most, level)
  }
  return most
}

const closed: WorkloadSpec = { kind: 'closed', users: 4, lengths, requests: 40 }

describe('a closed loop', () => {
  test('sends what was asked and counts tokens as the engine does', async () => {
    const { measurement, observations, summary } = await run(loadOf(closed))
    expect(summary.requests).toMatchObject({ measured: 40, served: 40, failed: 0 })
    expect(summary.tokens).toMatchObject({ output: 40 * 12 })
    expect(observations.every(({ reported }) => reported?.outputTokens === 12)).toBe(true)
    expect(mostAtOnce(observations, ({ times }) => times.endedUs)).toBe(4)
    const counters = reconcile(measurement.scrape.spans, measurement.recorder.tally.totals())
    expect(counters.rows.map(({ residual }) => residual)).toEqual(counters.rows.map(() => 0))
    expect(counters.reconciles).toBe(true)
  })

  test('asks the same with the same seed, and something else with another', async () => {
    const lengthsOf = async (seed: string) => {
      // One user: of several, who gets the last of a number of requests is a matter of time.
      const spec: WorkloadSpec = {
        ...closed,
        users: 1,
        lengths: { input: { kind: 'uniform', minimum: 5, maximum: 90 }, output: 3 },
      }
      const { observations } = await run(loadOf(spec), { seed })
      return observations
        .toSorted((a, b) => a.id - b.id)
        .map(({ requestedInputTokens }) => requestedInputTokens)
    }
    const first = await lengthsOf('a')
    expect(await lengthsOf('a')).toEqual(first)
    expect(await lengthsOf('b')).not.toEqual(first)
  })

  test('begun in the middle, its filling belongs into no statistic but is on the books', async () => {
    const { observations, summary, measurement } = await run(loadOf({ ...closed, initialProgress: true }))
    const filling = observations.filter(({ phase }) => phase === 'warm-up')
    expect(filling).toHaveLength(4)
    expect(summary.requests).toMatchObject({ measured: 36, warmUp: 4 })
    expect(measurement.recorder.tally.account(null).server.requests).toBe(40)
  })

  test('the warm-up is a phase of its own with other prompts', async () => {
    const warmUp = loadOf({ ...closed, requests: 6, users: 2 })
    const { observations, summary } = await run(loadOf(closed, { warmUp: warmUp.requests }), {
      seed: 'with a warm-up',
    })
    expect(observations.filter(({ phase }) => phase === 'warm-up')).toHaveLength(6)
    expect(summary.requests.measured).toBe(40)
    expect(observations.reduce((sum, { reported }) => sum + (reported?.cachedTokens ?? 0), 0)).toBe(0)
  })
})

describe('an open loop', () => {
  const open: WorkloadSpec = {
    kind: 'open',
    arrivals: { kind: 'constant', rate: 50 },
    lengths: { input: 10, output: 20 },
    requests: 25,
  }

  test('keeps its schedule, whatever becomes of the answers', async () => {
    const { observations } = await run(loadOf(open))
    const dues = observations.map(({ times }) => times.scheduledUs).sort((a, b) => a - b)
    expect(dues).toEqual(Array.from({ length: 25 }, (_, index) => index * 20_000))
    expect(observations.every(({ times }) => times.dispatchedUs >= times.scheduledUs)).toBe(true)
  })

  test('a cap holds requests back in the open: their wait counts from the schedule', async () => {
    const burst: WorkloadSpec = { ...open, arrivals: { kind: 'burst', requests: 8 } }
    const { requests: _, ...endless } = burst
    const { observations, summary } = await run(loadOf(endless as WorkloadSpec, { maximumInFlight: 2 }))
    expect(mostAtOnce(observations, ({ times }) => times.endedUs)).toBe(2)
    const { ttftResponse, ttftService } = summary.latency
    expect(ttftResponse.maximumMs! - ttftService.maximumMs!).toBeGreaterThan(150)
  })

  test('a cap on prefills holds until the first token', async () => {
    const burst: WorkloadSpec = { ...open, arrivals: { kind: 'burst', requests: 6 } }
    const { requests: _, ...endless } = burst
    const { observations } = await run(loadOf(endless as WorkloadSpec, { maximumPrefills: 1 }))
    expect(mostAtOnce(observations, ({ times }) => times.firstContentUs)).toBe(1)
    expect(mostAtOnce(observations, ({ times }) => times.endedUs)).toBeGreaterThan(1)
  })
})

describe('ends', () => {
  test('requests that the client breaks off are cancelled, at the server, too', async () => {
    const { summary } = await run(
      loadOf(
        { kind: 'closed', users: 2, lengths: { input: 10, output: 200 }, requests: 8 },
        {
          cancellation: { share: 1, afterSeconds: 0.03 },
        },
      ),
    )
    expect(summary.requests).toMatchObject({ served: 0, cancelled: 8 })
    expect(emulator.inFlight).toBe(0)
  })

  test('after its time a load sends no more, and waits for answers as long as allowed', async () => {
    const endless: WorkloadSpec = {
      kind: 'closed',
      users: 3,
      lengths: { input: 10, output: 100_000 },
      requests: 1_000,
    }
    const { summary } = await run(loadOf(endless, { durationSeconds: 0.1, graceSeconds: 0.1 }))
    expect(summary.requests).toMatchObject({ served: 0, unfinished: 3 })
  })

  test('interrupted, it tells what was measured', async () => {
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 300)
    const { measurement, summary } = await run(loadOf({ ...closed, requests: 100_000 }), {
      signal: controller.signal,
    })
    expect(measurement.interrupted).toBe(true)
    expect(summary.requests.served).toBeGreaterThan(0)
    expect(summary.requests.failed).toBe(0)
  })
})

test('conversations send the real answers back, and the server finds them in its cache', async () => {
  const { observations } = await run(
    loadOf({
      kind: 'sessions',
      begin: { kind: 'closed', users: 2 },
      turns: 4,
      thinkTime: 0,
      firstInput: 100,
      nextInput: 30,
      output: 20,
      sessions: 4,
    }),
  )
  expect(observations).toHaveLength(16)
  const later = observations.filter(({ turn }) => turn > 0)
  expect(later.every(({ reported }) => (reported?.cachedTokens ?? 0) >= 80)).toBe(true)
  for (const { reported, requestedInputTokens } of later)
    expect(Math.abs(reported!.inputTokens - requestedInputTokens)).toBeLessThanOrEqual(12)
})
