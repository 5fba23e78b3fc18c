/**
 * Which engine stands behind a URL, and which models it serves. Asked in this order, because one answer may fit several:
 *
 * 1. /v1/models: `owned_by` is vllm, sglang, llamacpp, tensorrt_llm, library (Ollama) or organization_owner (LM Studio);
 *    vLLM's and the emulator's entries also tell max_model_len.
 * 2. Where that does not tell: /server_info or /get_server_info (SGLang), /props with default_generation_settings (llama.cpp),
 *    /api/version (Ollama), /api/v0/models (LM Studio), then the names in /metrics. /version alone says no more than a number:
 *    vLLM and TensorRT-LLM both have it.
 *
 * Sources: SGLang's "Native APIs" page (server_info since 2026), trtllm-serve's page (/version), llama.cpp's tools/server
 * README (/props), Ollama's API page (/api/version), LM Studio's REST page (/api/v0); values of owned_by as found in answers
 * quoted in public repositories, tensorrt_llm from memory.
 */
import { readCounters } from '../../measure/engine-counters.ts'
import { isEngineMetric } from '../../measure/engine-metrics.ts'
import { parseExposition } from '../../measure/prometheus-text.ts'
import { type Get, getOrNull, serverRoot } from './http-get.ts'

export const serverEngines = [
  'vllm',
  'sglang',
  'trtllm',
  'llamacpp',
  'ollama',
  'lmstudio',
  'tokenwright',
] as const
export type ServerEngine = (typeof serverEngines)[number]

export interface DetectedServer {
  /** Without /v1. */
  readonly url: string
  /** Null when it speaks the protocol and does not say what it is. */
  readonly engine: ServerEngine | null
  readonly version: string | null
  readonly models: readonly DetectedModel[]
  /** Where its counters are; null when it serves none that are understood. */
  readonly metricsUrl: string | null
}

export interface DetectedModel {
  readonly id: string
  /** Longest context, tokens; null when it does not say. */
  readonly maximumContextTokens: number | null
}

const owners: ReadonlyMap<string, ServerEngine> = new Map([
  ['vllm', 'vllm'],
  ['sglang', 'sglang'],
  ['llamacpp', 'llamacpp'],
  ['tensorrt_llm', 'trtllm'],
  ['library', 'ollama'],
  ['organization_owner', 'lmstudio'],
  ['tokenwright', 'tokenwright'],
])

/** Paths under which engines serve metrics: trtllm-serve has JSON under /metrics. */
const metricsPaths = ['/metrics', '/prometheus/metrics'] as const

/** Null when nothing answers there, or what answers lists no models. */
export async function detectServer(baseUrl: string, get: Get): Promise<DetectedServer | null> {
  const url = serverRoot(baseUrl)
  const listed = readModels(await getOrNull(get, `${url}/v1/models`))
  if (listed === null) return null
  const metricsUrl = await findMetrics(url, get)
  const engine = listed.engine ?? (await probe(url, get, metricsUrl))
  return {
    url,
    engine,
    version: await versionOf(url, engine, get),
    models: listed.models,
    metricsUrl,
  }
}

/** The first of the usual addresses whose text holds an engine's counters. */
export async function findMetrics(baseUrl: string, get: Get): Promise<string | null> {
  const root = serverRoot(baseUrl)
  for (const path of metricsPaths) {
    const text = await getOrNull(get, `${root}${path}`)
    if (text !== null && readCounters(parseExposition(text, isEngineMetric).samples) !== null)
      return `${root}${path}`
  }
  return null
}

function readModels(
  text: string | null,
): { readonly engine: ServerEngine | null; readonly models: readonly DetectedModel[] } | null {
  const data = field(parseJson(text), 'data')
  if (!Array.isArray(data)) return null
  const models: DetectedModel[] = []
  let engine: ServerEngine | null = null
  for (const entry of data as readonly unknown[]) {
    const id = field(entry, 'id')
    if (typeof id !== 'string' || id === '') continue
    const length = field(entry, 'max_model_len')
    models.push({ id, maximumContextTokens: typeof length === 'number' ? length : null })
    const owner = field(entry, 'owned_by')
    if (typeof owner === 'string') engine ??= owners.get(owner.toLowerCase().replaceAll('-', '_')) ?? null
  }
  return { engine, models }
}

async function probe(url: string, get: Get, metricsUrl: string | null): Promise<ServerEngine | null> {
  if (metricsUrl !== null) {
    const text = await getOrNull(get, metricsUrl)
    const counters = text === null ? null : readCounters(parseExposition(text, isEngineMetric).samples)
    if (counters !== null) return counters.engine
  }
  if ((await sglangInfo(url, get)) !== null) return 'sglang'
  const props = parseJson(await getOrNull(get, `${url}/props`))
  if (field(props, 'default_generation_settings') !== undefined || field(props, 'build_info') !== undefined)
    return 'llamacpp'
  if (Array.isArray(field(parseJson(await getOrNull(get, `${url}/api/v0/models`)), 'data'))) return 'lmstudio'
  if (typeof field(parseJson(await getOrNull(get, `${url}/api/version`)), 'version') === 'string')
    return 'ollama'
  return null
}

async function versionOf(url: string, engine: ServerEngine | null, get: Get): Promise<string | null> {
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null)
  switch (engine) {
    case 'vllm':
    case 'trtllm':
    case 'tokenwright':
      return text(field(parseJson(await getOrNull(get, `${url}/version`)), 'version'))
    case 'sglang':
      return text(field(await sglangInfo(url, get), 'version'))
    case 'llamacpp':
      return text(field(parseJson(await getOrNull(get, `${url}/props`)), 'build_info'))
    case 'ollama':
      return text(field(parseJson(await getOrNull(get, `${url}/api/version`)), 'version'))
    case 'lmstudio':
    case null:
      return null
  }
}

async function sglangInfo(url: string, get: Get): Promise<unknown> {
  for (const path of ['/server_info', '/get_server_info']) {
    const info = parseJson(await getOrNull(get, `${url}${path}`))
    if (field(info, 'model_path') !== undefined || field(info, 'internal_states') !== undefined) return info
  }
  return null
}

function parseJson(text: string | null): unknown {
  if (text === null) return null
  try {
    return JSON.parse(text) as unknown
  } catch {
    return null
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}
