/** Clients of the parity runs: plain HTTP, every request when it is due, prompts as token ids. */
import { Agent, request as httpRequest } from 'node:http'
import type { WorkloadRequest } from '../src/workload/request.ts'

/** Sends all requests at their times, `timeScale` times as fast, counted from now; how many chunks with text came. */
export async function askAll(
  port: number,
  requests: readonly WorkloadRequest[],
  timeScale: number,
  givesUp: (request: WorkloadRequest) => boolean = () => false,
): Promise<number> {
  const agent = new Agent({ keepAlive: true })
  const startMs = performance.now()
  const chunks = await Promise.all(
    requests.map(async request => {
      const waitMs = request.arrivalUs / 1000 / timeScale - (performance.now() - startMs)
      await new Promise(resolve => setTimeout(resolve, Math.max(0, waitMs)))
      return ask(port, agent, request, givesUp(request))
    }),
  )
  agent.destroy()
  return chunks.reduce((sum, count) => sum + count, 0)
}

/** Streams one answer; how many chunks with text came. */
function ask(port: number, agent: Agent, request: WorkloadRequest, givesUp: boolean): Promise<number> {
  const body = JSON.stringify({
    model: 'parity',
    prompt: promptOf(request),
    max_tokens: request.outputTokens,
    ignore_eos: true,
    priority: request.priority,
    stream: true,
  })
  return new Promise((resolve, reject) => {
    let text = ''
    const done = () => resolve(text.split('"text":"').length - 1)
    const sent = httpRequest({
      host: '127.0.0.1',
      port,
      agent,
      method: 'POST',
      path: '/v1/completions',
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    })
    sent.on('error', givesUp ? done : reject)
    sent.on('response', response => {
      response.setEncoding('latin1')
      response.on('data', (data: string) => {
        text += data
        if (givesUp) response.destroy()
      })
      response.on('error', givesUp ? done : reject)
      response.on('close', done)
    })
    sent.end(body)
  })
}

/** Token ids that are equal where contents are; without content nobody has the same. */
function promptOf({ id, content, inputTokens }: WorkloadRequest): number[] {
  if (content === null)
    return Array.from({ length: inputTokens }, (_, index) => 2 ** 30 + id * 2 ** 20 + index)
  const { tokensPerBlock, blockIds } = content
  return Array.from(
    { length: inputTokens },
    (_, index) => blockIds[Math.floor(index / tokensPerBlock)]! * tokensPerBlock + (index % tokensPerBlock),
  )
}
