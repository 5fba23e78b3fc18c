/**
 * Answers of /v1/chat/completions in vLLM's wording (vllm/entrypoints/openai/chat_completion/serving.py at 006c49d4): a
 * chunk with the role, one chunk a step, finish_reason in the last of them, a chunk with usage only, [DONE].
 */
import { problemJson } from '../api-error.ts'
import { asciiJson, asciiJsonInner } from '../http/json-text.ts'
import {
  type AnswerFormat,
  type AnswerHead,
  answerParts,
  calledName,
  escapedText,
  finishReason,
  type Usage,
} from './format.ts'
import { usageJson } from './usage.ts'

/** Name of the field that holds reasoning: DeepSeek's API and vLLM to 0.10 say reasoning_content, vLLM since reasoning. */
export type ReasoningField = 'reasoning_content' | 'reasoning'

export function chatFormat(head: AnswerHead, reasoningField: ReasoningField): AnswerFormat {
  const { answer } = head
  const parts = answerParts(answer)
  const name = calledName(answer)
  const callId = `call_${head.id.slice(-24)}`
  const base =
    `data: {"id":${asciiJson(head.id)},"object":"chat.completion.chunk","created":${head.created},` +
    `"model":${asciiJson(head.model)},"choices":[`
  const textPrefix = `${base}{"index":0,"delta":{"content":"`
  const plainSuffix = '"},"logprobs":null,"finish_reason":null}]}\n\n'
  const stopReason = asciiJson(answer.stopReason)
  const lastSuffix = `,"logprobs":null,"finish_reason":"${finishReason(head)}","stop_reason":${stopReason}}]`

  const usageSoFar = (tokens: number): string => {
    if (!head.continuousUsage) return ''
    const total = head.promptTokens + tokens
    return `,"usage":{"prompt_tokens":${head.promptTokens},"total_tokens":${total},"completion_tokens":${tokens}}`
  }

  /** Fields of the delta; '' when the tokens show nothing. */
  const delta = (from: number, to: number): string => {
    const fields: string[] = []
    const reasoningEnd = Math.min(to, parts.reasoningEnd)
    if (from < reasoningEnd) fields.push(`"${reasoningField}":"${escapedText(answer, from, reasoningEnd)}"`)
    const bodyFrom = Math.max(from, parts.bodyStart)
    const body = bodyFrom < to ? escapedText(answer, bodyFrom, to) : ''
    if (answer.call === null) {
      if (bodyFrom < to && (body !== '' || to === parts.end)) fields.push(`"content":"${body}"`)
    } else if (from < parts.bodyStart && to >= parts.bodyStart && name !== null) {
      fields.push(
        `"tool_calls":[{"id":"${callId}","type":"function","index":0,"function":` +
          `{"name":${asciiJson(name)},"arguments":"${body}"}}]`,
      )
    } else if (body !== '') {
      fields.push(`"tool_calls":[{"index":0,"function":{"arguments":"${body}"}}]`)
    }
    return fields.join(',')
  }

  return {
    open: () =>
      `${base}{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}]` +
      `${usageSoFar(0)}}\n\n`,
    tokens(from, to) {
      const last = to === parts.end
      // The one line that matters for speed: a token of plain text in the middle of an answer.
      if (!last && from >= parts.bodyStart && answer.call === null && !head.continuousUsage) {
        const text = escapedText(answer, from, to)
        return text === '' ? '' : textPrefix + text + plainSuffix
      }
      const fields = delta(from, to)
      if (fields === '' && !last) return ''
      const choice = `{"index":0,"delta":{${fields}}`
      const end = last ? lastSuffix : ',"logprobs":null,"finish_reason":null}]'
      return `${base}${choice}${end}${usageSoFar(to)}}\n\n`
    },
    close(usage, done) {
      const counts = head.includeUsage && usage !== null ? `${base}],"usage":${usageJson(usage)}}\n\n` : ''
      return counts + (done ? 'data: [DONE]\n\n' : '')
    },
    failure: problem => `data: ${asciiProblem(problemJson(problem))}\n\ndata: [DONE]\n\n`,
    body: usage => chatBody(head, name, callId, reasoningField, usage),
  }
}

function asciiProblem(json: string): string {
  return asciiJson(JSON.parse(json))
}

function chatBody(
  head: AnswerHead,
  name: string | null,
  callId: string,
  reasoningField: ReasoningField,
  usage: Usage | null,
): string {
  const { answer } = head
  const parts = answerParts(answer)
  const text = answer.pieces.slice(parts.bodyStart).join('')
  const reasoning = answer.pieces.slice(0, parts.reasoningEnd).join('')
  const reasoningJson = parts.reasoningEnd > 0 ? `,"${reasoningField}":"${asciiJsonInner(reasoning)}"` : ''
  const content = answer.call === null ? asciiJson(text) : 'null'
  const call =
    name === null
      ? ''
      : `,"tool_calls":[{"id":"${callId}","type":"function","function":{"name":${asciiJson(name)},` +
        `"arguments":${asciiJson(text)}}}]`
  return (
    `{"id":${asciiJson(head.id)},"object":"chat.completion","created":${head.created},` +
    `"model":${asciiJson(head.model)},"choices":[{"index":0,"message":{"role":"assistant","content":${content},` +
    `"refusal":null${reasoningJson}${call}},"logprobs":null,"finish_reason":"${finishReason(head)}",` +
    `"stop_reason":${asciiJson(answer.stopReason)}}]${usage === null ? '' : `,"usage":${usageJson(usage)}`}}`
  )
}
