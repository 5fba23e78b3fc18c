/** The commands of docs/guides/bench.md do what the page says, against an endpoint of known timings. */
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startKnownEndpoint } from '../src/bench/known-endpoint.ts'
import type { Emulator } from '../src/emulate/index.ts'

const root = resolve(import.meta.dirname, '..')
const page = readFileSync(join(root, 'docs/guides/bench.md'), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'tokenwright-bench-guide-'))

/** In blocks, and in backticks. */
const commands = [
  ...new Set(
    [...page.matchAll(/(?:^|`)(npx tokenwright (?:bench|compare|calibrate)[^`\n]*)/gm)].map(match =>
      match[1]!.trim(),
    ),
  ),
]

let emulator: Emulator
beforeAll(async () => {
  emulator = await startKnownEndpoint({ stepSeconds: 0.004, maximumSequences: 64, truthLog: null })
})
afterAll(() => emulator.close())

/** The same command against our endpoint, and shorter: what is said last counts. */
function runnable(command: string): string[] {
  const words = [...command.replace('npx tokenwright ', '').matchAll(/"([^"]*)"|(\S+)/g)].map(
    match => match[1] ?? match[2]!,
  )
  const measured = words.map(word => (word === 'http://localhost:8000' ? emulator.url : word))
  if (!measured.includes(emulator.url)) return measured
  return [
    ...measured,
    ...[
      '--benchmark-duration',
      '2s',
      '--request-count',
      '80',
      '--warmup-request-count',
      '1',
      '--isl',
      '30',
      '--osl',
      '4',
    ],
  ]
}

function run(words: readonly string[]): Promise<{ readonly code: number | null; readonly text: string }> {
  const child = spawn(process.execPath, [join(root, 'src/cli/main.ts'), ...words], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1' },
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => {
      text += part
    })
  return new Promise(done => child.on('close', code => done({ code, text })))
}

/** They look for other people's servers, or take their time; benchmarks and other tests run them. */
const notHere = ['npx tokenwright bench quick', 'npx tokenwright bench self-test']

describe('the guide', () => {
  test('has commands of every kind', () => {
    expect(commands.length).toBeGreaterThanOrEqual(6)
    for (const command of notHere) expect(commands).toContain(command)
  })

  test('its measurements run, and their folders can be reported, compared and calibrated on', async () => {
    const measured = [
      'bench',
      emulator.url,
      '--concurrency',
      '4',
      '--request-count',
      '120',
      '--isl',
      '100',
      '--osl',
      '6',
    ]
    const kept = await run([...measured, '--hardware', 'h100', '--out', 'run'])
    expect(kept.text).toContain('written: run')
    for (const name of ['before', 'after'])
      cpSync(join(folder, 'run'), join(folder, name), { recursive: true })
    for (const command of commands.filter(each => !notHere.includes(each))) {
      const { code, text } = await run(runnable(command))
      // The model of the endpoint is in no catalog: its run says why it cannot be calibrated on.
      const expected = command.includes(' calibrate ') ? [1, /does not say what served/] : [0, /\S/]
      expect([command, code, text]).toEqual([
        command,
        expected[0],
        expect.stringMatching(expected[1] as RegExp),
      ])
    }
  }, 120_000)
})
