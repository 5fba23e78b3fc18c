/** Chat, text completions and responses: from a request that was read to the last byte of its answer. */
import { mix32 } from '../../core/random.ts'
import { type Answer, planAnswer } from '../answer.ts'
import type { GenerationRequest, ToolUse } from '../api/generation-request.ts'
import { ApiError, type ApiProblem, badRequest, contextLengthProblem } from '../api-error.ts'
import type { EmulatorCore, ServedModel } from '../core.ts'
import type { GenerationEnd, GenerationObserver } from '../dispatcher.ts'
import { problemOfEnd } from '../end-problem.ts'
import type { AnswerFormat, AnswerHead, Usage } from '../formats/format.ts'
import { openSink } from '../http/byte-sink.ts'
import { type Call, type CallFacts, logCall, onClosed, sendBody, sendProblem } from '../http/call.ts'
import { createWire, type Wire } from '../http/wire.ts'

const streamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
} as const

/** Serves a request; `formatOf` makes its answer the endpoint's own. Throws an ApiError for what cannot be served. */
export function generate(
  core: EmulatorCore,
  call: Call,
  model: ServedModel,
  request: GenerationRequest,
  formatOf: (head: AnswerHead) => AnswerFormat,
): void {
  const prefix = model.lane.contents.prefixOf(request.promptIds)
  const answer = answerTo(core, model, request, prefix.hash)
  const format = formatOf({
    id: call.id,
    model: model.id,
    created: Math.floor(Date.now() / 1000),
    answer,
    promptTokens: request.promptIds.length,
    namedTool: typeof request.tools?.choice === 'object',
    includeUsage: request.includeUsage,
    continuousUsage: request.continuousUsage,
  })
  const facts: CallFacts = {
    model: model.id,
    stream: request.stream,
    inputTokens: request.promptIds.length,
    plannedOutputTokens: answer.ids.length,
    reasoningTokens: answer.reasoningTokens,
  }
  const { sampling } = request
  let requestId = -1
  let end: GenerationEnd | null = null
  let closed = false
  let logged = false
  const cancel = () => {
    if (end === null && requestId >= 0) model.lane.cancel(requestId)
  }
  const log = () => {
    if (end === null || !closed || logged) return
    logged = true
    const outcome = call.broken ? 'failed' : end.record.outcome
    const reason = call.broken ? 'injected-fault' : end.record.reason
    logCall(core, call, facts, end, outcome, reason)
  }
  const reply = request.stream
    ? streamedReply(core, call, format, answer, cancel)
    : wholeReply(core, call, format, answer)
  requestId = model.lane.submit(
    {
      tokens: { prompt: request.promptIds, answer: answer.ids },
      content: prefix.contentWith(answer.ids),
      model: model.id,
      tenant: sampling.tenant,
      session: sampling.session === '' ? -1 : textNumber(sampling.session),
      turn: 0,
      priority: sampling.priority,
      parameters: { maximumTokens: request.maximumTokens, choices: 1, finish: answer.finish },
    },
    call.arrivalUs,
    {
      ...reply,
      ended(over) {
        end = over
        reply.ended(over)
        log()
      },
    },
  )
  onClosed(call, () => {
    closed = true
    cancel()
    log()
  })
}

/** 31 bits of a text: equal names of sessions, equal numbers. */
function textNumber(name: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < name.length; index++)
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193)
  return mix32(hash) >>> 1
}

function answerTo(
  core: EmulatorCore,
  model: ServedModel,
  request: GenerationRequest,
  promptHash: number,
): Answer {
  const { settings } = core
  const { sampling, maximumTokens } = request
  const inputTokens = request.promptIds.length
  const room = model.maximumContextTokens - inputTokens
  if (room < (maximumTokens ?? 1)) {
    throw new ApiError(contextLengthProblem(model.maximumContextTokens, maximumTokens ?? 1, inputTokens))
  }
  const limit = maximumTokens ?? room
  if (sampling.minimumTokens > limit) {
    throw badRequest(
      `min_tokens must be less than or equal to max_tokens=${limit}, got ${sampling.minimumTokens}.`,
      'min_tokens',
    )
  }
  const hash = mix32(promptHash ^ mix32(sampling.seed | 0) ^ seedHash(settings.seed))
  return planAnswer({
    hash,
    limit,
    minimumTokens: sampling.minimumTokens,
    ignoreEnd: sampling.ignoreEnd,
    stop: sampling.stop,
    includeStop: sampling.includeStop,
    meanTokens: model.meanOutputTokens,
    reasoningShare: request.reasoning ? settings.reasoningShare : 0,
    tool: chooseTool(request.tools, hash, settings.toolCallShare),
    schema: request.schema,
  })
}

