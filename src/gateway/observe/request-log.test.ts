/** Log lines: what they say, what they must never say, and that a slow reader stops nothing. */
import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mintKey } from '../tenants/index.ts'
import { createLogWriter, type LogStream } from './log-writer.ts'
import { requestJson } from './request-json.ts'
import { createRequestLog, type RequestLogSettings } from './request-log.ts'
import type { RequestSummary } from './request-summary.ts'
import { safeText } from './safe-text.ts'
import {
  attemptOf,
  explanationOf,
  offerAttempt,
  refusedSummary,
  startMs,
  summaryOf,
} from './summary.fixture.ts'

function logged(
  settings: Partial<RequestLogSettings>,
  tell: (log: ReturnType<typeof createRequestLog>) => void,
) {
  const lines: string[] = []
  const log = createRequestLog(
    { write: line => lines.push(line) },
    {
      level: 'info',
      format: 'json',
      sampledRequests: 1,
      random: () => 0.5,
      nowMs: () => startMs,
      ...settings,
    },
  )
  tell(log)
  return lines
}

describe('lines', () => {
  test('one JSON object a request', () => {
    const [line] = logged({}, log => log.requestEnded(summaryOf({ attempts: [attemptOf(), offerAttempt()] })))
    expect(line).not.toContain('\n')
    expect(JSON.parse(line!)).toMatchObject({
      time: '2026-03-01T00:00:00.000Z',
      level: 'info',
      event: 'request',
      requestId: 'req-1',
      tenant: 'acme',
      model: 'llama',
      candidate: 'openai/gpt',
      inputTokens: 2000,
      cachedTokens: 800,
      outputTokens: 202,
      usd: 0.0103,
      durationMs: 1200,
      attempts: [{ candidate: 'h200/a' }, { candidate: 'openai/gpt', exact: true }],
    })
  })

  test('words for a terminal', () => {
    const [line] = logged({ format: 'text' }, log => log.requestEnded(summaryOf()))
    expect(line).toBe(
      '2026-03-01T00:00:00.000Z info  served    200 llama → h200/a acme 1000 in (400 cached) 101 out $0.000300 ttft 200 ms 1200 ms req-1',
    )
    const [refused] = logged({ format: 'text' }, log => log.requestEnded(refusedSummary))
    expect(refused).toContain('refused   429 llama → - acme')
    expect(refused).toContain('budget-spent')
  })

  test('levels: trouble of ours and of upstreams warns', () => {
    const level = (summary: RequestSummary) =>
      JSON.parse(logged({ level: 'debug' }, log => log.requestEnded(summary))[0]!).level
    expect(level(summaryOf())).toBe('info')
    expect(level(refusedSummary)).toBe('info')
    expect(level(summaryOf({ outcome: 'cancelled', status: 499 }))).toBe('info')
    expect(level(summaryOf({ attempts: [attemptOf({ outcome: 'failed' }), offerAttempt()] }))).toBe('warn')
    expect(level(summaryOf({ outcome: 'failed', status: 502 }))).toBe('warn')
    expect(level({ ...refusedSummary, status: 503 })).toBe('warn')
    expect(logged({ level: 'warn' }, log => log.requestEnded(summaryOf()))).toEqual([])
  })

  test('good ones can be sampled, others always have their line', () => {
    const lines = (random: number) =>
      logged({ sampledRequests: 0.1, random: () => random }, log => {
        log.requestEnded(summaryOf())
        log.requestEnded(summaryOf({ outcome: 'failed', status: 502 }))
      })
    expect(lines(0.05)).toHaveLength(2)
    expect(lines(0.1)).toHaveLength(1)
  })

  test('other events', () => {
    const [json] = logged({}, log => log.event('warn', 'reload-refused', { where: 'models[0]', count: 2 }))
    expect(JSON.parse(json!)).toEqual({
      time: '2026-03-01T00:00:00.000Z',
      level: 'warn',
      event: 'reload-refused',
      where: 'models[0]',
      count: 2,
    })
    expect(logged({ level: 'error' }, log => log.event('warn', 'x'))).toEqual([])
    expect(logged({ format: 'text' }, log => log.event('info', 'listening', { port: 4000 }))[0]).toBe(
      '2026-03-01T00:00:00.000Z info  listening port=4000',
    )
  })
})

