/** Settings of the emulator's HTTP side as flags state them; what flags leave open keeps its default. */
import { TokenwrightError } from '../core/errors.ts'
import { parseCount, parseDurationMs, parseFraction, parseNumber } from '../core/parse-quantity.ts'
import {
  defaultEmulatorSettings,
  type EmulatorSettings,
  type FaultRate,
  parseFault,
} from '../emulate/index.ts'
import type { EmulateFlags } from './emulate-flags.ts'
import { parseBytes } from './simulate-bytes.ts'

export type ServerSettings = Omit<EmulatorSettings, 'models' | 'inputs' | 'onFault'>

/** `environmentKey`: a key that is not written on the command line, where others can read it. */
export function serverSettings(flags: EmulateFlags, environmentKey: string | undefined): ServerSettings {
  const standard = defaultEmulatorSettings
  const number = (
    text: string | undefined,
    where: string,
    minimum: number,
    maximum: number,
    usual: number,
  ) => (text === undefined ? usual : parseNumber(text, where, { minimum, maximum }))
  const share = (text: string | undefined, where: string, usual: number) =>
    text === undefined ? usual : parseFraction(text, where)
  return {
    host: flags.host ?? standard.host,
    port: flags.port === undefined ? standard.port : portOf(flags.port),
    apiKeys: apiKeys(flags.apiKey, environmentKey),
    timeScale: number(flags.timeScale, '--time-scale', 1e-3, 1e6, standard.timeScale),
    seed: flags.seed ?? '1',
    // Every deployment has its own.
    meanOutputTokens: standard.meanOutputTokens,
    truthLog: flags.truthLog ?? standard.truthLog,
    reasoningShare: number(
      flags.reasoningShare === undefined
        ? undefined
        : String(parseFraction(flags.reasoningShare, '--reasoning-share')),
      '--reasoning-share',
      0,
      0.99,
      standard.reasoningShare,
    ),
    reasoningField: reasoningField(flags.reasoningField),
    toolCallShare: share(flags.toolCallShare, '--tool-call-share', standard.toolCallShare),
    faultRates: faultRates(flags.requestFault),
    maximumBodyBytes:
      flags.maxBody === undefined ? standard.maximumBodyBytes : parseBytes(flags.maxBody, '--max-body'),
    embeddingDimensions: number(
      flags.embeddingDimensions,
      '--embedding-dimensions',
      1,
      65_536,
      standard.embeddingDimensions,
    ),
    transcriptionSpeed: number(
      flags.transcriptionSpeed,
      '--transcription-speed',
      1e-3,
      1e6,
      standard.transcriptionSpeed,
    ),
    keepAliveSeconds:
      flags.keepAlive === undefined
        ? standard.keepAliveSeconds
        : parseDurationMs(flags.keepAlive, '--keep-alive') / 1000,
  }
}

function portOf(text: string): number {
  const port = parseCount(text, '--port', { minimum: 0 })
  if (port <= 65_535) return port
  throw new TokenwrightError('number', `there is no port ${port}`, {
    where: '--port',
    fix: 'give a number from 1 to 65535, or 0 for any that is free',
  })
}

function apiKeys(flags: readonly string[] | undefined, environmentKey: string | undefined): string[] {
  const keys = [...(flags ?? [])]
  if (environmentKey !== undefined && environmentKey !== '') keys.push(environmentKey)
  if (!keys.some(key => key.trim() === '' || /\s/.test(key))) return keys
  throw new TokenwrightError('usage', 'an API key is empty or holds blanks', {
    where: '--api-key',
    fix: 'give it without blanks, or leave it out: then everybody may ask',
  })
}

const reasoningFields = ['reasoning_content', 'reasoning'] as const

function reasoningField(text: string | undefined): EmulatorSettings['reasoningField'] {
  const found = text === undefined ? reasoningFields[0] : reasoningFields.find(name => name === text)
  if (found !== undefined) return found
  throw new TokenwrightError('usage', `no client looks for reasoning in "${text}"`, {
    where: '--reasoning-field',
    fix: `take one of ${reasoningFields.join(', ')}`,
  })
}

/** `stall;ms=500 in 1%` */
function faultRates(texts: readonly string[] | undefined): FaultRate[] {
  const where = '--request-fault'
  const rates = (texts ?? []).map(text => {
    const match = /^(.*\S)\s+in\s+(\S+(?:\s*%)?)$/.exec(text.trim())
    if (match === null)
      throw new TokenwrightError('usage', `"${text}" does not say in which share of the requests`, {
        where,
        fix: 'write "stall;ms=500 in 1%"; docs/guides/emulate.md lists the faults',
      })
    parseFault(match[1]!, where)
    return { fault: match[1]!, rate: parseFraction(match[2]!, where) }
  })
  const total = rates.reduce((sum, { rate }) => sum + rate, 0)
  if (total <= 1 + 1e-9) return rates
  throw new TokenwrightError('number', `these are faults in ${Math.round(total * 100)} % of the requests`, {
    where,
    fix: 'a request has one fault at most: lower the shares to 100 % together',
  })
}
