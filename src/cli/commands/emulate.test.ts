/** `emulate` as a user meets it: a process behind a port, official clients, a signal, a truth log that is whole. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TokenwrightError } from '../../core/errors.ts'
import type { TruthEnd, TruthHeader, TruthRecord } from '../../emulate/index.ts'
import { deployments, folder, type RunningCommand, startCommand, writeDeployment } from './emulate.fixture.ts'
import { emulateCommand } from './emulate.ts'

const aggregated = writeDeployment('deployment.yaml', deployments.aggregated)
const pools = writeDeployment('pools.yaml', deployments.disaggregated)
const model = 'meta-llama/Llama-3.1-8B'

function clientOf({ port }: RunningCommand, apiKey = 'none'): OpenAI {
  return new OpenAI({ baseURL: `http://localhost:${port}/v1`, apiKey, maxRetries: 0 })
}

/** Streams an answer; its text and usage. */
async function streamed(client: OpenAI, name: string, tokens: number) {
  const stream = await client.chat.completions.create({
    model: name,
    messages: [{ role: 'user', content: 'Say something.' }],
    max_tokens: tokens,
    stream: true,
    stream_options: { include_usage: true },
  })
  let text = ''
  let usage: OpenAI.CompletionUsage | null = null
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? ''
    usage = chunk.usage ?? usage
  }
  return { text, usage }
}

function truthOf(name: string) {
  const lines = readFileSync(join(folder, name), 'utf8').trimEnd().split('\n')
  const parsed = lines.map(line => JSON.parse(line) as TruthHeader | TruthRecord | TruthEnd)
  return {
    header: parsed[0] as TruthHeader,
    requests: parsed.slice(1, -1) as TruthRecord[],
    end: parsed.at(-1) as TruthEnd,
  }
}

describe('a deployment file', () => {
  let command: RunningCommand
  beforeAll(async () => {
    command = await startCommand([aggregated, '--truth-log', 'truth.jsonl', '--time-scale', '5'])
  })
  afterAll(() => command.process.kill('SIGKILL'))

  test('serves an official client, and ends in order with a whole truth log and a summary', async () => {
    const client = clientOf(command)
    expect(command.output()).toContain(`emulating a deployment at http://127.0.0.1:${command.port}\n`)
    expect(command.output()).toContain('2 replicas; each with a cache of')
    const { data } = await client.models.list()
    expect(data.map(({ id }) => id)).toEqual([model])
    const { text, usage } = await streamed(client, model, 12)
    expect(usage).toMatchObject({ completion_tokens: 12 })
    expect(text.length).toBeGreaterThan(12)
    const whole = await client.chat.completions.create({
      model,
      messages: [{ role: 'user', content: 'And then?' }],
      max_tokens: 5,
    })
    expect(whole.usage).toMatchObject({ completion_tokens: 5 })
    await expect(client.chat.completions.create({ model: 'other', messages: [] })).rejects.toThrow(/404/)
    const metrics = await (await fetch(`http://localhost:${command.port}/metrics`)).text()
    expect(metrics).toContain(`vllm:num_requests_running{engine="1",model_name="${model}"}`)

    // One request is still under way when the signal comes: it is cut, and the log tells so.
    const long = { model, prompt: 'On and on', max_tokens: 20_000, ignore_eos: true, stream: true } as const
    const begun = await client.completions.create(long)
    const chunks = begun[Symbol.asyncIterator]()
    expect((await chunks.next()).done).toBe(false)
    const rest = (async () => {
      while (!(await chunks.next()).done);
    })().catch((error: unknown) => error)
    const { code, output, errors } = await command.stop('SIGTERM')
    expect(await rest).toBeInstanceOf(Error)
    expect(errors).toBe('')
    expect(code).toBe(0)
    const { header, requests, end } = truthOf('truth.jsonl')
    expect(header).toMatchObject({ kind: 'start', timeScale: 5, models: [model] })
    expect(end).toMatchObject({ kind: 'end', requests: 4 })
    expect(requests.map(({ outcome }) => outcome).toSorted()).toEqual([
      'cancelled',
      'rejected',
      'served',
      'served',
    ])
    expect(requests[0]!.chunks.reduce((sum, [, , tokens]) => sum + tokens, 0)).toBe(12)
    const summary = output.slice(output.indexOf('\nran '))
    expect(summary).toMatch(/requests +4: 2 served, 1 rejected, 1 cancelled\n/)
    expect(summary).toMatch(
      /lateness +p50 .+, p99 .+, max .+: handed to the socket less due, \d[\d,]* chunks\n/,
    )
    expect(summary).toMatch(/tokens +\d+ in \(\d+ cached\), 17 out\n/)
    expect(summary).toMatch(/bill +\$0\.0\d+, \d+(\.\d)? % of it idle; \$[\d,.]+ per million tokens\n/)
  })
})

