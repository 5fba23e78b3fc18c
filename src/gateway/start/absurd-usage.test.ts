/** Upstreams that tell usage which cannot be: it stops neither the gateway nor its ledger, and is not billed as it stands. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { auditLedger } from '../ledger/index.ts'
import {
  chatAnswer,
  chatEvents,
  hello,
  later,
  sendEvents,
  sendJson,
  startTestGateway,
  startUpstream,
} from './gateway.fixture.ts'

/** What it says of its input and output, and whether any of it can be believed. */
const told: readonly (readonly [name: string, input: unknown, output: unknown, state: string])[] = [
  ['more than anybody can send', 9e15, 9e15, 'estimated'],
  ['beyond all numbers', 1e308, 5, 'estimated'],
  ['negative', -5, -7, 'estimated'],
  ['parts of tokens', 1.5, 2.5, 'estimated'],
  ['texts', '100', '5', 'estimated'],
  ['more cached than there are', 10, 5, 'reported'],
  ['nothing', null, null, 'estimated'],
]
/** $1,000 a million: a thousand tokens are a dollar. */
const offer = (url: string) => ({ url, apiKey: 'none', price: { uncachedInput: '1000', output: '1000' } })

test.each([true, false])('counts of tokens that cannot be, streamed: %s', async stream => {
  let turn = 0
  const upstream = await startUpstream((_, response) => {
    const [, input, output] = told[turn++]!
    const usage = {
      prompt_tokens: input,
      completion_tokens: output,
      prompt_tokens_details: { cached_tokens: input === 10 ? 1000 : 0 },
    }
    if (stream) sendEvents(response, chatEvents(['a', 'b'], usage))
    else sendJson(response, 200, chatAnswer('a b', usage))
  })
  const folder = mkdtempSync(join(tmpdir(), 'absurd-usage-'))
  later(() => rmSync(folder, { recursive: true, force: true }))
  const { post, settlements, gateway, notices } = await startTestGateway({
    ledger: { kind: 'sqlite', path: join(folder, 'ledger.sqlite') },
    offers: { api: offer(upstream.url) },
    models: { llama: { candidates: ['api'] } },
  })
  for (const _ of told) {
    const response = await post('/v1/chat/completions', { ...hello, stream })
    expect(response.status).toBe(200)
    await response.text()
  }
  const settled = await settlements()
  expect(settled.map(({ state }) => state)).toEqual(told.map(([, , , state]) => state))
  for (const { usage } of settled) {
    expect(usage.uncachedInput + usage.cachedInput).toBeLessThanOrEqual(100)
    expect(usage.output).toBeLessThanOrEqual(5)
  }
  expect(notices).toEqual([])
  expect((await auditLedger(gateway.ledger)).problems).toEqual([])
})

test('a recording longer than any', async () => {
  const upstream = await startUpstream((_, response) =>
    sendJson(response, 200, '{"text":"a b","usage":{"type":"duration","seconds":1e300}}'),
  )
  const { url, settlements, notices } = await startTestGateway({
    offers: { ears: { url: upstream.url, apiKey: 'none', price: { perAudioHour: '0.36' } } },
    models: { llama: { candidates: ['ears'] } },
  })
  const form = new FormData()
  form.set('model', 'llama')
  form.set('file', new Blob(['sound']), 'a.wav')
  const response = await fetch(`${url}/v1/audio/transcriptions`, { method: 'POST', body: form })
  expect(response.status).toBe(200)
  expect((await settlements())[0]).toMatchObject({ state: 'estimated', costNanoUsd: {} })
  // Tokens are estimated in its place, and have no price there.
  expect(new Set(notices.map(({ event }) => event))).toEqual(new Set(['unpriced-usage']))
})
