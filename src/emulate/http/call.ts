/** One HTTP request of the API from its arrival to its line in the truth log, whatever it asks for. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RequestOutcome } from '../../workload/request.ts'
import type { ApiProblem } from '../api-error.ts'
import { problemJson } from '../api-error.ts'
import type { EmulatorCore } from '../core.ts'
import type { GenerationEnd } from '../dispatcher.ts'
import { faultText, type HttpFault } from '../fault-spec.ts'
import { type ChunkLog, createChunkLog, type TruthSummary, timeOrNull } from '../truth-record.ts'
import { resetConnection } from './byte-sink.ts'

export interface Call {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly path: string
  readonly body: Buffer
  readonly arrivalUs: number
  readonly id: string
  readonly fault: HttpFault | null
  readonly chunks: ChunkLog
  /** The fault took the answer away. */
  broken: boolean
}

/** What a call adds to the truth log beyond what every call has. */
export interface CallFacts {
  readonly model: string
  readonly stream: boolean
  readonly inputTokens: number
  readonly plannedOutputTokens: number
  readonly reasoningTokens: number
}

export const noFacts: CallFacts = {
  model: '',
  stream: false,
  inputTokens: 0,
  plannedOutputTokens: 0,
  reasoningTokens: 0,
}

export function createCall(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  body: Buffer,
  arrivalUs: number,
  id: string,
  fault: HttpFault | null,
): Call {
  return { request, response, path, body, arrivalUs, id, fault, chunks: createChunkLog(), broken: false }
}

/** Writes the line of a call, or of one of its engine requests. `end` null: no engine saw it. */
export function logCall(
  core: EmulatorCore,
  call: Call,
  facts: CallFacts,
  end: GenerationEnd | null,
  outcome: RequestOutcome,
  reason: string,
): void {
  core.truth(summaryOf(core, call, facts, end, outcome, reason), call.chunks)
}

function summaryOf(
  core: EmulatorCore,
  call: Call,
  facts: CallFacts,
  end: GenerationEnd | null,
  outcome: RequestOutcome,
  reason: string,
): TruthSummary {
  const record = end?.record
  return {
    kind: 'request',
    request: call.id,
    id: record?.id ?? null,
    path: call.path,
    model: facts.model,
    stream: facts.stream,
    arrivalUs: record?.sentUs ?? call.arrivalUs,
    queuedUs: timeOrNull(end?.queuedUs ?? Number.NaN),
    startedUs: timeOrNull(record?.startedUs ?? Number.NaN),
    firstTokenUs: timeOrNull(record?.firstTokenUs ?? Number.NaN),
    firstWrittenUs: call.chunks.firstWrittenUs,
    lastTokenUs: timeOrNull(record?.lastTokenUs ?? Number.NaN),
    endedUs: timeOrNull(record?.endedUs ?? Number.NaN),
    closedUs: core.clock.nowUs(),
    status: call.response.headersSent ? call.response.statusCode : 0,
    inputTokens: facts.inputTokens,
    cachedTokens: record?.cachedTokens ?? 0,
    plannedOutputTokens: facts.plannedOutputTokens,
    outputTokens: record?.outputTokens ?? 0,
    reasoningTokens: Math.min(facts.reasoningTokens, record?.outputTokens ?? 0),
    joules: end?.joules ?? null,
    outcome,
    reason,
    replica: record === undefined || record.replica < 0 ? null : record.replica,
    preemptions: record?.preemptions ?? 0,
    fault: call.fault === null ? null : faultText(call.fault),
  }
}

/** Calls back once when the answer is through or the connection is gone. */
export function onClosed(call: Call, action: () => void): void {
  if (call.response.destroyed || call.response.closed) action()
  else call.response.once('close', action)
}

/** Answers with an error and logs the call as one that no engine saw. */
export function refuse(
  core: EmulatorCore,
  call: Call,
  problem: ApiProblem,
  facts: CallFacts = noFacts,
): void {
  const reason = `${problem.status}`
  onClosed(call, () => logCall(core, call, facts, null, 'rejected', reason))
  sendProblem(call.response, call.id, problem)
}

export function sendProblem(response: ServerResponse, id: string, problem: ApiProblem): void {
  const headers: Record<string, string> = { 'x-request-id': id }
  if (problem.retryAfterSeconds !== null) {
    headers['retry-after'] = String(Math.max(1, Math.ceil(problem.retryAfterSeconds)))
  }
  if (problem.status === 401) headers['www-authenticate'] = 'Bearer'
  sendJson(response, problem.status, problemJson(problem), headers)
}

/** Answers JSON without any fault. */
export function sendJson(
  response: ServerResponse,
  status: number,
  json: string,
  headers: Readonly<Record<string, string>>,
): void {
  if (response.headersSent || response.destroyed) return
  response.writeHead(status, {
    ...headers,
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(json)),
  })
  response.end(json)
}

/** Answers 200 with a body that is whole when it starts; faults that make sense for one are applied. */
export function sendBody(core: EmulatorCore, call: Call, text: string, contentType: string): void {
  const { response, fault } = call
  if (response.destroyed) return
  const bytes = Buffer.from(text)
  const sent = fault?.kind === 'malformed' ? bytes.subarray(0, bytes.length >> 1) : bytes
  const send = () => {
    response.writeHead(200, {
      'x-request-id': call.id,
      'content-type': contentType,
      'content-length': String(sent.length),
    })
    if (fault?.kind === 'reset-after') {
      call.broken = true
      response.write(sent.subarray(0, sent.length >> 1), () => resetConnection(response))
    } else if (fault?.kind === 'drip') {
      dripBody(core, call, sent, fault.bytes, fault.ms)
    } else {
      response.end(sent)
    }
  }
  if (fault?.kind === 'stall') core.later(fault.ms, send)
  else send()
}

function dripBody(core: EmulatorCore, call: Call, body: Buffer, bytes: number, milliseconds: number): void {
  let from = 0
  const drip = () => {
    if (call.response.destroyed) return
    call.response.write(body.subarray(from, from + bytes))
    from += bytes
    if (from >= body.length) call.response.end()
    else core.later(milliseconds, drip)
  }
  drip()
}
