/** `bench` against real inference: usage, the engine's counters and what the client received agree to the last token. */
import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BenchPoint, BenchResult } from '../../src/measure/bench-result.ts'
import { findLlama } from './find-llama.ts'
import { type RunningRealEngine, startRealEngine } from './start-real-engine.ts'

const llama = findLlama()
const program = resolve(import.meta.dirname, '../../src/cli/main.ts')

describe.skipIf(!llama.found)('bench against a real engine', () => {
  let engine: RunningRealEngine

  beforeAll(async () => {
    engine = await startRealEngine({ sequences: 4, contextTokens: 4096 })
  }, 90_000)

  afterAll(() => engine?.close())

  async function bench(...flags: readonly string[]): Promise<BenchPoint> {
    const words = [program, 'bench', engine.url, '--json', '--random-seed', '1', ...flags]
    const { stdout } = await promisify(execFile)(process.execPath, words, { maxBuffer: 2 ** 26 })
    const { points, endpoint } = JSON.parse(stdout) as BenchResult
    expect(endpoint).toMatchObject({ engine: 'llamacpp', model: engine.model })
    expect(points).toHaveLength(1)
    return points[0]!
  }

  /** The engine's counters grew by exactly what answers reported. */
  function expectExact({ tokens }: BenchPoint): void {
    expect(tokens.counters).toMatchObject({ engine: 'llamacpp', resetSeen: false, reconciles: true })
    expect(tokens.counters!.rows.map(({ name, residual }) => [name, residual])).toEqual([
      ['input tokens', 0],
      ['cached input tokens', 0],
      ['output tokens', 0],
    ])
    expect(tokens.requestsWithoutUsage).toBe(0)
  }

  test('more users than slots, answers as long as asked for', async () => {
    const point = await bench('--concurrency', '6', '--request-count', '12', '--isl', '32', '--osl', '12')
    expectExact(point)
    const { server, client, askedOutputTokens } = point.tokens
    expect(point.summary.requests).toMatchObject({ served: 12, failed: 0 })
    expect(server.outputTokens).toBe(askedOutputTokens)
    // With ignore_eos every token has a text, and every text its event.
    expect(client.contentChunks).toBe(server.outputTokens)
  }, 60_000)

  test('conversations whose beginnings are found in the cache, answers that end by themselves', async () => {
    const point = await bench(
      ...['--endpoint', 'chat', '--concurrency', '2', '--num-sessions', '4', '--session-turns-mean', '3'],
      ...['--isl', '64', '--osl', '40', '--no-exact-length'],
    )
    expectExact(point)
    const { server, client } = point.tokens
    expect(server.cachedTokens).toBeGreaterThan(0)
    // An end is a token without text, one an answer at most.
    expect(server.outputTokens - client.contentChunks).toBeGreaterThanOrEqual(0)
    expect(server.outputTokens - client.contentChunks).toBeLessThanOrEqual(server.requests)
  }, 60_000)

  test('requests that the client breaks off stay within what they may have cost', async () => {
    const point = await bench(
      ...['--concurrency', '4', '--request-count', '8', '--isl', '32', '--osl', '400'],
      ...['--request-cancellation-rate', '50%', '--request-cancellation-delay', '0.2s'],
    )
    expect(point.summary.requests.cancelled).toBeGreaterThan(0)
    expect(point.tokens.counters).toMatchObject({ resetSeen: false, reconciles: true })
  }, 60_000)
})
