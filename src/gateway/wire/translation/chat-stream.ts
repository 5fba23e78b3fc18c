/**
 * A stream of chat completions as a stream of Anthropic's Messages: message_start, blocks with their deltas, message_delta with
 * the reason of the end and usage, message_stop (https://platform.claude.com/docs/en/build-with-claude/streaming). Of its blocks
 * one is open at a time.
 */
import { isObject, type JsonObject, listIn, objectIn, textIn } from '../../../bench/endpoints/answer-json.ts'
import { contentText } from '../../../bench/endpoints/completion-choices.ts'
import type { AnswerFacts } from '../answer-facts.ts'
import { errorEvent } from '../error-body.ts'
import type { EventOutput } from '../event-output.ts'
import { GatewayError } from '../gateway-error.ts'
import type { StreamRewriter } from '../stream-rewrite.ts'
import { completionsUsage, llamaTimings } from '../wire-usage.ts'
import { type StreamTranslation, translateStream } from './answer-stream.ts'
import { emptyMessage, stopSequenceOf, textBlock, toolUseBlock } from './chat-answer.ts'
import { stopReasonOf } from './stop-reasons.ts'
import { createToolCalls, type ToolCall } from './tool-calls.ts'
import { anthropicDeltaUsage } from './usage-wording.ts'

/** `model` is the client's name of it; `requestId` goes into errors. Input tokens are told at the end, when they are known. */
export function chatToMessagesStream(model: string, requestId: string | null): StreamRewriter {
  return translateStream('chat', (output, facts) => translation(output, facts, model, requestId))
}

type BlockKind = 'text' | 'thinking' | 'tool'

function translation(
  output: EventOutput,
  facts: AnswerFacts,
  model: string,
  requestId: string | null,
): StreamTranslation {
  let started = false
  let ended = false
  let blocks = 0
  let open: BlockKind | null = null
  let openCall: ToolCall | null = null
  let stopSequence: string | null = null
  const calls = createToolCalls()

  const send = (name: string, data: JsonObject): void => {
    output.text(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)
  }
  const start = (): void => {
    if (started) return
    started = true
    send('message_start', { type: 'message_start', message: emptyMessage(facts.answerId, model) })
  }
  const close = (): void => {
    if (open === null) return
    send('content_block_stop', { type: 'content_block_stop', index: blocks - 1 })
    open = null
    openCall = null
  }
  const begin = (kind: BlockKind, block: JsonObject): void => {
    start()
    close()
    send('content_block_start', { type: 'content_block_start', index: blocks++, content_block: block })
    open = kind
  }
  const delta = (type: string, field: string, text: string): void => {
    output.text(
      `event: content_block_delta\ndata: {"type":"content_block_delta","index":${blocks - 1},"delta":{"type":"${type}","${field}":${JSON.stringify(text)}}}\n\n`,
    )
  }
  const beginCall = (call: ToolCall): void => {
    begin('tool', toolUseBlock(call.id, call.name, {}))
    call.told = true
    openCall = call
    if (call.pending !== '') delta('input_json_delta', 'partial_json', call.pending)
    call.pending = ''
  }
  /** Calls that came while another was open. */
  const tellCalls = (): void => {
    for (const call of calls.untold()) beginCall(call)
  }
  const say = (kind: 'text' | 'thinking', text: string): void => {
    if (text === '') return
    if (open !== kind) {
      tellCalls()
      begin(kind, kind === 'text' ? textBlock('') : { type: 'thinking', thinking: '', signature: '' })
    }
    if (kind === 'text') delta('text_delta', 'text', text)
    else delta('thinking_delta', 'thinking', text)
  }
  const fail = (message: string): void => {
    ended = true
    output.bytes(errorEvent(new GatewayError(502, 'upstream_error', message), 'anthropic', requestId))
  }
  /** What cannot be said in blocks that follow each other. */
  const giveUp = (message: string): void => {
    facts.problem = message
    fail(message)
  }
  const callPart = (part: JsonObject): void => {
    const { call, text } = calls.take(part)
    if (openCall === null && !call.told && call.name !== '') beginCall(call)
    if (text === '') return
    if (call === openCall) delta('input_json_delta', 'partial_json', text)
    else if (!call.told) call.pending += text
    else giveUp('the upstream went on with a call of a tool after it had begun a text')
  }
  const finish = (): void => {
    if (ended) return
    ended = true
    start()
    tellCalls()
    close()
    const stopReason = stopReasonOf(facts.finishReason, calls.count() > 0, stopSequence)
    send('message_delta', {
      type: 'message_delta',
      delta: { stop_reason: stopReason, stop_sequence: stopSequence, stop_details: null, container: null },
      usage: anthropicDeltaUsage(facts.usage),
    })
    send('message_stop', { type: 'message_stop' })
  }
  return {
    text({ contentText: text, reasoningText }) {
      if (text !== '' && reasoningText !== '') return false
      say(text === '' ? 'thinking' : 'text', text === '' ? reasoningText : text)
      return true
    },
    event(json) {
      start()
      facts.usage = completionsUsage(json.usage) ?? llamaTimings(json.timings) ?? facts.usage
      const [choice] = listIn(json, 'choices') ?? []
      if (!isObject(choice)) return
      const message = objectIn(choice, 'delta')
      say('thinking', textIn(message, 'reasoning_content') || textIn(message, 'reasoning'))
      say('text', contentText(message?.content) + textIn(message, 'refusal'))
      for (const part of listIn(message, 'tool_calls') ?? []) if (isObject(part)) callPart(part)
      stopSequence = stopSequenceOf(choice) ?? stopSequence
    },
    done: finish,
    comment() {
      send('ping', { type: 'ping' })
    },
    end() {
      // Without a reason of its end an answer was cut off, and must not look whole.
      if (ended) return
      if (facts.finishReason !== null) finish()
      else giveUp('the upstream ended the stream before the answer')
    },
    problem: fail,
  }
}
