/** Two threads send one load to an endpoint of known timings. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Emulator } from '../../emulate/index.ts'
import type { RequestObservation } from '../../measure/observation.ts'
import { summariseRun } from '../../metrics/run-summary.ts'
import type { WorkloadSpec } from '../../workload/synthetic.ts'
import type { BenchLoad } from '../bench-load.ts'
import { startKnownEndpoint } from '../known-endpoint.ts'
import { plainScale } from '../prompts/prompt-scale.ts'
import { type RunLoadSettings, runLoad } from '../run-load.ts'
import { knownEndpointAt, knownLoad } from '../self-test.ts'
import { createGet } from '../server/http-get.ts'

let emulator: Emulator
beforeAll(async () => {
  emulator = await startKnownEndpoint({ stepSeconds: 0.002, maximumSequences: 64, truthLog: null })
})
afterAll(() => emulator.close())

const lengths = { input: 20, output: 5 }

function loadOf(spec: WorkloadSpec, changes: Partial<BenchLoad> = {}): BenchLoad {
  return {
    ...knownLoad(8, 1, 0.02),
    requests: { kind: 'spec', spec },
    warmUp: null,
    durationSeconds: null,
    ...changes,
  }
}

async function run(load: BenchLoad, changes: Partial<RunLoadSettings> = {}) {
  const observations: RequestObservation[] = []
  const texts: (string | undefined)[] = []
  const measurement = await runLoad({
    endpoint: knownEndpointAt(emulator.port),
    load,
    workers: 2,
    scale: plainScale,
    supply: null,
    supplySource: null,
    keepsText: false,
    tokenizer: null,
    seed: 'test',
    objectives: [],
    clock: 'service',
    metricsUrls: [],
    meter: null,
    get: createGet(),
    listener(observation, ended) {
      observations.push(observation)
      texts.push(ended.texts?.content)
    },
    onProgress: null,
    signal: new AbortController().signal,
    ...changes,
  })
  const { endUs, unfinished, recorder } = measurement
  const summary = summariseRun(recorder.metrics, { endUs, devices: null, unfinished, joules: null })
  return { measurement, observations, texts, summary }
}

test.concurrent('a closed loop and its warm-up are sent by both, and counted in one place', async () => {
  const warmUp = { kind: 'spec', spec: { kind: 'closed', users: 4, lengths, requests: 6 } } as const
  const spec: WorkloadSpec = { kind: 'closed', users: 8, lengths, requests: 40, initialProgress: true }
  const { measurement, observations, summary, texts } = await run(loadOf(spec, { warmUp }), {
    keepsText: true,
    tokenizer: { name: 'emulator', count: () => 0 },
  })
  expect(summary.requests).toMatchObject({ measured: 32, warmUp: 8, served: 32, failed: 0 })
  expect(observations).toHaveLength(46)
  const ids = observations.slice(6).map(({ id }) => id)
  expect(ids.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, id) => id))
  expect(texts.every(text => text !== undefined && text !== '')).toBe(true)
  // Counted there, by a tokenizer of the same name.
  expect(observations.every(({ counted }) => counted.tokens !== null && counted.tokens > 0)).toBe(true)
  const { client } = measurement
  expect(client).toMatchObject({
    workers: 2,
    chunks: observations.slice(6).reduce((sum, { chunks }) => sum + chunks.us.length, 0),
  })
  expect(client.connectionsOpened).toBeGreaterThanOrEqual(8)
  expect(client.cpuShare).toBeGreaterThan(0)
  expect(observations.every(({ times }) => times.sentUs >= times.scheduledUs)).toBe(true)
})

test.concurrent('an open loop keeps its schedule over both, and caps are divided', async () => {
  const spec: WorkloadSpec = {
    kind: 'open',
    arrivals: { kind: 'constant', rate: 100 },
    lengths,
    requests: 30,
  }
  const { observations, measurement } = await run(loadOf(spec, { maximumInFlight: 20 }))
  const dues = observations.toSorted((a, b) => a.id - b.id).map(({ times }) => times.scheduledUs)
  expect(dues).toEqual(Array.from({ length: 30 }, (_, id) => id * 10_000))
  expect(measurement.notes).toEqual([
    'caps on requests are divided over 2 workers: one may wait while another has room',
  ])
})

test.concurrent('interrupted, both stop and what was measured is told', async () => {
  const controller = new AbortController()
  const spec: WorkloadSpec = { kind: 'closed', users: 8, lengths, requests: 1_000_000 }
  const { summary, measurement } = await run(loadOf(spec), {
    signal: controller.signal,
    listener: ({ id }) => {
      if (id > 20) controller.abort()
    },
  })
  expect(measurement.interrupted).toBe(true)
  expect(summary.requests.served).toBeGreaterThan(0)
  expect(summary.requests.failed).toBe(0)
  expect(summary.requests.unfinished).toBeGreaterThan(0)
})

test.concurrent('at their end they give up on answers under way, after the grace', async () => {
  const spec: WorkloadSpec = { kind: 'closed', users: 8, lengths: { input: 5, output: 100_000 }, requests: 8 }
  const { summary } = await run(loadOf(spec, { durationSeconds: 0.25, graceSeconds: 0.05 }))
  expect(summary.requests.served).toBe(0)
  expect(summary.requests.unfinished).toBeGreaterThan(0)
})

test.concurrent('what is wrong in a thread is told as if it were here', async () => {
  const spec: WorkloadSpec = { kind: 'closed', users: 8, lengths, requests: 8 }
  const missing = { kind: 'prompts', path: 'no-such-prompts.jsonl', shuffled: false, seed: '' } as const
  await expect(run(loadOf(spec), { supplySource: missing })).rejects.toMatchObject({
    code: 'file',
    where: expect.stringContaining('no-such-prompts.jsonl'),
  })
})

test.concurrent('a thread that dies ends the run with an error', async () => {
  const module = `data:text/javascript,${encodeURIComponent('export function createRequests() { process.exit(7) }')}`
  const load = {
    ...loadOf({ kind: 'closed', users: 8, lengths, requests: 8 }),
    requests: { kind: 'module', url: module, options: null } as const,
  }
  await expect(run(load)).rejects.toMatchObject({
    code: 'internal',
    message: expect.stringContaining('exit code 7'),
  })
})

test.concurrent('recorded requests that wait for answers are refused before any is sent', async () => {
  const module = `data:text/javascript,${encodeURIComponent('export function createRequests() { return { open: false } }')}`
  const load = {
    ...loadOf({ kind: 'closed', users: 8, lengths, requests: 8 }),
    requests: { kind: 'module', url: module, options: null } as const,
  }
  await expect(run(load)).rejects.toMatchObject({ code: 'usage', where: '--workers' })
})
