import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { vllmSummary } from './import-bench.fixture.ts'
import { readMeasuredRuns } from './measured-runs-file.ts'
import { ownFiles } from './own-result.fixture.ts'
import { latencySamplesMs } from './request-statistics.ts'

const root = mkdtempSync(join(tmpdir(), 'tokenwright-measured-runs-'))
afterAll(() => rmSync(root, { recursive: true }))

function folder(name: string, files: Readonly<Record<string, string>>): string {
  const path = join(root, name)
  mkdirSync(path)
  for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text)
  return path
}

describe('a folder', () => {
  const { result, requests } = ownFiles([
    { concurrency: 2, requests: 300, factor: 1 },
    { concurrency: 4, requests: 300, factor: 2 },
  ])

  test('of ours: a run a load, its requests and the figures of its summary are of one definition', () => {
    const path = folder('own', { 'result.json': result, 'requests.jsonl': requests, 'summary.csv': 'a,b\n' })
    const runs = readMeasuredRuns(path)
    expect(runs.map(({ load }) => load.name)).toEqual(['concurrency 2', 'concurrency 4'])
    for (const [index, run] of runs.entries()) {
      expect(run).toMatchObject({
        tool: 'tokenwright',
        toolVersion: '0.1.0',
        model: 'm',
        endpoint: 'chat',
        counts: { served: 300, failed: 0 },
        tokens: { input: 30_000, output: 900 },
        verdict: { level: 'valid', reasons: [] },
      })
      expect(run.requests).toHaveLength(300)
      for (const metric of ['ttft', 'tpot', 'itl', 'e2e'] as const) {
        const samples = latencySamplesMs(run.requests!, metric, 'service')
        const average = samples.reduce((sum, value) => sum + value, 0) / samples.length
        expect(run.latency.service[metric]!.meanMs, metric).toBeCloseTo(average, 6)
      }
      expect(run.latency.service.tpot!.meanMs).toBeCloseTo(20 * (index + 1), 6)
      expect(run.rates.outputTokensPerSecond).toBeGreaterThan(0)
      expect(
        run.intervals.find(({ metric, clock, q }) => metric === 'ttft' && clock === 'service' && q === 0.5),
      ).toMatchObject({
        lowMs: expect.any(Number),
        highMs: expect.any(Number),
      })
    }
  })

  test('what is no result beside it does not matter; a faulty result does', () => {
    const others = { 'notes.txt': 'hello', 'inputs.json': '{"data": []}', 'broken.json': '{' }
    expect(
      readMeasuredRuns(folder('mixed', { ...others, 'r.json': JSON.stringify(vllmSummary) })),
    ).toHaveLength(1)
    const cut = folder('cut', { 'result.json': result.slice(0, -40) })
    expect(() => readMeasuredRuns(cut)).toThrow(
      expect.objectContaining({ code: 'measurements', where: join(cut, 'result.json') }),
    )
  })

  test('requests that were cut off are an error with the line', () => {
    const path = folder('killed', { 'result.json': result, 'requests.jsonl': requests.slice(0, -50) })
    expect(() => readMeasuredRuns(path)).toThrow(
      expect.objectContaining({ code: 'measurements', where: `${join(path, 'requests.jsonl')}:605` }),
    )
  })

  test('without any result', () => {
    expect(() => readMeasuredRuns(folder('empty', { 'a.txt': 'x' }))).toThrow(
      /no file in the folder is a result/,
    )
  })
})

test('a file of one line and several megabytes is read whole', () => {
  const texts = Array.from({ length: 3_000 }, () => 'ä'.repeat(700))
  const path = folder('large', { 'r.json': JSON.stringify({ ...vllmSummary, generated_texts: texts }) })
  expect(readMeasuredRuns(join(path, 'r.json'))).toHaveLength(1)
})

test('no such path', () => {
  expect(() => readMeasuredRuns(join(root, 'nowhere'))).toThrow(expect.objectContaining({ code: 'file' }))
})