describe('several deployments', () => {
  test('answer by their names; JSON lines tell of start and end', async () => {
    const command = await startCommand(
      [
        ...[aggregated, pools, '--json', '--time-scale', '10', '--startup', '1s'],
        ...['--served-model-name', 'large', '--served-model-name', 'small,cheap'],
        ...['--router', 'kv-aware', '--fault', 'large: crash 1 at 1s for 5s'],
        ...['--request-fault', 'status;code=429 in 100%', '--mean-output', '7'],
      ],
      { TOKENWRIGHT_API_KEY: 'secret' },
    )
    try {
      const started = JSON.parse(command.output())
      expect(started).toMatchObject({ event: 'started', port: command.port, apiKey: true, timeScale: 10 })
      expect(started.models.map(({ id }: { id: string }) => id)).toEqual(['large', 'small'])
      expect(started.models[1].pools.map(({ role }: { role: string }) => role)).toEqual(['prefill', 'decode'])
      await expect(streamed(clientOf(command, 'wrong'), 'large', 3)).rejects.toThrow(/401/)
      const client = clientOf(command, 'secret')
      await expect(streamed(client, 'large', 3)).rejects.toThrow(/429/)
      // A fault that is asked for goes before those by chance.
      const fine = { headers: { 'x-tokenwright-fault': 'no-usage' } }
      const ask = (name: string) =>
        client.completions.create({ model: name, prompt: 'Once upon a time', max_tokens: 9 }, fine)
      expect((await ask('large')).choices[0]!.text.length).toBeGreaterThan(8)
      expect((await ask('cheap')).choices[0]!.text.length).toBeGreaterThan(8)
      const metrics = await (await fetch(`http://localhost:${command.port}/metrics`)).text()
      expect(metrics).toContain('model_name="large"')
      expect(metrics).toMatch(/^sglang:.*model_name="small"/m)
    } finally {
      const { code, output } = await command.stop('SIGINT')
      expect(code).toBe(0)
      const ended = JSON.parse(output.trimEnd().split('\n')[1]!)
      expect(ended).toMatchObject({
        event: 'ended',
        signal: 'SIGINT',
        requests: { served: 2, rejected: 2, failed: 0, cancelled: 0 },
        models: [
          { id: 'large', tokens: { requests: 1, outputTokens: 9 } },
          { id: 'small', tokens: { requests: 1, outputTokens: 9 } },
        ],
      })
      expect(Number(ended.models[0].billUsd)).toBeGreaterThan(0)
    }
  })
})

describe('flags', () => {
  test('describe a deployment; KV events go out over ZeroMQ', async () => {
    const endpoint = `ipc://${folder}/events`
    const command = await startCommand([
      ...['--model', model, '--hardware', '2xh200', '--tp', '1', '--max-num-seqs', '4', '--time-scale', '10'],
      ...['--kv-events-endpoint', endpoint, '--kv-events-topic', 'kv@{pod}@{model}'],
    ])
    try {
      expect(command.output()).toContain('KV events')
      const { Subscriber } = await import('zeromq')
      const { decode } = await import('@msgpack/msgpack')
      const subscriber = new Subscriber({ receiveTimeout: 10_000 })
      subscriber.connect(endpoint)
      subscriber.subscribe('kv@localhost@')
      // A subscription takes a moment to arrive; what was published before is lost to it.
      const client = clientOf(command)
      let over = false
      const asking = (async () => {
        for (let round = 0; !over && round < 100; round++)
          await client.completions.create({
            model,
            prompt: `round ${round} ${'word '.repeat(40)}`,
            max_tokens: 2,
          })
      })()
      const [topic, , payload] = await subscriber.receive()
      over = true
      await asking
      subscriber.close()
      expect(topic!.toString()).toBe(`kv@localhost@${model}`)
      const [, [event]] = decode(payload!) as [number, [{ readonly type: string }]]
      expect(event.type).toBe('BlockStored')
    } finally {
      const { code, errors } = await command.stop()
      expect(errors).toBe('')
      expect(code).toBe(0)
    }
  })
})

