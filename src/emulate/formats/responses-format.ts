/**
 * Answers of /v1/responses: a response object, or the events that build it up (types and fields of OpenAI's API as its
 * Node client 7.57 declares them). Items are reasoning, then a message or a function call.
 */
import type { ApiProblem } from '../api-error.ts'
import { asciiJson } from '../http/json-text.ts'
import {
  type AnswerFormat,
  type AnswerHead,
  answerParts,
  calledName,
  escapedText,
  type Usage,
} from './format.ts'
import { responsesUsage } from './usage.ts'

/** Fields of the request that the response repeats. */
export interface ResponsesEcho {
  readonly instructions: unknown
  readonly maxOutputTokens: number | null
  readonly tools: unknown
  readonly toolChoice: unknown
  readonly metadata: unknown
  readonly temperature: unknown
  readonly topP: unknown
}

type Item = Readonly<Record<string, unknown>>

export function responsesFormat(head: AnswerHead, echo: ResponsesEcho): AnswerFormat {
  const { answer } = head
  const parts = answerParts(answer)
  const name = calledName(answer)
  const suffix = head.id.slice(-24)
  const reasoningItem = { id: `rs_${suffix}`, type: 'reasoning', summary: [] }
  const bodyIndex = parts.reasoningEnd > 0 ? 1 : 0
  const bodyId = `${answer.call === null ? 'msg' : 'fc'}_${suffix}`
  let sequence = 0
  /** Items opened so far. */
  let reasoningOpen = false
  let bodyOpen = false

  const event = (type: string, fields: Readonly<Record<string, unknown>>): string =>
    `event: ${type}\ndata: ${asciiJson({ type, sequence_number: sequence++, ...fields })}\n\n`
  /** A delta, without stringifying an object: one of them goes out with every token. */
  const delta = (type: string, place: string, text: string): string =>
    `event: ${type}\ndata: {"type":"${type}","sequence_number":${sequence++},${place},"delta":"${text}"}\n\n`

  const textOf = (from: number, to: number) => answer.pieces.slice(from, to).join('')
  const doneReasoning = () => ({
    ...reasoningItem,
    status: 'completed',
    content: [{ type: 'reasoning_text', text: textOf(0, parts.reasoningEnd) }],
  })
  const status = answer.finish === 'length' ? 'incomplete' : 'completed'
  const textPart = (text: string) => ({ type: 'output_text', text, annotations: [], logprobs: [] })
  const message = (itemStatus: string, content: readonly unknown[]): Item => ({
    id: bodyId,
    type: 'message',
    status: itemStatus,
    role: 'assistant',
    content,
  })
  const call = (itemStatus: string, args: string): Item => ({
    id: bodyId,
    type: 'function_call',
    status: itemStatus,
    call_id: `call_${suffix}`,
    name: name ?? '',
    arguments: args,
  })
  const doneBody = (): Item | null => {
    const text = textOf(parts.bodyStart, parts.end)
    if (answer.call !== null) return name === null ? null : call(status, text)
    return parts.bodyStart < parts.end ? message(status, [textPart(text)]) : null
  }
  const output = (): Item[] => {
    const body = doneBody()
    return [...(parts.reasoningEnd > 0 ? [doneReasoning()] : []), ...(body === null ? [] : [body])]
  }

  const response = (
    state: string,
    items: readonly Item[],
    usage: Usage | null,
    failure: ApiProblem | null,
  ) => ({
    id: head.id,
    object: 'response',
    created_at: head.created,
    status: state,
    background: false,
    error: failure === null ? null : { code: 'server_error', message: failure.message },
    incomplete_details: state === 'incomplete' ? { reason: 'max_output_tokens' } : null,
    instructions: echo.instructions ?? null,
    max_output_tokens: echo.maxOutputTokens,
    metadata: echo.metadata ?? {},
    model: head.model,
    output: items,
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    service_tier: 'default',
    store: false,
    temperature: echo.temperature ?? 1,
    text: { format: { type: 'text' } },
    tool_choice: echo.toolChoice ?? 'auto',
    tools: echo.tools ?? [],
    top_p: echo.topP ?? 1,
    truncation: 'disabled',
    ...(usage === null ? {} : { usage: responsesUsage(usage) }),
  })

  const openReasoning = (): string => {
    reasoningOpen = true
    return (
      event('response.output_item.added', {
        output_index: 0,
        item: { ...reasoningItem, status: 'in_progress', content: [] },
      }) +
      event('response.content_part.added', {
        item_id: reasoningItem.id,
        output_index: 0,
        content_index: 0,
        part: { type: 'reasoning_text', text: '' },
      })
    )
  }
  const reasoningDone = (): string => {
    const place = { item_id: reasoningItem.id, output_index: 0 }
    const text = textOf(0, parts.reasoningEnd)
    return (
      event('response.reasoning_text.done', { ...place, content_index: 0, text }) +
      event('response.content_part.done', {
        ...place,
        content_index: 0,
        part: { type: 'reasoning_text', text },
      }) +
      event('response.output_item.done', { output_index: 0, item: doneReasoning() })
    )
  }
  const openBody = (): string => {
    bodyOpen = true
    if (answer.call !== null) {
      return event('response.output_item.added', { output_index: bodyIndex, item: call('in_progress', '') })
    }
    return (
      event('response.output_item.added', { output_index: bodyIndex, item: message('in_progress', []) }) +
      event('response.content_part.added', {
        item_id: bodyId,
        output_index: bodyIndex,
        content_index: 0,
        part: textPart(''),
      })
    )
  }
  const bodyDone = (): string => {
    const place = { item_id: bodyId, output_index: bodyIndex }
    const text = textOf(parts.bodyStart, parts.end)
    const finished =
      answer.call !== null
        ? event('response.function_call_arguments.done', { ...place, name: name ?? '', arguments: text })
        : event('response.output_text.done', { ...place, content_index: 0, text, logprobs: [] }) +
          event('response.content_part.done', { ...place, content_index: 0, part: textPart(text) })
    return finished + event('response.output_item.done', { output_index: bodyIndex, item: doneBody() })
  }
  const reasoningPlace = `"item_id":"${reasoningItem.id}","output_index":0,"content_index":0`
  const textPlace = `"item_id":"${bodyId}","output_index":${bodyIndex},"content_index":0,"logprobs":[]`
  const callPlace = `"item_id":"${bodyId}","output_index":${bodyIndex}`

  return {
    open: () =>
      event('response.created', { response: response('in_progress', [], null, null) }) +
      event('response.in_progress', { response: response('in_progress', [], null, null) }),
    tokens(from, to) {
      let events = ''
      const reasoningTo = Math.min(to, parts.reasoningEnd)
      if (from < reasoningTo) {
        if (!reasoningOpen) events += openReasoning()
        events += delta(
          'response.reasoning_text.delta',
          reasoningPlace,
          escapedText(answer, from, reasoningTo),
        )
      }
      if (reasoningOpen && from < parts.reasoningEnd && to >= parts.reasoningEnd) events += reasoningDone()
      const bodyFrom = Math.max(from, parts.bodyStart)
      const hasBody = answer.call === null ? bodyFrom < to : to >= parts.bodyStart && name !== null
      if (hasBody && !bodyOpen) events += openBody()
      const text = bodyFrom < to ? escapedText(answer, bodyFrom, to) : ''
      if (text !== '') {
        events +=
          answer.call === null
            ? delta('response.output_text.delta', textPlace, text)
            : delta('response.function_call_arguments.delta', callPlace, text)
      }
      if (to === parts.end && bodyOpen) events += bodyDone()
      return events
    },
    close(usage, done) {
      if (!done) return ''
      return event(`response.${status}`, { response: response(status, output(), usage, null) })
    },
    failure: problem => event('response.failed', { response: response('failed', [], null, problem) }),
    body: usage => asciiJson(response(status, output(), usage, null)),
  }
}