function seedHash(seed: string | number): number {
  return textNumber(String(seed))
}

function chooseTool(use: ToolUse | null, hash: number, share: number): ToolUse['tools'][number] | null {
  if (use === null) return null
  const { tools, choice } = use
  if (typeof choice === 'object') return tools.find(tool => tool.name === choice.name) ?? null
  const draw = mix32(hash ^ 0x5bd1e995)
  if (choice === 'auto' && draw / 2 ** 32 >= share) return null
  return tools[mix32(draw) % tools.length]!
}

/** Usage as the client is told, faults included; null: not at all. */
function toldUsage(call: Call, end: GenerationEnd, answer: Answer): Usage | null {
  const { fault } = call
  if (fault?.kind === 'no-usage') return null
  const factor = fault?.kind === 'wrong-usage' ? fault.factor : 1
  const { inputTokens, cachedTokens, outputTokens } = end.record
  return {
    promptTokens: Math.round(inputTokens * factor),
    completionTokens: Math.round(outputTokens * factor),
    cachedTokens: Math.round(cachedTokens * factor),
    reasoningTokens: Math.round(Math.min(answer.reasoningTokens, outputTokens) * factor),
  }
}

/** One JSON body when all is done. */
function wholeReply(
  core: EmulatorCore,
  call: Call,
  format: AnswerFormat,
  answer: Answer,
): GenerationObserver {
  return {
    streams: false,
    scheduled() {},
    emitted() {},
    ended(end) {
      if (end.record.outcome === 'served') {
        sendBody(core, call, format.body(toldUsage(call, end, answer)), 'application/json')
      } else if (end.record.outcome !== 'cancelled') {
        sendProblem(call.response, call.id, problemOfEnd(end))
      }
    },
  }
}

/** Events as tokens come. The head goes out when the request leaves the engine's queue: until then it may be refused. */
function streamedReply(
  core: EmulatorCore,
  call: Call,
  format: AnswerFormat,
  answer: Answer,
  cancel: () => void,
): GenerationObserver {
  const { clock, lateness } = core
  let wire: Wire | null = null
  /** Tokens made into events, and those since the last event that showed something. */
  let sent = 0
  let hidden = 0

  const written = (plannedUs: number, tokens: number): void => {
    const nowUs = clock.nowUs()
    call.chunks.add(plannedUs, nowUs, tokens)
    if (call.fault === null) lateness.add(clock.wallMs(nowUs - plannedUs), tokens)
  }
  const open = (): Wire => {
    if (wire === null) {
      const headers = { ...streamHeaders, 'x-request-id': call.id }
      wire = createWire(openSink(call.response, headers), call.fault, {
        written,
        broke() {
          call.broken = true
          cancel()
        },
        failure: () => format.failure(injectedProblem),
        later: core.later,
      })
    }
    return wire
  }
  const send = (tokens: number, atUs: number): void => {
    if (tokens <= sent) return
    const opening = sent === 0 ? format.open() : ''
    const events = format.tokens(sent, tokens)
    hidden += tokens - sent
    sent = tokens
    if (opening + events === '') return
    open().send(opening + events, atUs, hidden)
    hidden = 0
  }

  return {
    streams: true,
    scheduled: () => {
      if (!call.response.destroyed) open()
    },
    emitted: (tokens, atUs) => {
      if (!call.response.destroyed) send(Math.min(tokens, answer.ids.length), atUs)
    },
    ended(end) {
      const { record } = end
      if (call.response.destroyed || wire?.broken === true) return
      if (record.outcome === 'served') {
        send(record.outputTokens, record.lastTokenUs)
        const stream = open()
        const last = format.close(toldUsage(call, end, answer), call.fault?.kind !== 'no-done')
        stream.send(last, record.endedUs, 0)
        stream.end()
      } else if (record.outcome !== 'cancelled') {
        if (wire === null) sendProblem(call.response, call.id, problemOfEnd(end))
        else {
          wire.send(format.failure(problemOfEnd(end)), record.endedUs, 0)
          wire.end()
        }
      }
    },
  }
}

const injectedProblem: ApiProblem = {
  status: 500,
  message: 'Injected fault: error-event',
  type: 'InternalServerError',
  param: null,
  code: 500,
  retryAfterSeconds: null,
}
