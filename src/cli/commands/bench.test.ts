/** The real command against a real port: what is printed, what is written, and how it ends. */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startKnownEndpoint } from '../../bench/known-endpoint.ts'
import { startRawServer } from '../../bench/raw-server.fixture.ts'
import type { Emulator } from '../../emulate/index.ts'
import type { BenchResult } from '../../measure/bench-result.ts'

const main = resolve(import.meta.dirname, '../main.ts')
const folder = mkdtempSync(join(tmpdir(), 'tokenwright-bench-command-'))

let emulator: Emulator
beforeAll(async () => {
  emulator = await startKnownEndpoint({ stepSeconds: 0.004, maximumSequences: 64, truthLog: null })
})
afterAll(() => emulator.close())

interface Ended {
  readonly code: number | null
  readonly output: string
  readonly errors: string
}

function bench(words: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const child = spawn(process.execPath, [main, 'bench', ...words], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1', COLUMNS: '120', ...environment },
  })
  let output = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  return new Promise(done => child.on('close', code => done({ code, output, errors })))
}

const short = ['--isl', '30', '--osl', '8', '--warmup-request-count', '2']

describe('a measurement', () => {
  test('prints what it found, keeps it, and can be reported again', async () => {
    const { code, output, errors } = await bench([
      emulator.url,
      ...['--concurrency', '2,4', '--request-count', '20', ...short],
      ...['--hardware', 'h100', '--slo', 'ttft p95 < 5s', '--out', 'kept'],
    ])
    expect(errors).toContain('2/2 concurrency 4')
    expect(code).toBe(0)
    expect(output).toMatch(/^\$\S+ per million tokens at concurrency/)
    expect(output).toContain('agree with what was received (vllm)')
    const kept = join(folder, 'kept')
    const result = JSON.parse(readFileSync(join(kept, 'result.json'), 'utf8')) as BenchResult
    expect(result.points.map(({ summary }) => summary.requests.served)).toEqual([20, 20])
    for (const point of result.points) {
      const { billNanoUsd, ...parts } = point.cost!.allocation
      expect(Object.values(parts).reduce((sum, part) => sum + BigInt(part), 0n)).toBe(BigInt(billNanoUsd))
      expect(point.tokens.counters?.reconciles).toBe(true)
    }
    const lines = readFileSync(join(kept, 'requests.jsonl'), 'utf8').trimEnd().split('\n')
    expect(lines.filter(line => line.includes('"phase":"measured"'))).toHaveLength(40)
    for (const name of ['summary.csv', 'report.html', '2-concurrency-4/profile_export_aiperf.json'])
      expect(existsSync(join(kept, name))).toBe(true)
    const again = await bench(['report', 'kept'])
    expect(again.output).toBe(output)
    const others = await bench(['report', 'kept', '--as-reported-by', 'vllm,guidellm'])
    expect(others.output).toContain('vllm-bench')
  })

  test('the same seed sends the same prompts', async () => {
    const lengths = ['--isl', '50', '--isl-stddev', '15', '--osl', '4', '--warmup-request-count', '0']
    const inputs = async (seed: string) => {
      const words = [emulator.url, '--concurrency', '1', '--request-count', '12', ...lengths]
      const { output } = await bench([...words, '--random-seed', seed, '--json'])
      return (JSON.parse(output) as BenchResult).points[0]!.tokens.server.inputTokens
    }
    expect(await inputs('one')).toBe(await inputs('one'))
  })

  test('a search finds the load that the objective allows', async () => {
    // 64 sequences fit into a step; more wait for as long as answers take.
    const { code, output } = await bench([
      emulator.url,
      ...['--search', 'max-concurrency', '--concurrency', '32,96', '--request-count', '100'],
      ...['--slo', 'e2e p90 < 500ms', '--isl', '10', '--osl', '30', '--json'],
    ])
    expect(code).toBe(0)
    const { search } = JSON.parse(output) as BenchResult
    expect(search?.best).not.toBeNull()
    expect(search?.steps[0]).toMatchObject({ load: 32 })
  })
})

