/** Traffic of the demo: conversations of two tenants that begin with a long common instruction and grow by their answers. */
import type { RandomSource } from '../core/random.ts'
import { createStreamingClient, parseTarget, startMonotonicClock } from '../live/index.ts'

export interface DemoTraffic {
  /** Begins no more requests; resolves when those under way are over. */
  stop(): Promise<void>
}

/** Assumed, so that something is to be seen: conversations that run at once, turns of each, pauses between turns. */
const conversations = 24
const turns = 6
const meanPauseMs = 1500
const instructionWords = 600

export function startDemoTraffic(
  url: string,
  keys: readonly { readonly tenant: string; readonly text: string }[],
  random: RandomSource,
): DemoTraffic {
  const clock = startMonotonicClock()
  const client = createStreamingClient(parseTarget(url), { nowUs: clock.nowUs })
  let stopped = false
  const running = Array.from({ length: conversations }, (_, index) => converse(index))

  async function converse(index: number): Promise<void> {
    const stream = random.stream('conversation', index)
    const { text: key, tenant } = keys[index % keys.length]!
    const instruction = wordsOf(tenant, instructionWords)
    while (!stopped) {
      const messages = [{ role: 'system', content: instruction }]
      for (let turn = 0; turn < turns && !stopped; turn++) {
        await new Promise(resolve => setTimeout(resolve, -meanPauseMs * Math.log(1 - stream.uniform())))
        if (stopped) return
        messages.push({ role: 'user', content: wordsOf(`${index} ${turn} ${stream.uniform()}`, 40) })
        const answer = await ask(key, `${index}`, messages, 50 + stream.integer(200))
        messages.push({ role: 'assistant', content: answer })
      }
    }
  }

  function ask(
    key: string,
    session: string,
    messages: readonly object[],
    outputTokens: number,
  ): Promise<string> {
    const body = Buffer.from(
      JSON.stringify({ model: 'llama', stream: true, max_tokens: outputTokens, messages }),
    )
    const headers = {
      'content-type': 'application/json',
      authorization: `Bearer ${key}`,
      'x-session-id': session,
    }
    return new Promise(resolve => {
      let heard = ''
      client.send(
        { method: 'POST', path: '/v1/chat/completions', headers, body },
        {
          sent() {},
          head() {},
          data(_atUs, bytes) {
            heard += Buffer.from(bytes).toString('utf8')
          },
          end: () => resolve(contentOf(heard)),
          failure: () => resolve(''),
        },
      )
    })
  }

  return {
    async stop() {
      stopped = true
      await Promise.all(running)
      client.close()
    },
  }
}

function contentOf(events: string): string {
  return [...events.matchAll(/"content":("(?:[^"\\]|\\.)*")/g)]
    .map(([, text]) => JSON.parse(text!) as string)
    .join('')
}

/** The same words for the same seed. */
function wordsOf(seed: string, count: number): string {
  return Array.from({ length: count }, (_, index) => `${seed.slice(0, 6)}${(index * 7919) % 1000}`).join(' ')
}
