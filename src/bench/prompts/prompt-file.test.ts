/** Files of prompts: the forms that are known, and what is said of all others. */
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { promptSession, readPromptFile } from './prompt-file.ts'
import { readPromptLine } from './prompt-line.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tokenwright-prompts-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, ...lines: unknown[]): string {
  const path = join(folder, name)
  writeFileSync(path, lines.map(line => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'))
  return path
}
const promptOf = (line: object) => readPromptLine(JSON.stringify(line), 'f:1').turns[0]!.prompt

describe('lines', () => {
  test.each([
    ['single_turn', { text: 'hi', output_length: 5 }, { kind: 'text', text: 'hi' }],
    ['one of texts', { texts: ['hi'] }, { kind: 'text', text: 'hi' }],
    ['texts', { texts: ['a', 'b'] }, { kind: 'texts', query: '', texts: ['a', 'b'] }],
    [
      'named texts',
      { texts: [{ name: 'q', contents: ['a', 'b'] }] },
      { kind: 'texts', query: '', texts: ['a', 'b'] },
    ],
    ['a prompt', { prompt: 'hi' }, { kind: 'text', text: 'hi' }],
    ['token ids', { prompt: [1, 2] }, { kind: 'tokens', ids: [1, 2] }],
    [
      'messages with parts',
      {
        messages: [
          { role: 'developer', content: 's' },
          { role: 'user', content: [{ type: 'text', text: 'hi' }] },
        ],
      },
      {
        kind: 'messages',
        messages: [
          { role: 'system', content: 's' },
          { role: 'user', content: 'hi' },
        ],
      },
    ],
    [
      'a role',
      { text: 'hi', role: 'system' },
      { kind: 'messages', messages: [{ role: 'system', content: 'hi' }] },
    ],
    ['a ranking', { query: 'q', passages: ['a'] }, { kind: 'texts', query: 'q', texts: ['a'] }],
    ['a payload', { payload: { model: 'x' } }, { kind: 'payload', body: { model: 'x' } }],
  ])('%s', (_name, line, prompt) => {
    expect(promptOf(line)).toEqual(prompt)
  })

  test('lengths, times, further fields, sessions of several turns', () => {
    const line = {
      session_id: 7,
      turns: ['a', { text: 'b', output_length: 9, delay: 250, extra: { temperature: 0 } }],
    }
    expect(readPromptLine(JSON.stringify(line), 'f:1')).toEqual({
      id: '7',
      turns: [
        {
          prompt: { kind: 'text', text: 'a' },
          outputTokens: null,
          timestampMs: null,
          delayMs: null,
          extra: {},
        },
        {
          prompt: { kind: 'text', text: 'b' },
          outputTokens: 9,
          timestampMs: null,
          delayMs: 250,
          extra: { temperature: 0 },
        },
      ],
    })
  })

  test.each([
    ['{"text": "a', 'not JSON'],
    ['[1]', 'not a JSON object'],
    ['{}', 'no prompt'],
    ['{"text": ""}', 'empty'],
    ['{"text": 4}', 'no text'],
    ['{"texts": []}', 'not a list of texts'],
    ['{"texts": [1]}', 'not a list of texts'],
    ['{"turns": []}', 'turns'],
    ['{"turns": [3]}', 'no object'],
    ['{"messages": []}', 'messages'],
    ['{"messages": [{"role": "tool", "content": "x"}]}', 'role "tool"'],
    ['{"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}', 'no text'],
    ['{"text": "a", "image": "x.png"}', 'image'],
    ['{"text": "a", "output_length": 0}', 'output_length is 0'],
    ['{"text": "a", "output_length": "9"}', 'output_length is "9"'],
    ['{"text": "a", "delay": -1}', 'delay'],
    ['{"text": "a", "extra": 1}', 'extra'],
    ['{"prompt": []}', 'token ids'],
    ['{"payload": 3}', 'payload'],
  ])('%s is refused with its place and a remedy', (line, words) => {
    expect(() => readPromptLine(line, 'file.jsonl:3')).toThrow(
      expect.objectContaining({
        code: 'trace',
        message: expect.stringContaining(words),
        where: expect.stringContaining('file.jsonl:3'),
        fix: expect.stringMatching(/\w/),
      }),
    )
  })
})

describe('files', () => {
  test('lines in order and around again; blank ones are none', async () => {
    const pools = await readPromptFile(
      file('three.jsonl', { text: 'a' }, '', { text: 'b' }, { text: 'c' }, ''),
    )
    const text = (n: number) => promptSession(pools, n, 1, false).turns[0]!.prompt
    expect([0, 1, 2, 3].map(text)).toMatchObject([{ text: 'a' }, { text: 'b' }, { text: 'c' }, { text: 'a' }])
    const drawn = Array.from({ length: 60 }, (_, n) => promptSession(pools, n, 1, true))
    expect(new Set(drawn).size).toBe(3)
    expect(Array.from({ length: 60 }, (_, n) => promptSession(pools, n, 1, true))).toEqual(drawn)
    expect(Array.from({ length: 60 }, (_, n) => promptSession(pools, n, 2, true))).not.toEqual(drawn)
  })

  test('compressed', async () => {
    const path = join(folder, 'packed.jsonl.gz')
    writeFileSync(path, gzipSync('{"text": "a"}\n'))
    expect((await readPromptFile(path))[0]!.sessions.length).toBe(1)
  })

  test('a folder of pools: one line of each, queries apart', async () => {
    const pools = join(folder, 'pools')
    mkdirSync(pools)
    writeFileSync(join(pools, 'queries.jsonl'), '{"text": "q1"}\n{"text": "q2"}\n')
    writeFileSync(join(pools, 'passages.jsonl'), '{"texts": ["p1", "p2"], "output_length": 3}\n')
    const read = await readPromptFile(pools)
    expect(read.map(pool => pool.name)).toEqual(['passages.jsonl', 'queries.jsonl'])
    const turns = Array.from({ length: 30 }, (_, n) => promptSession(read, n, 1, true).turns[0]!)
    expect(turns[0]).toMatchObject({ prompt: { kind: 'texts', texts: ['p1', 'p2'] }, outputTokens: 3 })
    expect(new Set(turns.map(({ prompt }) => (prompt.kind === 'texts' ? prompt.query : '')))).toEqual(
      new Set(['q1', 'q2']),
    )
    writeFileSync(join(pools, 'talks.jsonl'), '{"turns": ["a", "b"]}\n')
    const mixed = await readPromptFile(pools)
    expect(() => promptSession(mixed, 0, 1, true)).toThrow(expect.objectContaining({ where: 'talks.jsonl' }))
  })

  test('faults name file and line', async () => {
    await expect(readPromptFile(file('bad.jsonl', { text: 'a' }, { text: '' }))).rejects.toMatchObject({
      where: expect.stringMatching(/bad\.jsonl:2$/),
    })
    await expect(readPromptFile(file('empty.jsonl', '', ''))).rejects.toMatchObject({ code: 'trace' })
    await expect(readPromptFile(join(folder, 'missing.jsonl'))).rejects.toMatchObject({ code: 'file' })
    const none = join(folder, 'none')
    mkdirSync(none)
    await expect(readPromptFile(none)).rejects.toMatchObject({ code: 'file', where: none })
  })

  test('more than 1 GiB is refused before it is read', async () => {
    const path = file('huge.jsonl')
    // Sparse: it takes no room on the disk.
    truncateSync(path, 2 ** 30 + 1)
    await expect(readPromptFile(path)).rejects.toMatchObject({ code: 'file', where: path })
  })
})