describe('what goes wrong', () => {
  test('nobody listens: one clear error, nothing written', async () => {
    const { code, errors } = await bench(['http://127.0.0.1:9', '-m', 'm', '--out', 'nothing'])
    expect(code).toBe(1)
    expect(errors).toContain('did not answer a first request')
    expect(existsSync(join(folder, 'nothing'))).toBe(false)
  })

  test('every request fails: the report says so, and the exit code is not 0', async () => {
    let asked = 0
    const server = createServer((request, response) => {
      request.resume().on('end', () => {
        // The probes are answered; under load it breaks.
        const good = request.method === 'GET' || asked++ < 3
        const tokens = Number(request.headers['content-length'] ?? 0)
        response.writeHead(good ? 200 : 500, { 'content-type': 'application/json' })
        response.end(
          good
            ? `{"data":[{"id":"m"}],"id":"x","choices":[{"message":{"content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":${tokens},"completion_tokens":1}}`
            : '{"error":{"message":"out of memory"}}',
        )
      })
    })
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as AddressInfo
    const { code, output, errors } = await bench([
      `127.0.0.1:${port}`,
      ...['--concurrency', '2', '--benchmark-duration', '500ms', ...short],
    ])
    server.close()
    expect(code).toBe(1)
    expect(output).toContain('No request was served')
    expect(errors).toContain('http-status')
  })

  test('an objective missed under --require is exit code 3', async () => {
    const words = [emulator.url, '--concurrency', '1', '--request-count', '5', ...short]
    const { code, errors } = await bench([...words, '--slo', 'ttft p50 < 1us', '--require'])
    expect(code).toBe(3)
    expect(errors).toContain('missed')
  })

  test('a key is sent, and stands nowhere', async () => {
    const server = await startRawServer(socket => {
      socket.end('HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n')
    })
    const { code, output, errors } = await bench(
      [`http://127.0.0.1:${server.port}`, '-m', 'm', '--out', 'secret'],
      {
        TOKENWRIGHT_API_KEY: 'sk-very-secret',
      },
    )
    await server.close()
    expect(code).toBe(1)
    expect(errors).toContain('TOKENWRIGHT_API_KEY')
    expect(server.requests.some(request => /authorization: bearer sk-very-secret/i.test(request))).toBe(true)
    expect(output + errors).not.toContain('sk-very-secret')
  })

  test.each([
    [['ftp://host'], '“ftp://host” is not the URL'],
    [['http://h', '--concurrency', '0'], '--concurrency'],
    [['http://h', '--concurrency', '4k4'], '--concurrency'],
    [['http://h', '--request-rate', '-1'], '--request-rate'],
    [['http://h', '--isl', '1e99'], '--isl'],
    [['http://h', '--search', 'cheapest'], 'nothing to search for'],
    [['http://h', '--search', 'min-cost'], 'a search needs objectives'],
    [['http://h', '--tier', 'spot'], '--tier says nothing without --hardware or --deployment'],
    [['http://h', '--search', 'min-cost', '--slo', 'ttft p50 < 1s'], 'something has a price'],
    [['http://h', '--require'], '--require says nothing without --slo'],
    [['http://h', '--fixed-schedule'], '--fixed-schedule says nothing without --input-file'],
    [['http://h', '--endpoint', 'chats'], 'no endpoint called "chats"'],
    [['http://h', '--goodput', 'ttft'], '"ttft" is no limit'],
    [['http://h', '--arrival-pattern', 'normal'], 'normal'],
    [['http://h', '--benchmark-duration', '5 parsecs'], '--benchmark-duration'],
    [['report', 'nowhere'], 'nowhere'],
    [['http://h', 'again'], 'one word too many'],
    [[], 'nothing says which endpoint'],
  ])('%j', async (words, message) => {
    const { code, errors, output } = await bench(words)
    expect(errors).toContain(message)
    expect(code).toBeGreaterThanOrEqual(1)
    expect(code).toBeLessThanOrEqual(2)
    expect(output).toBe('')
    expect(errors.trimEnd().split('\n').length).toBeLessThanOrEqual(4)
  })
})

test('a template describes any other endpoint', async () => {
  const server = await startRawServer(socket => {
    const body = '{"out":{"words":"fine"},"counts":[7,1]}'
    socket.write(
      `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    )
  })
  const template = {
    body: { q: '{{prompt}}', n: '{{max_tokens}}' },
    streams: false,
    answer: { text: 'out.words', inputTokens: 'counts.0', outputTokens: 'counts.1' },
  }
  writeFileSync(join(folder, 'template.json'), JSON.stringify(template))
  const { code, output } = await bench([
    `http://127.0.0.1:${server.port}`,
    ...['-m', 'm', '--endpoint', 'template', '--template', 'template.json', '--endpoint-path', '/ask'],
    ...['--concurrency', '1', '--request-count', '3', '--warmup-request-count', '0', '--json'],
  ])
  await server.close()
  expect(code).toBe(0)
  const [point] = (JSON.parse(output) as BenchResult).points
  expect(point!.summary.requests.served).toBe(3)
  expect(point!.summary.tokens).toMatchObject({ input: 21, output: 3 })
})
