/** POST /v1/audio/transcriptions: words at a stated speed. No engine is involved: the time is length ÷ speed. */
import { mix32 } from '../../core/random.ts'
import { planAnswer } from '../answer.ts'
import { badRequest } from '../api-error.ts'
import type { EmulatorCore, ServedModel } from '../core.ts'
import { type Call, logCall, noFacts, onClosed, sendBody } from '../http/call.ts'
import { type FormPart, readMultipart } from '../http/multipart.ts'
import { soundSeconds } from '../sound-length.ts'

/** Words of ordinary speech, 150 a minute. Assumed. */
const wordsPerSecond = 2.5

const formats = ['json', 'text', 'verbose_json'] as const

export function transcribe(core: EmulatorCore, call: Call, modelNamed: (name: string) => ServedModel): void {
  const parts = readMultipart(call.body, call.request.headers['content-type'] ?? '')
  const field = (name: string) => parts.find(part => part.name === name)?.content.toString('utf8') ?? ''
  const file = parts.find(part => part.name === 'file')
  if (file === undefined) throw badRequest('The form has no part called file.', 'file')
  const model = modelNamed(field('model'))
  const format = field('response_format') === '' ? 'json' : field('response_format')
  if (!formats.some(known => known === format)) {
    throw badRequest(`response_format must be one of ${formats.join(', ')}.`, 'response_format')
  }
  if (field('stream') === 'true')
    throw badRequest('Streamed transcriptions are not supported here.', 'stream')
  const seconds = soundSeconds(file.content)
  const text = transcript(file, seconds)
  const reply = () => sendBody(core, call, bodyOf(format, text, seconds), mediaType(format))
  core.later((seconds / core.settings.transcriptionSpeed) * 1000, reply)
  onClosed(call, () => {
    const outcome = call.broken ? 'failed' : call.response.writableFinished ? 'served' : 'cancelled'
    logCall(core, call, { ...noFacts, model: model.id }, null, outcome, call.broken ? 'injected-fault' : '')
  })
}

/** The same file gives the same words. */
function transcript(file: FormPart, seconds: number): string {
  let hash = file.content.length
  for (let at = 0; at < file.content.length; at += 997) hash = mix32(hash ^ file.content[at]!)
  const tokens = Math.max(1, Math.round(seconds * wordsPerSecond))
  return planAnswer({
    hash,
    limit: Math.min(tokens, 1_000_000),
    minimumTokens: 0,
    ignoreEnd: true,
    stop: [],
    includeStop: false,
    meanTokens: 1,
    reasoningShare: 0,
    tool: null,
    schema: null,
  }).pieces.join('')
}

function mediaType(format: string): string {
  return format === 'text' ? 'text/plain; charset=utf-8' : 'application/json'
}

function bodyOf(format: string, text: string, seconds: number): string {
  switch (format) {
    case 'text':
      return `${text}\n`
    case 'verbose_json':
      return JSON.stringify({
        task: 'transcribe',
        language: 'english',
        duration: seconds,
        text,
        segments: [],
        usage: { type: 'duration', seconds: Math.ceil(seconds) },
      })
    default:
      return JSON.stringify({ text, usage: { type: 'duration', seconds: Math.ceil(seconds) } })
  }
}
