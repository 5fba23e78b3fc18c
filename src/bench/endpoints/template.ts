/** Any endpoint that speaks JSON: the body by a template, the answer by paths into it. */
import { TokenwrightError } from '../../core/errors.ts'
import { asCount, isObject, type JsonObject } from './answer-json.ts'
import { readBodyTemplate } from './body-template.ts'
import { hasText } from './completion-choices.ts'
import type { AnswerEvent, EndpointKind } from './endpoint.ts'
import type { EndpointOptions } from './endpoint-options.ts'
import { type AnswerDialect, createJsonReader } from './json-reader.ts'
import { noHeaders } from './request-json.ts'

export interface TemplateOptions {
  /** The file it came from: errors name it. */
  readonly where: string
  /** JSON with placeholders; which ones exist is said in body-template.ts. */
  readonly body: string
  readonly streams: boolean
  /** Answers have output tokens whose times mean something. */
  readonly generates: boolean
  readonly answer: TemplatePaths
}

/**
 * Where in an answer things stand: field names and places in lists, with dots between, such as `choices.0.delta.content`;
 * `*` takes all entries of a list. null: nowhere.
 */
export interface TemplatePaths {
  readonly text: string | null
  /** In the events of a stream; as `text` when null. */
  readonly streamText: string | null
  readonly reasoning: string | null
  readonly inputTokens: string | null
  readonly outputTokens: string | null
  readonly finishReason: string | null
  readonly id: string | null
  /** Every event repeats the text so far (SGLang's /generate): only what is new counts. */
  readonly cumulative: boolean
}

export const noPaths: TemplatePaths = {
  text: null,
  streamText: null,
  reasoning: null,
  inputTokens: null,
  outputTokens: null,
  finishReason: null,
  id: null,
  cumulative: false,
}

/** @throws TokenwrightError when the template or its path is missing or cannot be read. */
export function templateEndpoint(options: EndpointOptions): EndpointKind {
  const { template, path } = options
  if (template === null || path === null) {
    throw new TokenwrightError(
      'usage',
      `the template endpoint needs ${template === null ? 'a template' : 'a path'}`,
      {
        where: 'the endpoint',
        fix: 'give the file of the body and the path that it is sent to, such as /generate',
      },
    )
  }
  const fill = readBodyTemplate(template.body, template.where)
  return {
    name: 'template',
    path,
    streams: template.streams,
    generates: template.generates,
    body(asked) {
      const filled = asked.prompt.kind === 'payload' ? asked.prompt.body : fill(asked)
      const whole = isObject(filled) ? { ...filled, ...asked.extra } : filled
      return {
        contentType: 'application/json',
        bytes: Buffer.from(JSON.stringify(whole)),
        headers: noHeaders,
      }
    },
    reader: () => createJsonReader(templateDialect(template)),
  }
}

type Getter = (json: unknown) => unknown

function templateDialect({ answer, generates }: TemplateOptions): AnswerDialect {
  const text = getter(answer.text)
  const streamText = answer.streamText === null ? text : getter(answer.streamText)
  const reasoning = getter(answer.reasoning)
  const inputTokens = getter(answer.inputTokens)
  const outputTokens = getter(answer.outputTokens)
  const finishReason = getter(answer.finishReason)
  const id = getter(answer.id)
  let seenText = ''
  let seenReasoning = ''

  const readFacts = (json: JsonObject, into: AnswerEvent): void => {
    into.answerId = joined(id(json))
    into.finishReason = joined(finishReason(json)) || null
    const output = asCount(outputTokens(json))
    if (output !== null) into.outputTokensSoFar = output
    const input = asCount(inputTokens(json))
    if (input === null && output === null) return
    into.usage = {
      inputTokens: input ?? 0,
      cachedTokens: null,
      cacheWriteTokens: null,
      inputAudioTokens: null,
      outputTokens: output ?? 0,
      reasoningTokens: null,
      outputAudioTokens: null,
      acceptedPredictionTokens: null,
      rejectedPredictionTokens: null,
    }
  }

  return {
    stateless: !answer.cumulative,
    event(json, into) {
      readFacts(json, into)
      into.contentText = joined(streamText(json))
      into.reasoningText = joined(reasoning(json))
      if (answer.cumulative) {
        const { contentText, reasoningText } = into
        into.contentText = contentText.startsWith(seenText) ? contentText.slice(seenText.length) : contentText
        into.reasoningText = reasoningText.startsWith(seenReasoning)
          ? reasoningText.slice(seenReasoning.length)
          : reasoningText
        if (contentText !== '') seenText = contentText
        if (reasoningText !== '') seenReasoning = reasoningText
      }
      into.kind = hasText(into) ? 'token' : into.usage !== null ? 'usage' : 'other'
    },
    body(json, into) {
      readFacts(json, into)
      into.contentText = joined(text(json))
      into.reasoningText = joined(reasoning(json))
      const found = hasText(into) || text(json) !== undefined
      if (generates && answer.text !== null && !found) {
        into.kind = 'malformed'
        into.message = `there is nothing at ${answer.text}; the answer has ${Object.keys(json).slice(0, 8).join(', ')}`
        return
      }
      into.kind = hasText(into) ? 'token' : into.usage !== null ? 'usage' : 'other'
    },
  }
}

/** A text, or the texts of a list. */
function joined(value: unknown): string {
  if (typeof value === 'string') return value
  return Array.isArray(value) ? value.map(joined).join('') : ''
}

function getter(path: string | null): Getter {
  if (path === null || path === '') return () => undefined
  const names = path.split('.')
  return json => follow(json, names, 0)
}

function follow(value: unknown, names: readonly string[], from: number): unknown {
  let place = value
  for (let index = from; index < names.length; index++) {
    const name = names[index]!
    if (Array.isArray(place)) {
      if (name === '*') return place.map(entry => follow(entry, names, index + 1))
      place = place[Number(name)]
    } else {
      place = isObject(place) && Object.hasOwn(place, name) ? place[name] : undefined
    }
  }
  return place
}
