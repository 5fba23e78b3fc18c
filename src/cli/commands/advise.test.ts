import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ledgerOf } from '../../gateway/advise/advise.fixture.ts'
import { openSqliteLedger } from '../../gateway/ledger/index.ts'
import { adviseCommand } from './advise.ts'

const folder = mkdtempSync(join(tmpdir(), 'tokenwright-advise-'))
const path = join(folder, 'ledger.sqlite')
const config = join(folder, 'gateway.yaml')

beforeAll(async () => {
  const ledger = await openSqliteLedger({ path, thread: 'caller', access: 'write' })
  await ledger.append(ledgerOf({ hours: 26, own: 60, bought: 10, sampled: true }))
  await ledger.close()
  writeFileSync(
    config,
    `ledger: { kind: sqlite, path: ${path} }
deployments:
  h200:
    replicas: ["http://127.0.0.1:8001", "http://127.0.0.1:8002"]
    upstreamModel: meta-llama/Llama-3.3-70B-Instruct
    cost: { accelerator: h200-sxm, devices: 2, tier: reserved }
    quantization: fp8
models:
  chat: { candidates: [h200], policy: cost, objectives: { ttftMs: 1500, tpotMs: 50 } }
`,
  )
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function answerOf(...words: readonly string[]): Promise<string> {
  let written = ''
  const command = adviseCommand(text => {
    written += text
  })
  await command.exitOverride().parseAsync(['--since', '2026-03-01', '--until', '2026-03-03', ...words], {
    from: 'user',
  })
  return written
}

test('the ledger alone: cost, advice, what is not answered', async () => {
  const text = await answerOf('--ledger', path)
  expect(text).toContain('What it cost')
  expect(text).toMatch(/h200 +deployment +1,560/)
  expect(text).toContain('give back 1 of 2 replicas of h200: its busiest hour needs 1')
  expect(text).toMatch(
    /Regret of routing\n +regret +\$0\.2860 of \$0\.5460 \(52 %\): of 260 sampled decisions/,
  )
  expect(text).toContain('Not answered')
  expect(text).not.toContain('NaN')
})

test('with the configuration: its ledger, its objectives, its hardware in the twin', async () => {
  const text = await answerOf('--config', config)
  expect(text).toContain('Its busiest stretch in the twin')
  expect(text).toMatch(/cost \(today\) +\d+ %/)
  expect(text).toMatch(/\n +1 h200 +\$4,236\.90 +\d+ %/)
}, 20_000)

test('JSON: exact amounts of the window as text', async () => {
  const value = JSON.parse(await answerOf('--ledger', path, '--json'))
  expect(value).toMatchObject({ kind: 'tokenwright-advice', version: 1, requests: 1820, replay: null })
  expect(value.spend.totalUsd).toBe('187.746')
  expect(value.regret.regretUsd).toBe('0.286')
  expect(value.advice[0]).toMatchObject({
    kind: expect.any(String),
    savedUsdPerMonth: { low: expect.any(Number) },
  })
})

test('an empty window says so; a missing ledger is never made', async () => {
  expect(await answerOf('--ledger', path, '--since', '2026-02-01', '--until', '2026-02-02')).toContain(
    'Nothing was used or billed in this time.',
  )
  await expect(answerOf('--ledger', join(folder, 'none.sqlite'))).rejects.toThrow(/no ledger/)
})
