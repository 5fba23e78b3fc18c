/** `tokenwright trace stats` as a user calls it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parseCsv } from '../../core/csv.ts'
import { traceCommand } from './trace.ts'

const folder = mkdtempSync(join(tmpdir(), 'tokenwright-trace-command-'))
afterAll(() => rmSync(folder, { recursive: true }))

const path = join(folder, 'sessions.jsonl')
writeFileSync(
  path,
  [
    {
      chat_id: 1,
      parent_chat_id: -1,
      timestamp: 0,
      input_length: 3200,
      output_length: 50,
      hash_ids: ids(200),
    },
    {
      chat_id: 2,
      parent_chat_id: -1,
      timestamp: 30,
      input_length: 1600,
      output_length: 500,
      hash_ids: ids(100),
    },
    {
      chat_id: 3,
      parent_chat_id: 1,
      timestamp: 90,
      input_length: 4800,
      output_length: 100,
      hash_ids: ids(300),
    },
  ]
    .map(row => JSON.stringify(row))
    .join('\n'),
)

function ids(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}

async function output(...words: readonly string[]): Promise<string> {
  let text = ''
  await traceCommand(part => {
    text += part
  }).parseAsync(['stats', ...words], { from: 'user' })
  return text
}

describe('trace stats', () => {
  it('says what a person wants to know', async () => {
    expect(await output(path)).toBe(`3 requests over 90.0 s, Qwen-Bailian

Arrivals
  rate            0.0222 requests/s
  busiest minute  2 requests, 0.0333/s
  gaps            coefficient of variation 0.471 (Poisson: 1)

Lengths, tokens per request
           mean    p50    p90    p99    max     CV  in all
  ──────  ─────  ─────  ─────  ─────  ─────  ─────  ──────
  input   3,200  3,200  4,480  4,768  4,800  0.500   9,600
  output    217    100    420    492    500   1.14     650
  correlation of input and output -0.81, of their ranks -0.50

Prefix reuse
  infinite cache    50.0 % of prompt tokens (4,800), by blocks of 16
  within sessions   33.3 %; from other sessions 16.7 %
  different tokens  4,800: what such a cache would hold in the end

Sessions
  2 sessions
                    mean     p50     p90     p99     max     CV  of
  ──────────────  ──────  ──────  ──────  ──────  ──────  ─────  ──
  turns             1.50    1.50    1.90    1.99    2.00  0.471   2
  start to start  90.0 s  90.0 s  90.0 s  90.0 s  90.0 s      0   1

Notes
  prefix hits assume one cache that never evicts (16-token blocks): an upper bound for the share cached
`)
  })

  it('gives the same as JSON and as a row of CSV', async () => {
    const json = JSON.parse(await output(path, '--json'))
    expect(json).toMatchObject({
      schemaVersion: 1,
      format: 'bailian',
      requests: 3,
      reuse: { share: 0.5, tokensPerBlock: 16 },
      sessions: { sessions: 2, thinkSeconds: null },
    })
    const { header, records } = parseCsv(await output(path, '--csv'))
    expect(records).toHaveLength(1)
    expect(records[0]!.number('reuse_share')).toBe(0.5)
    expect(records[0]!.number('input_tokens_p90')).toBe(json.inputTokens.p90)
    expect(records[0]!.text('think_seconds_mean')).toBe('')
    expect(header).toContain('peak_requests_per_minute')
  })

  it('refuses two forms at once, and what is no trace', async () => {
    await expect(output(path, '--json', '--csv')).rejects.toMatchObject({ code: 'usage' })
    const other = join(folder, 'notes.txt')
    writeFileSync(other, 'Dear all,\nplease find attached\n')
    await expect(output(other)).rejects.toMatchObject({ code: 'trace', where: `${other}:1` })
  })
})
