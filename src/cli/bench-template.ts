/** The file of `--template`: a body with placeholders, and where in the answer things stand. */
import { z } from 'zod'
import type { TemplateOptions } from '../bench/endpoints/template.ts'
import { TokenwrightError } from '../core/errors.ts'

const place = z.string().min(1).nullable().default(null)

const schema = z.strictObject({
  body: z.record(z.string(), z.unknown()),
  streams: z.boolean().default(true),
  generates: z.boolean().default(true),
  answer: z.strictObject({
    text: place,
    streamText: place,
    reasoning: place,
    inputTokens: place,
    outputTokens: place,
    finishReason: place,
    id: place,
    cumulative: z.boolean().default(false),
  }),
})

const example =
  '{"body": {"prompt": "{{prompt}}", "max_tokens": "{{max_tokens}}"}, "answer": {"text": "text"}}'

/** Reads the text of a template file; `where` is its path. A 'usage' error says which field is wrong. */
export function templateFromFile(text: string, where: string): TemplateOptions {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw new TokenwrightError(
      'usage',
      `the template is no JSON: ${error instanceof Error ? error.message : error}`,
      {
        where,
        fix: `write for example ${example}`,
      },
    )
  }
  const read = schema.safeParse(json)
  if (!read.success) {
    const [issue] = read.error.issues
    throw new TokenwrightError(
      'usage',
      `the template is not understood: ${issue?.message ?? 'unknown reason'}`,
      {
        where: `${where}: ${issue?.path.join('.') || 'top level'}`,
        fix: `write for example ${example}`,
      },
    )
  }
  return { where, ...read.data, body: JSON.stringify(read.data.body) }
}
