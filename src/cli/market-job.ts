/** Flags of `market price` as a job: whole input and its parts, output, audio, requests. */
import { TokenwrightError } from '../core/errors.ts'
import { parseCount, parseDurationMs, parseTokenCount } from '../core/parse-quantity.ts'
import type { Job } from '../market/offers.ts'

export interface JobFlags {
  readonly input?: string
  readonly cached?: string
  readonly cacheWrite?: string
  readonly cacheWrite1h?: string
  readonly inputAudio?: string
  readonly output?: string
  readonly outputAudio?: string
  readonly audioDuration?: string
  readonly requests?: string
  readonly promptTokens?: string
}

export interface JobOfFlags {
  readonly job: Job
  readonly promptTokensTold: boolean
}

/** The parts must not be more than the whole; a job of nothing is an error. */
export function jobOfFlags(flags: JobFlags): JobOfFlags {
  const tokens = (text: string | undefined, flag: string) =>
    text === undefined ? 0 : parseTokenCount(text, flag)
  const input = tokens(flags.input, '--input')
  const cachedInput = tokens(flags.cached, '--cached')
  const cacheWriteOneHour = tokens(flags.cacheWrite1h, '--cache-write-1h')
  const cacheWrite = tokens(flags.cacheWrite, '--cache-write') + cacheWriteOneHour
  const inputAudio = tokens(flags.inputAudio, '--input-audio')
  const output = tokens(flags.output, '--output')
  const outputAudio = tokens(flags.outputAudio, '--output-audio')
  refuseParts(
    cachedInput + cacheWrite + inputAudio,
    input,
    '--input',
    '--cached, --cache-write and --input-audio',
  )
  refuseParts(outputAudio, output, '--output', '--output-audio')
  const requests = flags.requests === undefined ? 1 : parseCount(flags.requests, '--requests')
  const seconds =
    flags.audioDuration === undefined ? 0 : parseDurationMs(flags.audioDuration, '--audio-duration') / 1000
  if (input + output + seconds === 0) {
    throw new TokenwrightError('usage', 'the job is empty', {
      where: '--input',
      fix: 'say what is used, for example --input 1M --cached 500k --output 200k',
    })
  }
  const promptTokensTold = flags.promptTokens !== undefined || flags.requests !== undefined
  return {
    job: {
      usage: {
        uncachedInput: input - cachedInput - cacheWrite - inputAudio,
        cachedInput,
        cacheWrite,
        inputAudio,
        output: output - outputAudio,
        outputAudio,
        reasoning: 0,
      },
      extras: { cacheWriteOneHour, requests, ...(seconds > 0 ? { audioSeconds: seconds } : {}) },
      promptTokens:
        flags.promptTokens !== undefined
          ? parseTokenCount(flags.promptTokens, '--prompt-tokens')
          : flags.requests !== undefined
            ? Math.round(input / requests)
            : 0,
    },
    promptTokensTold,
  }
}

function refuseParts(parts: number, whole: number, flag: string, names: string): void {
  if (parts <= whole) return
  throw new TokenwrightError('number', `the parts are ${parts} tokens, the whole is ${whole}`, {
    where: flag,
    fix: `${flag} is the whole; ${names} are parts of it`,
  })
}
