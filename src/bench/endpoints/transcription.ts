/**
 * POST /v1/audio/transcriptions: a form with a sound file. Answers are one body, or a stream in one of two forms: events
 * transcript.text.delta and .done (OpenAI's Node client 7.57), or chunks with choices like those of chat (vLLM).
 */
import { TokenwrightError } from '../../core/errors.ts'
import { isObject, type JsonObject, objectIn, textIn } from './answer-json.ts'
import { readChoices } from './completion-choices.ts'
import type { AnswerEvent, AskedRequest, EndpointKind, RequestBody } from './endpoint.ts'
import type { EndpointOptions, TranscriptionOptions } from './endpoint-options.ts'
import { type AnswerDialect, createJsonReader } from './json-reader.ts'
import { multipartForm } from './multipart.ts'
import { inputOutputUsage } from './reported-usage.ts'
import { noHeaders, wrongPrompt } from './request-json.ts'

export function transcriptionEndpoint(options: EndpointOptions): EndpointKind {
  return {
    name: 'transcription',
    path: options.path ?? '/v1/audio/transcriptions',
    streams: true,
    generates: true,
    body: asked => formOf(asked, options),
    reader: () => createJsonReader(transcriptionDialect(options.transcription)),
  }
}

function formOf(asked: AskedRequest, options: EndpointOptions): RequestBody {
  const { prompt, extra, model, stream, seed } = asked
  if (prompt.kind !== 'audio') throw wrongPrompt(prompt, 'transcription', 'an audio file')
  const { responseFormat, language } = options.transcription
  const fields = new Map<string, unknown>([
    ['model', model],
    ['response_format', responseFormat],
  ])
  if (language !== null) fields.set('language', language)
  if (stream) {
    fields.set('stream', true)
    // vLLM's names for stream_options, flat because a form has no objects (vllm/entrypoints/openai, speech_to_text).
    if (options.includeUsage && options.engineFields) fields.set('stream_include_usage', true)
    if (options.continuousUsage && options.engineFields) fields.set('stream_continuous_usage_stats', true)
  }
  if (seed !== null && options.engineFields) fields.set('seed', seed)
  for (const [name, value] of Object.entries(extra)) fields.set(name, value)
  const form = multipartForm(
    [...fields].flatMap(([name, value]) => formFields(name, value)),
    {
      field: 'file',
      fileName: prompt.fileName,
      contentType: soundType(prompt.fileName),
      bytes: prompt.bytes,
    },
  )
  return { ...form, headers: noHeaders }
}

/** A list becomes a field for each of its values, named as OpenAI does: timestamp_granularities[]. */
function formFields(name: string, value: unknown): [string, string][] {
  if (value === undefined || value === null) return []
  if (Array.isArray(value))
    return value.map(entry => [name.endsWith('[]') ? name : `${name}[]`, String(entry)])
  if (typeof value === 'object') {
    throw new TokenwrightError('usage', `the form field ${name} cannot be an object`, {
      where: 'the extra fields',
      fix: 'give a text, a number, true, false or a list of these',
    })
  }
  return [[name, String(value)]]
}

const soundTypes: Readonly<Record<string, string>> = {
  wav: 'audio/wav',
  mp3: 'audio/mpeg',
  flac: 'audio/flac',
  ogg: 'audio/ogg',
  opus: 'audio/ogg',
  m4a: 'audio/mp4',
  webm: 'audio/webm',
}

function soundType(fileName: string): string {
  return soundTypes[fileName.slice(fileName.lastIndexOf('.') + 1).toLowerCase()] ?? 'application/octet-stream'
}

function transcriptionDialect({ responseFormat }: TranscriptionOptions): AnswerDialect {
  let heard = false
  const dialect: AnswerDialect = {
    // The text at the end counts only when there was none before; no delta depends on another.
    stateless: true,
    event(json, into) {
      if (json.type === undefined) {
        readChoices(json, into, (choice, event) => {
          event.contentText += textIn(objectIn(choice, 'delta'), 'content')
        })
        return
      }
      switch (json.type) {
        case 'transcript.text.delta':
          heard = true
          into.contentText = textIn(json, 'delta')
          into.kind = into.contentText === '' ? 'start' : 'token'
          return
        case 'transcript.text.done':
          readEnd(json, into)
          into.finishReason = 'done'
          // It repeats the whole text: news only when no delta came.
          into.contentText = heard ? '' : textIn(json, 'text')
          into.kind = into.contentText === '' ? 'done' : 'token'
          return
      }
    },
    body(json, into) {
      if (typeof json.text !== 'string') {
        into.kind = 'malformed'
        return
      }
      readEnd(json, into)
      into.contentText = json.text
      into.kind = json.text === '' ? 'start' : 'token'
    },
  }
  if (responseFormat === 'json' || responseFormat === 'verbose_json') return dialect
  return {
    ...dialect,
    otherBody(data, into) {
      into.contentText = spokenText(data.toString('utf8'), responseFormat)
      into.kind = into.contentText === '' ? 'start' : 'token'
    },
  }
}

function readEnd(json: JsonObject, into: AnswerEvent): void {
  into.usage = isObject(json.usage) && json.usage.type === 'duration' ? null : inputOutputUsage(json.usage)
  if (into.usage !== null) into.outputTokensSoFar = into.usage.outputTokens
}

/** Text of a plain answer; of subtitles without their numbers and times. */
function spokenText(body: string, format: TranscriptionOptions['responseFormat']): string {
  if (format === 'text') return body.trim()
  return body
    .split(/\r?\n/)
    .filter(line => line.trim() !== '' && !line.includes('-->') && !/^(\d+|WEBVTT.*)$/.test(line.trim()))
    .join(' ')
}
