/** The truth log against what clients saw, and against virtual time. */
import { request as httpRequest } from 'node:http'
import { describe, expect, test } from 'vitest'
import type { RequestRecord } from '../metrics/record.ts'
import { simulate } from '../sim/driver.ts'
import { plainRequest, type WorkloadRequest } from '../workload/request.ts'
import { startTestEmulator, testFleet, testModel } from './emulator.fixture.ts'
import { rawPost } from './raw-client.fixture.ts'

const chat = (content: string, tokens: number, stream = true) => ({
  model: 'test-model',
  messages: [{ role: 'user', content }],
  stream,
  ...(stream ? { stream_options: { include_usage: true } } : {}),
  max_tokens: tokens,
  ignore_eos: true,
})

interface Chunk {
  readonly id: string
  readonly choices: readonly { readonly delta: { readonly content?: string } }[]
  readonly usage?: {
    readonly prompt_tokens: number
    readonly completion_tokens: number
    readonly prompt_tokens_details: { readonly cached_tokens: number }
  }
}

describe('truth log', () => {
  test('says what clients saw', async () => {
    const emulator = await startTestEmulator()
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        rawPost(emulator.port, '/v1/chat/completions', chat(`number ${index}`, 5 + (index % 7))),
      ),
    )
    const lateness = emulator.lateness()
    const { header, requests, end } = await emulator.truth()
    expect(header).toMatchObject({ kind: 'start', version: 1, timeScale: 10, models: ['test-model'] })
    expect(Date.parse(header.startedAt)).toBeGreaterThan(Date.now() - 60_000)
    expect(end).toMatchObject({ kind: 'end', requests: 30 })
    expect(requests).toHaveLength(30)
    expect(requests.map(({ id }) => id).toSorted((a, b) => a! - b!)).toEqual(
      Array.from({ length: 30 }, (_, id) => id),
    )
    for (const answer of answers) {
      const chunks = answer.events.slice(0, -1).map(data => JSON.parse(data) as Chunk)
      const truth = requests.find(({ request }) => request === chunks[0]!.id)!
      expect(answer.headers['x-request-id']).toBe(truth.request)
      const texts = chunks.filter(chunk => (chunk.choices[0]?.delta.content ?? '') !== '')
      expect(truth.chunks).toHaveLength(texts.length)
      const usage = chunks.at(-1)!.usage!
      expect(truth).toMatchObject({
        path: '/v1/chat/completions',
        stream: true,
        status: 200,
        outcome: 'served',
        reason: '',
        replica: 0,
        fault: null,
        inputTokens: usage.prompt_tokens,
        cachedTokens: usage.prompt_tokens_details.cached_tokens,
        outputTokens: usage.completion_tokens,
        plannedOutputTokens: usage.completion_tokens,
      })
      expect(truth.chunks.reduce((sum, chunk) => sum + chunk[2], 0)).toBe(truth.outputTokens)
      const times = [
        truth.arrivalUs,
        truth.queuedUs!,
        truth.startedUs!,
        truth.firstTokenUs!,
        truth.lastTokenUs!,
      ]
      expect(times).toEqual(times.toSorted((a, b) => a - b))
      expect(truth.chunks[0]![0]).toBe(truth.firstTokenUs)
      expect(truth.chunks[0]![1]).toBe(truth.firstWrittenUs)
      expect(truth.chunks.at(-1)![0]).toBe(truth.lastTokenUs)
      expect(truth.closedUs).toBeGreaterThanOrEqual(truth.chunks.at(-1)![1])
      let before = 0
      for (const [dueUs, writtenUs] of truth.chunks) {
        expect(writtenUs).toBeGreaterThanOrEqual(dueUs)
        expect(dueUs).toBeGreaterThan(before)
        before = dueUs
      }
      expect(truth.joules).toBeGreaterThan(0)
    }
    const rows = requests.flatMap(({ chunks }) => chunks)
    expect(lateness.chunks).toBe(rows.length)
    const latest = Math.max(...rows.map(([dueUs, writtenUs]) => writtenUs - dueUs)) / 10_000
    expect(lateness.maximumMs).toBeCloseTo(latest, 6)
  })

  test('shares of energy add up to that of the steps', async () => {
    const fleet = testFleet()
    const emulator = await startTestEmulator({ models: [testModel('test-model', fleet)] })
    await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        rawPost(emulator.port, '/v1/chat/completions', chat(`number ${index}`, 20, index % 2 === 0)),
      ),
    )
    const [pool] = fleet.usage(emulator.nowUs())
    const { requests } = await emulator.truth()
    const shared = requests.reduce((sum, { joules }) => sum + joules!, 0)
    expect(shared).toBeCloseTo(pool!.busySeconds * 500, 3)
  })

  test('its arrivals, replayed in virtual time, give its schedule', async () => {
    const options = { replicas: 2, engine: { prefixCaching: false, maximumSequences: 3 } }
    const emulator = await startTestEmulator({ models: [testModel('test-model', testFleet(options))] })
    await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        rawPost(
          emulator.port,
          '/v1/chat/completions',
          chat('word '.repeat(index * 20), 3 + index, index % 3 > 0),
        ),
      ),
    )
    const { requests } = await emulator.truth()
    const arrivals = requests
      .toSorted((a, b) => a.id! - b.id!)
      .map(
        ({ id, arrivalUs, inputTokens, plannedOutputTokens }): WorkloadRequest => ({
          ...plainRequest,
          id: id!,
          arrivalUs,
          inputTokens,
          outputTokens: plannedOutputTokens,
          model: 'test-model',
        }),
      )
    const records = new Map<number, RequestRecord>()
    let next = 0
    simulate(
      {
        totalRequests: arrivals.length,
        accept() {},
        nextUs: () => arrivals[next]?.arrivalUs ?? Number.POSITIVE_INFINITY,
        wake: (nowUs, out) => {
          while (next < arrivals.length && arrivals[next]!.arrivalUs <= nowUs) out.push(arrivals[next++]!)
        },
      },
      testFleet(options),
      event => {
        if (event.kind === 'ended') records.set(event.record.id, event.record)
      },
    )
    for (const truth of requests) {
      const record = records.get(truth.id!)!
      expect({
        replica: truth.replica,
        startedUs: truth.startedUs,
        firstTokenUs: truth.firstTokenUs,
        lastTokenUs: truth.lastTokenUs,
      }).toEqual({
        replica: record.replica,
        startedUs: record.startedUs,
        firstTokenUs: record.firstTokenUs,
        lastTokenUs: record.lastTokenUs,
      })
    }
  })

  test('tells of cancelled requests, refusals and requests cut by the end', async () => {
    const emulator = await startTestEmulator()
    await new Promise<void>(resolve => {
      const body = JSON.stringify(chat('I go away', 20_000))
      const request = httpRequest(
        {
          port: emulator.port,
          path: '/v1/chat/completions',
          method: 'POST',
          headers: { 'content-length': body.length },
        },
        response => {
          response.on('error', () => {})
          response.once('data', () => {
            request.destroy()
            resolve()
          })
        },
      )
      request.on('error', () => {})
      request.end(body)
    })
    await expect.poll(() => emulator.inFlight).toBe(0)
    await rawPost(emulator.port, '/v1/chat/completions', { ...chat('x', 1), model: 'none' })
    const cut = rawPost(emulator.port, '/v1/chat/completions', chat('too long', 20_000))
    await expect.poll(() => emulator.inFlight).toBe(1)
    const { requests } = await emulator.truth()
    expect((await cut).ending).not.toBe('complete')
    expect(requests.map(({ outcome, status }) => [outcome, status])).toEqual([
      ['cancelled', 200],
      ['rejected', 404],
      ['cancelled', 200],
    ])
    const [gone] = requests
    expect(gone!.outputTokens).toBeLessThan(20_000)
    expect(gone!.plannedOutputTokens).toBe(20_000)
  })

  test('requests given without HTTP run at their time', async () => {
    const emulator = await startTestEmulator()
    const atUs = emulator.nowUs() + 500_000
    const record = await emulator.submit(
      {
        inputTokens: 100,
        outputTokens: 3,
        content: null,
        session: -1,
        turn: 0,
        tenant: 't',
        model: 'alias',
        priority: 0,
      },
      atUs,
    )
    expect(record).toMatchObject({
      id: 0,
      sentUs: atUs,
      startedUs: atUs,
      firstTokenUs: atUs + 20_000,
      outputTokens: 3,
    })
    expect(emulator.nowUs()).toBeGreaterThanOrEqual(atUs)
    await emulator.close()
  })
})
