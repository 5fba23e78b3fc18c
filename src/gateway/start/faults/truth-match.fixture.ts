/** Whether usage that the ledger calls reported is what an emulator told: each told usage at most once. */
import { parseFault } from '../../../emulate/fault-spec.ts'
import type { TruthRecord } from '../../../emulate/truth-record.ts'
import type { RequestSettled } from '../../ledger/index.ts'
import type { FaultApi } from './fault-clients.fixture.ts'

/** Of upstreams: they are asked for Messages as chat. */
const apisByPath: Readonly<Record<string, readonly FaultApi[]>> = {
  '/v1/chat/completions': ['chat', 'messages'],
  '/v1/completions': ['completions'],
  '/v1/responses': ['responses'],
  '/v1/embeddings': ['embeddings'],
  '/v1/audio/transcriptions': ['transcription'],
}

/** Problems in words; none: all is told, and nothing more often. */
export function compareWithTruth(
  settled: readonly RequestSettled[],
  truth: readonly TruthRecord[],
): readonly string[] {
  const told = new Map<string, number>()
  for (const record of truth) {
    const key = toldBy(record)
    if (key !== null) told.set(key, (told.get(key) ?? 0) + 1)
  }
  const problems: string[] = []
  for (const { requestId, attempt, modelAlias, usage, state } of settled) {
    if (state !== 'reported' && state !== 'drained') continue
    const input = usage.uncachedInput + usage.cachedInput
    const key = keyOf(pathOf(modelAlias as FaultApi), input, usage.cachedInput, usage.output)
    const left = told.get(key) ?? 0
    if (left === 0) problems.push(`${requestId}, attempt ${attempt}: nobody told of ${key}`)
    told.set(key, left - 1)
  }
  return problems
}

function pathOf(api: FaultApi): string {
  return Object.keys(apisByPath).find(path => apisByPath[path]!.includes(api)) ?? ''
}

function toldBy(record: TruthRecord): string | null {
  const fault = record.fault === null ? null : parseFault(record.fault, 'truth')
  // Told by its length, not in tokens.
  if (record.path === '/v1/audio/transcriptions') return keyOf(record.path, 0, 0, 0)
  if (record.path === '/v1/embeddings') return keyOf(record.path, record.inputTokens, 0, 0)
  if (!Object.hasOwn(apisByPath, record.path) || fault?.kind === 'no-usage') return null
  const factor = fault?.kind === 'wrong-usage' ? fault.factor : 1
  const [input, cached, output] = [record.inputTokens, record.cachedTokens, record.outputTokens].map(tokens =>
    Math.round(tokens * factor),
  )
  return keyOf(record.path, input!, cached!, output!)
}

function keyOf(path: string, input: number, cached: number, output: number): string {
  return `${path}: ${input} tokens in, ${cached} of them cached, ${output} out`
}
