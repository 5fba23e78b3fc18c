/** Answers of /v1/completions in vLLM's wording: one chunk a step, usage, [DONE]. */
import { problemJson } from '../api-error.ts'
import { asciiJson } from '../http/json-text.ts'
import { type AnswerFormat, type AnswerHead, escapedText } from './format.ts'
import { usageJson } from './usage.ts'

export function completionFormat(head: AnswerHead): AnswerFormat {
  const { answer } = head
  const end = answer.ids.length
  const common =
    `"id":${asciiJson(head.id)},"object":"text_completion","created":${head.created},` +
    `"model":${asciiJson(head.model)},"choices":[`
  const textPrefix = `data: {${common}{"index":0,"text":"`
  const finish = `,"finish_reason":"${answer.finish}","stop_reason":${asciiJson(answer.stopReason)}}]`

  return {
    open: () => '',
    tokens(from, to) {
      const text = escapedText(answer, from, to)
      const last = to === end
      if (text === '' && !last) return ''
      const ending = last ? finish : ',"finish_reason":null,"stop_reason":null}]'
      const total = head.promptTokens + to
      const usage = head.continuousUsage
        ? `,"usage":{"prompt_tokens":${head.promptTokens},"total_tokens":${total},"completion_tokens":${to}}`
        : ''
      return `${textPrefix}${text}","logprobs":null${ending}${usage}}\n\n`
    },
    close(usage, done) {
      const counts =
        head.includeUsage && usage !== null ? `data: {${common}],"usage":${usageJson(usage)}}\n\n` : ''
      return counts + (done ? 'data: [DONE]\n\n' : '')
    },
    failure: problem => `data: ${asciiJson(JSON.parse(problemJson(problem)))}\n\ndata: [DONE]\n\n`,
    body: usage =>
      `{${common}{"index":0,"text":${asciiJson(answer.pieces.join(''))},"logprobs":null${finish}` +
      `${usage === null ? '' : `,"usage":${usageJson(usage)}`}}`,
  }
}