describe('bad input is refused before anything listens', () => {
  const cases: readonly (readonly [name: string, flags: readonly string[], text: RegExp])[] = [
    ['nothing to serve', [], /nothing says what serves/],
    ['no such file', ['nowhere.yaml'], /cannot read the deployment file: no such file/],
    ['no deployment', [join(import.meta.dirname, 'emulate.ts')], /emulate\.ts/],
    ['file and flags', [aggregated, '--model', model], /says what serves, and so does --model/],
    ['port of nowhere', [aggregated, '--port', '70000'], /no port 70000/],
    ['port that is no number', [aggregated, '--port', 'http'], /--port/],
    ['address of nowhere', [aggregated, '--port', '0', '--host', '192.0.2.1'], /no such address/],
    ['frozen time', [aggregated, '--time-scale', '0'], /out of range/],
    ['truth log nowhere', [aggregated, '--port', '0', '--truth-log', 'no/where/truth.jsonl'], /truth log/],
    ['unknown request fault', [aggregated, '--request-fault', 'stal in 1%'], /did you mean stall/],
    ['request fault without share', [aggregated, '--request-fault', 'stall;ms=5'], /in which share/],
    [
      'faults in all and more',
      [aggregated, '--request-fault', 'stall in 70%', '--request-fault', 'drip in 50%'],
      /120 %/,
    ],
    ['fault of no replica', [aggregated, '--fault', 'crash 7 at 1s for 1s'], /no replica 7/],
    [
      'fault of whom',
      [
        aggregated,
        pools,
        '--served-model-name',
        'a',
        '--served-model-name',
        'b',
        '--fault',
        'crash 0 at 1s for 1s',
      ],
      /of which model/,
    ],
    ['fault of nobody', [aggregated, '--fault', 'c: crash 0 at 1s for 1s'], /no model is called "c"/],
    ['one name twice', [aggregated, pools], /two models would answer/],
    [
      'more names than deployments',
      [aggregated, '--served-model-name', 'a', '--served-model-name', 'b'],
      /2 times for one/,
    ],
    ['empty key', [aggregated, '--api-key', ''], /API key is empty/],
    ['share above the whole', [aggregated, '--reasoning-share', '120%'], /share/],
    ['all of it reasoning', [aggregated, '--reasoning-share', '100%'], /out of range/],
    ['unknown reasoning field', [aggregated, '--reasoning-field', 'thoughts'], /reasoning_content/],
    ['metrics and none', [aggregated, '--no-metrics', '--kv-events-endpoint', 'tcp://*:1'], /contradict/],
    ['names of what', [aggregated, '--metric-names', 'vlm'], /did you mean vllm/],
    ['topic of nothing', [aggregated, '--kv-events-topic', 'kv'], /without --kv-events-endpoint/],
    ['port beyond the last', [aggregated, '--kv-events-endpoint', 'tcp://*:99999'], /no endpoint of ZeroMQ/],
    ['endpoint of nothing', [aggregated, '--kv-events-endpoint', '5557'], /no endpoint of ZeroMQ/],
    [
      'unknown format',
      [aggregated, '--kv-events-endpoint', 'tcp://*:1', '--kv-events-format', 'vllm-9'],
      /vllm-0\.24/,
    ],
    ['answers of no length', [aggregated, '--mean-output', '-1'], /negative/],
    ['unknown router', [aggregated, '--router', 'prefix'], /prefix-aware/],
  ]
  test.for(cases)('%s', async ([, flags, text]) => {
    const refused = await emulateCommand()
      .exitOverride()
      .parseAsync([...flags], { from: 'user' })
      .catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(TokenwrightError)
    const { message, where, fix } = refused as TokenwrightError
    expect(`${message} ${where} ${fix}`).toMatch(text)
    expect(fix).not.toBe('')
  })

  test('a port that is taken', async () => {
    const server = createServer()
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const refused = emulateCommand().parseAsync([aggregated, '--port', String(port)], { from: 'user' })
    await expect(refused).rejects.toThrow(`cannot listen on 127.0.0.1:${port}: another program listens there`)
    server.close()
  })
})
