/** Whether what was read from a file is a RequestObservation: every field is there and of its kind. */
import { TokenwrightError } from '../core/errors.ts'
import { failureKinds, type RequestObservation, type RequestTimes } from './observation.ts'

type Fields = Readonly<Record<string, unknown>>
type Test = (value: unknown) => boolean

const isNumber: Test = value => typeof value === 'number'
const isText: Test = value => typeof value === 'string'
const isNullOr =
  (test: Test): Test =>
  value =>
    value === null || test(value)
const isOneOf =
  (...names: readonly string[]): Test =>
  value =>
    typeof value === 'string' && names.includes(value)
const isFlag: Test = value => typeof value === 'boolean'

type Tests = Readonly<Record<string, Test>>

const ownTests: Tests = {
  id: isNumber,
  phase: isOneOf('warm-up', 'measured'),
  session: isNumber,
  turn: isNumber,
  tenant: isText,
  model: isText,
  requestedInputTokens: isNumber,
  requestedOutputTokens: isNumber,
  status: isNumber,
  outcome: isOneOf('served', 'rejected', 'failed', 'cancelled'),
  answerId: isText,
  finishReason: isNullOr(isText),
  requestBytes: isNumber,
  responseBytes: isNumber,
}

const timeNames = [
  'scheduledUs',
  'dispatchedUs',
  'connectedUs',
  'sentUs',
  'firstByteUs',
  'firstEventUs',
  'firstReasoningUs',
  'firstContentUs',
  'lastContentUs',
  'usageUs',
  'endedUs',
] as const satisfies readonly (keyof RequestTimes)[]

const connectionTests: Tests = { reused: isFlag, attempts: isNumber }

const failureTests: Tests = {
  kind: isOneOf(...failureKinds),
  status: isNumber,
  message: isText,
  retryAfterSeconds: isNullOr(isNumber),
}

const usageTests: Tests = {
  inputTokens: isNumber,
  cachedTokens: isNullOr(isNumber),
  cacheWriteTokens: isNullOr(isNumber),
  inputAudioTokens: isNullOr(isNumber),
  outputTokens: isNumber,
  reasoningTokens: isNullOr(isNumber),
  outputAudioTokens: isNullOr(isNumber),
  acceptedPredictionTokens: isNullOr(isNumber),
  rejectedPredictionTokens: isNullOr(isNumber),
}

const countTests: Tests = {
  contentChunks: isNumber,
  reasoningChunks: isNumber,
  toolChunks: isNumber,
  contentCharacters: isNumber,
  reasoningCharacters: isNumber,
  tokens: isNullOr(isNumber),
}

const methodTest = isOneOf('usage-per-chunk', 'one-per-chunk', 'by-characters', 'chunks-are-tokens')

/**
 * The value as an observation, null times as NaN. The value is changed in place: it was made for this.
 * @throws TokenwrightError 'measurements' naming the first field that is missing or of another kind
 */
export function checkObservation(value: unknown, where: string): RequestObservation {
  const fields = fieldsOf(value, 'the request', where)
  check(fields, ownTests, '', where)
  const times = fieldsOf(fields.times, 'times', where) as Record<string, unknown>
  for (const name of timeNames) {
    const time = times[name]
    if (time === null) times[name] = Number.NaN
    else if (typeof time !== 'number') refuse(`times.${name}`, where)
  }
  check(fieldsOf(fields.connection, 'connection', where), connectionTests, 'connection.', where)
  if (fields.failure !== null) {
    check(fieldsOf(fields.failure, 'failure', where), failureTests, 'failure.', where)
  }
  if (fields.reported !== null) {
    check(fieldsOf(fields.reported, 'reported', where), usageTests, 'reported.', where)
  }
  check(fieldsOf(fields.counted, 'counted', where), countTests, 'counted.', where)
  checkChunks(fieldsOf(fields.chunks, 'chunks', where), where)
  return fields as unknown as RequestObservation
}

function checkChunks({ us, tokens, coalesced, method }: Fields, where: string): void {
  if (!methodTest(method)) refuse('chunks.method', where)
  if (!Array.isArray(us) || !us.every(isNumber)) refuse('chunks.us', where)
  if (!Array.isArray(tokens) || !tokens.every(isNumber) || tokens.length !== us.length)
    refuse('chunks.tokens', where)
  if (!Array.isArray(coalesced) || !coalesced.every(isNumber) || coalesced.length !== us.length)
    refuse('chunks.coalesced', where)
}

function fieldsOf(value: unknown, name: string, where: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(name, where)
  return value as Fields
}

function check(fields: Fields, tests: Tests, prefix: string, where: string): void {
  for (const name in tests) if (!tests[name]!(fields[name])) refuse(prefix + name, where)
}

function refuse(field: string, where: string): never {
  throw new TokenwrightError('measurements', `${field} is missing or not what it should be`, {
    where,
    fix: 'requests.jsonl is written by tokenwright bench --out: take an unchanged one',
  })
}
