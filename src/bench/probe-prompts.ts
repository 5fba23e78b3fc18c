/** Two short requests before everything else: does the endpoint answer, and how many tokens is a word there? */
import { TokenwrightError } from '../core/errors.ts'
import { startMonotonicClock } from '../live/clock.ts'
import { createStreamingClient } from '../live/http/streaming-client.ts'
import type { RequestObservation } from '../measure/observation.ts'
import { plainRequest } from '../workload/request.ts'
import type { BenchEndpoint } from './bench-endpoint.ts'
import { namesEngineField } from './endpoints/endpoint-options.ts'
import { fitPromptScale, type PromptProbe, type PromptScale, plainScale } from './prompts/prompt-scale.ts'
import { createPromptSource } from './prompts/prompt-source.ts'
import { observeRequest } from './request-observer.ts'
import { createWording, type PromptSupply } from './request-wording.ts'

/** Words of the two probes: far enough apart that a token more or less does not bend the line (assumed). */
const probeWords = [32, 256] as const

/**
 * Asks for an answer of one token, twice. The scale is plain where the server counts no prompt tokens.
 * @throws TokenwrightError 'measurements' with the server's words when it does not answer
 */
export async function probePrompts(
  endpoint: BenchEndpoint,
  seed: string,
  supply: PromptSupply | null,
): Promise<ProbedEndpoint> {
  const first = await askOnce(endpoint, `${seed}/probe`, supply, 0, probeWords[0])
  if (!refusesEngineField(first, endpoint))
    return { endpoint, scale: await probeScale(endpoint, seed, supply), strict: false }
  const kindOptions = { ...endpoint.kindOptions, engineFields: false }
  const plain = { ...endpoint, kind: endpoint.plainKind, kindOptions, exactLength: false }
  return { endpoint: plain, scale: await probeScale(plain, seed, supply), strict: true }
}

export interface ProbedEndpoint {
  /** As it is to be asked. */
  readonly endpoint: BenchEndpoint
  readonly scale: PromptScale
  /** It refused engines' own fields: answers may be shorter than asked for. */
  readonly strict: boolean
}

function refusesEngineField({ failure }: RequestObservation, { exactLength }: BenchEndpoint): boolean {
  if (failure === null || !exactLength || (failure.status !== 400 && failure.status !== 422)) return false
  return namesEngineField(failure.message)
}

async function probeScale(
  endpoint: BenchEndpoint,
  seed: string,
  supply: PromptSupply | null,
): Promise<PromptScale> {
  const probes: PromptProbe[] = []
  for (const [number, words] of probeWords.entries()) {
    const observation = await askOnce(endpoint, `${seed}/probe`, supply, number + 1, words)
    refuseFailure(observation, endpoint)
    const { reported } = observation
    if (reported !== null && reported.inputTokens > 0)
      probes.push({ words, promptTokens: reported.inputTokens })
    // The user's own prompts have the length they have.
    if (supply !== null) return plainScale
  }
  const [short, long] = probes
  // Counts that do not grow with the prompt count something else; what comes of that, the verdict says (prompt-length).
  const grow = short !== undefined && long !== undefined && long.promptTokens > short.promptTokens
  return grow ? fitPromptScale(probes) : plainScale
}

function askOnce(
  endpoint: BenchEndpoint,
  seed: string,
  supply: PromptSupply | null,
  id: number,
  words: number,
): Promise<RequestObservation> {
  const { nowUs } = startMonotonicClock()
  const client = createStreamingClient(endpoint.target, {
    nowUs,
    reuse: 'never',
    totalTimeoutMs: endpoint.requestTimeoutSeconds * 1000,
    tls: { insecure: endpoint.insecure },
  })
  const request = { ...plainRequest, id, arrivalUs: 0, inputTokens: words, outputTokens: 1 }
  const wording = createWording(endpoint, createPromptSource(seed, plainScale), supply, false)
  const { http, reader } = wording.word(request)
  const { promise, resolve } = Promise.withResolvers<RequestObservation>()
  client.send(
    http,
    observeRequest({
      request,
      phase: 'warm-up',
      model: endpoint.model,
      dispatchedUs: 0,
      requestBytes: http.body?.length ?? 0,
      reader,
      generates: endpoint.kind.generates,
      keepsText: false,
      countTokens: null,
      onFirstToken() {},
      onEnd: resolve,
    }),
  )
  return promise.finally(() => client.close())
}

function refuseFailure({ failure, status }: RequestObservation, { url, model }: BenchEndpoint): void {
  if (failure === null) return
  throw new TokenwrightError(
    'measurements',
    `the endpoint did not answer a first request: ${failure.message}`,
    {
      where: url,
      fix: fixOf(failure.kind, status, model),
    },
  )
}

function fixOf(kind: string, status: number, model: string): string {
  if (kind === 'connect') return 'start the server, or check host and port'
  if (status === 401 || status === 403) return 'put the key into TOKENWRIGHT_API_KEY'
  if (status === 404)
    return `check the path, and that the server has a model called ${model}: --model, --endpoint-path`
  if (status === 400 || status === 422)
    return 'the server refuses a field: leave engine fields out with --no-exact-length, or see --extra-inputs'
  return 'try the same request with curl; --request-timeout-seconds gives it more time'
}
