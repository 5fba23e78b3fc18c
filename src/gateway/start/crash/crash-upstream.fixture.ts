/** An API that answers chat with usage of its own choosing, and remembers what it told for which request. */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RandomStream } from '../../../core/random.ts'

export interface ToldUsage {
  readonly input: number
  readonly cached: number
  readonly output: number
}

export interface CrashUpstream {
  readonly url: string
  /** Of the whole answers begun so far, by the gateway's request id; the last one where there were several. */
  readonly told: ReadonlyMap<string, ToldUsage>
  close(): Promise<void>
}

/** Share of requests that fail before their answer, so that there are second attempts. */
const failing = 0.05
/** Longest pause between two pieces of an answer, ms: answers then take some 50 ms, and most kills fall into some of them. */
const longestPauseMs = 12

export async function startCrashUpstream(random: RandomStream): Promise<CrashUpstream> {
  const told = new Map<string, ToldUsage>()
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const id = String(request.headers['x-request-id'])
      const { stream = false } = JSON.parse(Buffer.concat(pieces).toString()) as { stream?: boolean }
      // The gateway may be killed at any time: its connections then break.
      void answer(id, stream, response).catch(() => response.destroy())
    })
    request.on('error', () => {})
  })

  async function answer(id: string, stream: boolean, response: ServerResponse): Promise<void> {
    response.on('error', () => {})
    await sleep(random.uniform() * longestPauseMs)
    if (random.uniform() < failing) {
      response.writeHead(500, { 'content-type': 'application/json' }).end('{"error":{"message":"by chance"}}')
      return
    }
    const input = 10 + Math.floor(random.uniform() * 1000)
    const usage = {
      input,
      cached: Math.floor(random.uniform() * input),
      output: 1 + Math.floor(random.uniform() * 12),
    }
    told.set(id, usage)
    const wire = {
      prompt_tokens: usage.input,
      completion_tokens: usage.output,
      total_tokens: usage.input + usage.output,
      prompt_tokens_details: { cached_tokens: usage.cached },
    }
    if (!stream) {
      const choices = [
        {
          index: 0,
          message: { role: 'assistant', content: 'word '.repeat(usage.output) },
          finish_reason: 'stop',
        },
      ]
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(
        JSON.stringify({ id, object: 'chat.completion', created: 1, model: 'up', choices, usage: wire }),
      )
      return
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const send = (choices: object[], told: object | null): void => {
      const chunk = { id, object: 'chat.completion.chunk', created: 1, model: 'up', choices, usage: told }
      response.write(`data: ${JSON.stringify(chunk)}\n\n`)
    }
    for (let token = 0; token < usage.output && !response.destroyed; token++) {
      send([{ index: 0, delta: { content: 'word ' }, finish_reason: null }], null)
      await sleep(random.uniform() * longestPauseMs)
    }
    send([{ index: 0, delta: {}, finish_reason: 'stop' }], null)
    send([], wire)
    response.end('data: [DONE]\n\n')
  }

  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    told,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