describe('secrets', () => {
  const own = mintKey()
  /** Put together here, so that no scanner takes them for real ones. */
  const provider = ['sk', 'proj-abcdefghijklmnopqrstuvwxyz0123456789'].join('-')
  const keys = [own, provider, ['gsk', 'A'.repeat(40)].join('_'), ['AK', 'IA', 'Q'.repeat(16)].join('')]

  /** The text in every place that a string could reach. */
  function poisoned(text: string): RequestSummary {
    const explanation = explanationOf(1, 2, 3)!
    return summaryOf({
      requestId: text,
      tenant: text,
      keyId: text,
      modelAlias: text,
      reason: text,
      traceparent: text,
      attempts: [
        attemptOf({ candidate: text, target: { kind: 'offer', offer: text } }),
        attemptOf({ candidate: text, target: { kind: 'deployment', deployment: text, replica: text } }),
      ],
      explanation: {
        ...explanation,
        alias: text,
        policy: text,
        decision: text,
        candidates: [{ ...explanation.candidates[0]!, name: text, outcome: text }],
      },
    })
  }

  test.each(keys)('a key in every field reaches no line and no page (%#)', key => {
    for (const text of [key, `Bearer ${key}`, `x ${key} y`]) {
      const summary = poisoned(text)
      const lines = [
        ...logged({}, log => log.requestEnded(summary)),
        ...logged({ format: 'text' }, log => log.requestEnded(summary)),
        ...logged({}, log => log.event('info', text, { detail: text })),
        JSON.stringify(requestJson(summary)),
      ]
      for (const line of lines) expect(line).not.toContain(key.slice(12))
    }
  })

  test('a key in the midst of any text is cut to its beginning', () => {
    // Behind a letter or digit it is part of a word: `risk-…` is no key.
    const before = fc.string().filter(text => !/[0-9A-Za-z]$/.test(text))
    fc.assert(
      fc.property(before, fc.constantFrom(...keys), fc.string(), (start, key, end) => {
        expect(safeText(`${start}${key} ${end}`)).not.toContain(key.slice(0, 15))
      }),
    )
    expect(safeText(`req_${provider}`)).toBe('req_sk…')
  })

  test('whatever a client sends stays one line of bounded length', () => {
    const [line] = logged({ format: 'text' }, log =>
      log.requestEnded(summaryOf({ requestId: `a\nb\u001b[31m\u2028${'c'.repeat(10_000)}` })),
    )
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(line).not.toMatch(/[\u0000-\u001f\u2028]/)
    expect(line!.length).toBeLessThan(500)
  })

  test('what is no key stays as it is', () => {
    for (const text of ['req-123', 'sk-ill', 'openai/gpt-5', 'risk-assessment-of-the-year-2026', 'h200/a'])
      expect(safeText(text)).toBe(text)
  })

  test('of a traceparent only a valid trace id is told', () => {
    const valid = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    expect(requestJson(summaryOf({ traceparent: valid })).traceId).toBe('0af7651916cd43dd8448eb211c80319c')
    expect(requestJson(summaryOf({ traceparent: `${valid} or else` })).traceId).toBeNull()
  })

  test('fields that are added to a summary stay out until somebody decides', () => {
    const summary = { ...summaryOf(), prompt: 'the prompt' } as RequestSummary
    expect(JSON.stringify(requestJson(summary))).not.toContain('the prompt')
  })
})

describe('writing', () => {
  /** Takes a write at a time and says when it is done only when told. */
  function slowStream() {
    const written: string[] = []
    const waiting: (() => void)[] = []
    const stream: LogStream = {
      write(text, done) {
        written.push(text)
        waiting.push(done)
        return false
      },
    }
    return { stream, written, release: () => waiting.shift()?.() }
  }

  test('lines are gathered into one write, in order', async () => {
    const { stream, written, release } = slowStream()
    const writer = createLogWriter(stream, { everyMs: 0 })
    for (const line of ['a', 'b\n', 'c']) writer.write(line)
    const flushed = writer.flush()
    expect(written).toEqual(['a\nb\nc\n'])
    release()
    await flushed
    expect(written).toHaveLength(1)
  })

  test('a stream that takes nothing loses lines, which are counted and told later; writing never waits', async () => {
    const { stream, written, release } = slowStream()
    const writer = createLogWriter(stream, { everyMs: 0, mostBytes: 100 })
    writer.write('first')
    const flushed = writer.flush()
    for (let line = 0; line < 1000; line++) writer.write(`line ${line}`)
    expect(written).toEqual(['first\n'])
    expect(writer.dropped).toBeGreaterThan(980)
    const { dropped } = writer
    release()
    await expect.poll(() => written.length).toBe(2)
    expect(written[1]).toMatch(/^line 0\nline 1\n/)
    expect(written[1]).toContain(`{"level":"warn","event":"log-lines-dropped","count":${dropped}}\n`)
    release()
    await flushed
  })

  test('what is flushed at the end is written although no timer keeps the process alive', () => {
    const module = JSON.stringify(new URL('./log-writer.ts', import.meta.url).href)
    const script = `const { createLogWriter } = await import(${module})
      const writer = createLogWriter(process.stdout)
      writer.write('a')
      await writer.flush()
      writer.write('b')
      await writer.flush()`
    const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
      encoding: 'utf8',
    })
    expect([stdout, status]).toEqual(['a\nb\n', 0])
  })

  test('a stream that fails is not waited for', async () => {
    const broken: LogStream = {
      write(_, done) {
        done(new Error('EPIPE'))
        return true
      },
    }
    const writer = createLogWriter(broken, { everyMs: 0 })
    writer.write('a')
    await writer.flush()
    writer.write('b')
    await writer.flush()
  })
})
