/** A stream of Anthropic's Messages as a stream of chat completions: chunks, the last one with usage when it was asked for, [DONE]. */
import { countIn, type JsonObject, objectIn, textIn } from '../../../bench/endpoints/answer-json.ts'
import type { AnswerFacts } from '../answer-facts.ts'
import { errorEvent } from '../error-body.ts'
import type { EventOutput } from '../event-output.ts'
import { GatewayError } from '../gateway-error.ts'
import type { StreamRewriter } from '../stream-rewrite.ts'
import { anthropicStartUsage, anthropicUsage } from '../wire-usage.ts'
import { type StreamTranslation, translateStream } from './answer-stream.ts'
import { finishReasonOf } from './stop-reasons.ts'
import { openAiUsage } from './usage-wording.ts'

export interface ToChatStreamOptions {
  /** The client's name of the model. */
  readonly model: string
  /** When the request came (Unix): nobody here knows the time. */
  readonly createdSeconds: number
  /** The client set stream_options.include_usage. */
  readonly includeUsage: boolean
  readonly requestId: string | null
}

export function messagesToChatStream(options: ToChatStreamOptions): StreamRewriter {
  return translateStream('messages', (output, facts) => translation(output, facts, options))
}

function translation(
  output: EventOutput,
  facts: AnswerFacts,
  options: ToChatStreamOptions,
): StreamTranslation {
  const { model, createdSeconds, includeUsage, requestId } = options
  let usageOfStart: JsonObject | null = null
  let begun = false
  let ended = false
  let callIndex = -1
  /** What all chunks of the answer begin and end with. */
  let head = ''
  const tail = includeUsage ? ',"usage":null}\n\n' : '}\n\n'

  const begin = (): void => {
    if (begun) return
    begun = true
    const object = { id: facts.answerId, object: 'chat.completion.chunk', created: createdSeconds, model }
    head = `data: ${JSON.stringify(object).slice(0, -1)},"choices":[`
    chunk('{"role":"assistant","content":""}')
  }
  const chunk = (delta: string, finishReason = 'null'): void => {
    begin()
    output.text(`${head}{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${finishReason}}]${tail}`)
  }
  const callPart = (part: object): void => {
    chunk(JSON.stringify({ tool_calls: [{ index: callIndex, ...part }] }))
  }
  const fail = (message: string): void => {
    ended = true
    output.bytes(errorEvent(new GatewayError(502, 'upstream_error', message), 'openai', requestId))
  }
  const finish = (): void => {
    if (ended) return
    ended = true
    chunk('{}', JSON.stringify(finishReasonOf(facts.finishReason)))
    if (includeUsage && facts.usage !== null)
      output.text(`${head}],"usage":${JSON.stringify(openAiUsage(facts.usage))}}\n\n`)
    output.text('data: [DONE]\n\n')
  }

  return {
    text({ contentText, reasoningText }) {
      if (contentText !== '' && reasoningText !== '') return false
      if (contentText !== '') chunk(`{"content":${JSON.stringify(contentText)}}`)
      else chunk(`{"reasoning_content":${JSON.stringify(reasoningText)}}`)
      return true
    },
    event(json) {
      switch (json.type) {
        case 'message_start':
          usageOfStart = objectIn(objectIn(json, 'message'), 'usage')
          facts.usage = anthropicStartUsage(usageOfStart)
          begin()
          return
        case 'content_block_start': {
          const block = objectIn(json, 'content_block')
          if (block?.type === 'tool_use') {
            callIndex++
            // Most servers begin with an empty input and send it in pieces; some send it at once.
            const input = objectIn(block, 'input')
            const whole = input !== null && Object.keys(input).length > 0 ? JSON.stringify(input) : ''
            const called = { name: textIn(block, 'name'), arguments: whole }
            callPart({ id: textIn(block, 'id'), type: 'function', function: called })
          } else if (textIn(block, 'text') !== '') chunk(JSON.stringify({ content: textIn(block, 'text') }))
          return
        }
        case 'content_block_delta': {
          const delta = objectIn(json, 'delta')
          const text = textIn(delta, 'partial_json')
          if (delta?.type === 'input_json_delta' && text !== '') callPart({ function: { arguments: text } })
          return
        }
        case 'message_delta':
          if (countIn(objectIn(json, 'usage'), 'output_tokens') !== null)
            facts.usage = anthropicUsage(usageOfStart, json.usage)
          return
        case 'message_stop':
          finish()
          return
        case 'ping':
          // A comment keeps the connection, as a ping does.
          output.text(': ping\n\n')
          return
      }
    },
    done: finish,
    comment() {
      output.text(': ping\n\n')
    },
    end() {
      if (ended) return
      if (facts.finishReason !== null) finish()
      else {
        facts.problem = 'the upstream ended the stream before the answer'
        fail(facts.problem)
      }
    },
    problem: fail,
  }
}
