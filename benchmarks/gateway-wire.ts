/**
 * What reading and rewriting costs in the gateway, without sockets: `node benchmarks/gateway-wire.ts`.
 *
 * Bodies of about 400 kB (100,000 tokens) are scanned to their end, their fields found and the changes for the upstream made; a small
 * one beside them, and JSON.parse of the same bytes for comparison. Streams: bytes of one event in, bytes for the client out.
 * Medians of rounds after a warm-up; the tenth-slowest beside them shows how busy the machine was.
 * Bars: 1,500 µs for a body of 400 kB, 3 µs for an event of a stream.
 */
import { availableParallelism, loadavg } from 'node:os'
import { newAnswerEvent } from '../src/bench/endpoints/endpoint.ts'
import { answerReader } from '../src/gateway/wire/answer-facts.ts'
import { readRequest, upstreamSplices } from '../src/gateway/wire/request-facts.ts'
import { splicedPieces } from '../src/gateway/wire/splice.ts'
import { createStreamRewriter, type StreamRewriter } from '../src/gateway/wire/stream-rewrite.ts'
import { chatToMessagesStream } from '../src/gateway/wire/translation/chat-stream.ts'
import { messagesToChatRequest } from '../src/gateway/wire/translation/messages-request.ts'
import { messagesToChatStream } from '../src/gateway/wire/translation/messages-stream.ts'

const bodyBytes = 400_000
const eventsARound = 5_000
const rounds = 60

function timed(name: string, times: number, run: () => void): void {
  const warmUp = Math.ceil(rounds / 3)
  const us: number[] = []
  for (let round = 0; round < rounds + warmUp; round++) {
    const start = process.hrtime.bigint()
    run()
    if (round >= warmUp) us.push(Number(process.hrtime.bigint() - start) / 1000 / times)
  }
  us.sort((a, b) => a - b)
  const at = (share: number) => us[Math.floor(share * (us.length - 1))]!
  const digits = at(0.5) < 20 ? 2 : 0
  console.log(
    `${name.padEnd(58)}${at(0.5).toFixed(digits).padStart(9)}${at(0.9).toFixed(digits).padStart(9)}`,
  )
}

const sentence = 'The quick "brown" fox jumps over\nthe lazy dog; naïve function() { return a[0] }\n'
const text = sentence.repeat(Math.ceil(bodyBytes / sentence.length))
const turn = (index: number, length: number) => ({
  role: index % 2 === 0 ? 'user' : 'assistant',
  content: text.slice(index * length, (index + 1) * length),
})
const bodyOf = (messages: readonly object[]) =>
  Buffer.from(JSON.stringify({ model: 'alias', messages, stream: true }))
const oneTurn = bodyOf([turn(0, 375_000)])
const twoHundredTurns = bodyOf(Array.from({ length: 200 }, (_, index) => turn(index, 1_850)))
const small = bodyOf([{ role: 'user', content: 'What does a million tokens cost here?' }])

console.log(`${availableParallelism()} processors, load ${loadavg()[0]!.toFixed(1)}, Node ${process.version}`)
console.log(`${'µs'.padEnd(58)}${'median'.padStart(9)}${'p90'.padStart(9)}`)

for (const [name, body] of [
  ['one turn', oneTurn],
  ['200 turns', twoHundredTurns],
  ['small request', small],
] as const) {
  const label = `${name}, ${(body.length / 1000).toFixed(1)} kB`
  const times = body.length < 1000 ? 1000 : 1
  timed(`${label}: read, checked, changed for the upstream`, times, () => {
    for (let count = 0; count < times; count++) {
      const facts = readRequest('chat', body)
      splicedPieces(body, upstreamSplices(facts, { model: 'organisation/model', usage: true }))
    }
  })
  timed(`${label}: JSON.parse of the same`, times, () => {
    for (let count = 0; count < times; count++) JSON.parse(body.toString('utf8'))
  })
}
timed('Messages of 400 kB translated to chat, parsed and written', 1, () => {
  const request = { ...JSON.parse(twoHundredTurns.toString('utf8')), max_tokens: 100 }
  const options = { outputLimit: 'max_tokens', engineFields: true, model: 'organisation/model' } as const
  Buffer.from(JSON.stringify(messagesToChatRequest(request, options).body))
})

const chatEvent = (index: number, more: string) =>
  Buffer.from(
    `data: {"id":"chatcmpl-0123456789abcdef","object":"chat.completion.chunk","created":1700000000,"model":"organisation/model-70b-instruct","choices":[{"index":0,"delta":{"content":" word${index}"},"logprobs":null,"finish_reason":null}]${more}}\n\n`,
  )
const messagesEvent = (index: number) =>
  Buffer.from(
    `event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" word${index}"}}\n\n`,
  )
const events = (of: (index: number) => Buffer) =>
  Array.from({ length: eventsARound }, (_, index) => of(index))

function stream(name: string, create: () => StreamRewriter, chunks: readonly Buffer[]): void {
  timed(`${name}, an event`, chunks.length, () => {
    const rewriter = create()
    for (const chunk of chunks) rewriter.push(chunk)
    rewriter.finish()
  })
}

const rewriter = () => createStreamRewriter({ api: 'chat', model: 'alias', stripUsage: true })
const plain = events(index => chatEvent(index, ''))
stream('chat, alias put back', rewriter, plain)
stream(
  'chat, alias put back, "usage":null taken out',
  rewriter,
  events(index => chatEvent(index, ',"usage":null')),
)
stream(
  'chat, with obfuscation behind usage (OpenAI)',
  rewriter,
  events(index => chatEvent(index, `,"usage":null,"obfuscation":"${index}"`)),
)
stream(
  'chat, with usage in every event (Gemini, continuous)',
  rewriter,
  events(index =>
    chatEvent(index, `,"usage":{"prompt_tokens":9,"completion_tokens":${index},"total_tokens":${index + 9}}`),
  ),
)
stream('chat to Messages', () => chatToMessagesStream('alias', null), plain)
stream(
  'Messages to Messages',
  () => createStreamRewriter({ api: 'messages', model: 'alias', stripUsage: false }),
  events(messagesEvent),
)
stream(
  'Messages to chat',
  () => messagesToChatStream({ model: 'alias', createdSeconds: 0, includeUsage: true, requestId: null }),
  events(messagesEvent),
)
const datas = plain.map(chunk => chunk.subarray(6, -2))
timed('for comparison: the text of an event read, nothing written', datas.length, () => {
  const reader = answerReader('chat')
  const into = newAnswerEvent()
  for (const data of datas) reader.event(data, into)
})
timed('for comparison: JSON.parse and JSON.stringify of an event', datas.length, () => {
  for (const data of datas) {
    const json = JSON.parse(data.toString('utf8'))
    json.model = 'alias'
    Buffer.from(`data: ${JSON.stringify(json)}\n\n`)
  }
})
