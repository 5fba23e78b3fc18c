/** A whole message of Anthropic's API as an answer of chat completions. */
import { isObject, type JsonObject, listIn, textIn } from '../../../bench/endpoints/answer-json.ts'
import { GatewayError } from '../gateway-error.ts'
import { anthropicUsage } from '../wire-usage.ts'
import { finishReasonOf } from './stop-reasons.ts'
import { openAiUsage } from './usage-wording.ts'

/** `model` is the client's name of it; nobody here knows the time, so `createdSeconds` (Unix) is said. GatewayError 502. */
export function messagesToChatAnswer(answer: JsonObject, model: string, createdSeconds: number): JsonObject {
  const blocks = listIn(answer, 'content')
  if (blocks === null) throw new GatewayError(502, 'upstream_error', 'the upstream’s answer has no content')
  let text = ''
  let thinking = ''
  const calls: JsonObject[] = []
  for (const block of blocks.filter(isObject)) {
    if (block.type === 'text') text += textIn(block, 'text')
    else if (block.type === 'thinking') thinking += textIn(block, 'thinking')
    else if (block.type === 'tool_use') calls.push(toolCall(block))
  }
  const usage = anthropicUsage(answer.usage)
  return {
    id: textIn(answer, 'id'),
    object: 'chat.completion',
    created: createdSeconds,
    model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: text === '' && calls.length > 0 ? null : text,
          refusal: null,
          ...(thinking === '' ? {} : { reasoning_content: thinking }),
          ...(calls.length === 0 ? {} : { tool_calls: calls }),
        },
        logprobs: null,
        finish_reason: finishReasonOf(textIn(answer, 'stop_reason') || null),
      },
    ],
    ...(usage === null ? {} : { usage: openAiUsage(usage) }),
  }
}

function toolCall(block: JsonObject): JsonObject {
  return {
    id: textIn(block, 'id'),
    type: 'function',
    function: { name: textIn(block, 'name'), arguments: JSON.stringify(block.input ?? {}) },
  }
}
