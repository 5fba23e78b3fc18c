/** `tokenwright compare` as a user calls it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { vllmSummary } from '../../measure/interop/import-bench.fixture.ts'
import { type OwnLoad, ownFiles } from '../../measure/interop/own-result.fixture.ts'
import { NoFeasibleConfiguration } from '../report-fault.ts'
import { compareCommand } from './compare.ts'

const root = mkdtempSync(join(tmpdir(), 'tokenwright-compare-'))
afterAll(() => rmSync(root, { recursive: true }))

function folder(name: string, ...loads: readonly OwnLoad[]): string {
  const path = join(root, name)
  mkdirSync(path)
  const { result, requests } = ownFiles(loads)
  writeFileSync(join(path, 'result.json'), result)
  writeFileSync(join(path, 'requests.jsonl'), requests)
  return path
}

const before = folder(
  'before',
  { concurrency: 2, requests: 400, factor: 1 },
  { concurrency: 4, requests: 400, factor: 1 },
)
const after = folder(
  'after',
  { concurrency: 2, requests: 400, factor: 1.1, level: 'invalid' },
  { concurrency: 8, requests: 400, factor: 1 },
)

interface Ran {
  readonly text: string
  readonly fault: unknown
}

async function run(...words: readonly string[]): Promise<Ran> {
  let text = ''
  let fault: unknown = null
  const command = compareCommand(part => {
    text += part
  })
  try {
    await command.exitOverride().parseAsync([...words], { from: 'user' })
  } catch (error) {
    fault = error
  }
  return { text, fault }
}

describe('compare', () => {
  test('says what differs, and what to mind', async () => {
    const { text, fault } = await run(before, after)
    expect(fault).toBeNull()
    expect(text).toMatch(/warning: b is invalid at concurrency 2: the client was at 97 % of a core/)
    expect(text).toMatch(/TTFT mean +110 ms +120 ms +\+10\.0 %.*worse/)
    expect(text).toMatch(/TPOT p95 +20\.0 ms +22\.0 ms +\+10\.0 %/)
    expect(text).toMatch(/errors +0 % +0 % +0\.0 pp .*within noise/)
    expect(text).toContain('only a has: concurrency 4')
    expect(text).toContain('only b has: concurrency 8')
    expect(text).not.toContain('conditions')
    expect(text).not.toContain('p90')
  })

  test('a run and itself: nothing is better or worse', async () => {
    const { text } = await run(
      before,
      before,
      '--fail-on',
      'ttft p99 +0%',
      '--fail-on',
      'errors +0pp, throughput -0%',
    )
    expect(text).not.toMatch(/ (better|worse)$/m)
    expect(text).toMatch(/conditions: passed/)
    expect(text.match(/no change/g)).toHaveLength(6)
  })

  test('a condition that fails is an exit code, after everything was printed', async () => {
    const { text, fault } = await run(before, after, '--fail-on', 'ttft p90 +5%, tpot +20%')
    expect(fault).toBeInstanceOf(NoFeasibleConfiguration)
    expect((fault as Error).message).toBe('1 of 2 conditions failed: ttft p90 +5% at concurrency 2')
    expect(text).toMatch(/conditions: 1 of 2 conditions failed/)
    expect(text).toMatch(/✗ ttft p90 \+5% at concurrency 2: 10\.0 % worse/)
    expect(text).toMatch(/✓ tpot \+20%/)
    // A percentile that a condition names is shown.
    expect(text).toMatch(/TTFT p90/)
  })

  test('JSON holds all of it, and nothing that is no number', async () => {
    const { text, fault } = await run(before, after, '--json', '--fail-on', 'e2e +5%')
    expect(fault).toBeInstanceOf(NoFeasibleConfiguration)
    const json = JSON.parse(text)
    expect(json).toMatchObject({
      kind: 'tokenwright-comparison',
      version: 1,
      failed: true,
      onlyA: ['concurrency 4'],
      onlyB: ['concurrency 8'],
      a: { tool: 'tokenwright', model: 'm' },
      conditions: [
        { condition: 'e2e +5%', metric: 'e2e', statistic: 'mean', margin: 0.05, outcome: 'fails' },
      ],
    })
    expect(
      json.loads[0].figures.find(
        (figure: { metric: string; statistic: string }) =>
          figure.metric === 'tpot' && figure.statistic === 'p90',
      ).ratio,
    ).toBeCloseTo(1.1, 3)
    expect(text).not.toMatch(/NaN|Infinity/)
  })

  test('another tool’s file on one side', async () => {
    const path = join(root, 'vllm.json')
    writeFileSync(path, JSON.stringify(vllmSummary))
    const { text, fault } = await run(before, path)
    expect(fault).toBeNull()
    expect(text).toContain('measured by different tools (a tokenwright, b vllm-bench)')
    expect(text).toMatch(/model differs/)
  })

  test.each([
    [['--fail-on', 'cost +5%'], 'measurements'],
    [['--fail-on', 'speed +5%'], 'usage'],
    [['--strict'], 'usage'],
  ])('%j is refused', async (flags, code) => {
    const { text, fault } = await run(before, after, ...flags)
    expect(fault).toMatchObject({ code })
    expect(text).toBe('')
  })

  test('a path that is not there', async () => {
    expect((await run(before, join(root, 'nowhere'))).fault).toMatchObject({ code: 'file' })
  })
})
