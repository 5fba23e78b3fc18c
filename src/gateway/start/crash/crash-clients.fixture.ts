/** Clients that ask again and again, and note which of their answers they got in full. */
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RandomStream } from '../../../core/random.ts'

export interface CrashClients {
  /** Ids of requests whose answer came in full. */
  readonly completed: ReadonlySet<string>
  /** Answers that broke off, and requests that got none. */
  readonly broken: number
  /** Answers that say what is wrong. */
  readonly refused: number
  /** To whom they speak from now on; null: they wait. */
  speakTo(url: string | null): void
  /** Resolves when the last of them has its answer, or knows that there is none. */
  stop(): Promise<void>
}

/** Without a gateway they look again after this, ms. */
const lookAgainMs = 5

export function startCrashClients(count: number, random: RandomStream): CrashClients {
  const completed = new Set<string>()
  const agent = new Agent({ keepAlive: true })
  let broken = 0
  let refused = 0
  let url: string | null = null
  let isStopped = false

  async function client(): Promise<void> {
    while (!isStopped) {
      if (url === null) {
        await sleep(lookAgainMs)
        continue
      }
      const kind = random.uniform()
      const body = {
        model: 'crash',
        messages: [{ role: 'user', content: `Hello ${Math.floor(random.uniform() * 100)}` }],
        max_tokens: 16,
        ...(kind < 0.6 ? { stream: true } : {}),
        ...(kind < 0.3 ? { stream_options: { include_usage: true } } : {}),
      }
      const outcome = await ask(agent, url, JSON.stringify(body), kind < 0.6)
      if (outcome.kind === 'completed') completed.add(outcome.requestId)
      else if (outcome.kind === 'refused') refused++
      else {
        broken++
        await sleep(lookAgainMs)
      }
    }
  }
  const running = Array.from({ length: count }, client)
  return {
    completed,
    get broken() {
      return broken
    },
    get refused() {
      return refused
    },
    speakTo(next) {
      url = next
    },
    async stop() {
      isStopped = true
      await Promise.all(running)
      agent.destroy()
    },
  }
}

type Outcome =
  | { readonly kind: 'completed'; readonly requestId: string }
  | { readonly kind: 'refused' | 'broken' }

function ask(agent: Agent, url: string, body: string, isStream: boolean): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  const outgoing = request(
    `${url}/v1/chat/completions`,
    {
      method: 'POST',
      agent,
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    },
    response => {
      const pieces: Buffer[] = []
      response.on('data', (piece: Buffer) => pieces.push(piece))
      response.on('error', () => resolve({ kind: 'broken' }))
      response.on('close', () => {
        const text = Buffer.concat(pieces).toString()
        const requestId = String(response.headers['x-request-id'])
        // A stream is whole when its end mark came, whether or not the connection lived on.
        const isWhole = isStream ? text.includes('data: [DONE]\n\n') : response.complete
        if (response.statusCode !== 200) resolve({ kind: response.complete ? 'refused' : 'broken' })
        else if (isWhole && !text.includes('"error"')) resolve({ kind: 'completed', requestId })
        else resolve({ kind: 'broken' })
      })
    },
  )
  outgoing.on('error', () => resolve({ kind: 'broken' }))
  outgoing.end(body)
  return promise
}
