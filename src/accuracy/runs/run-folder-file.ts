/**
 * Reads a folder of one measured vLLM run: `vllm_meta.json` (engine arguments; resolved configuration where recorded),
 * `vllm_requests.jsonl` (queued, first and last token per request) and, where there is one, `workload*.jsonl[.gz]` (block
 * hashes for prefix caching). The form is that of LLMServingSim's bench; docs/guides/measured-runs.md describes it.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { z } from 'zod'
import { TokenwrightError } from '../../core/errors.ts'
import { fileFault } from '../../core/file-fault.ts'
import type { TokenContent } from '../../workload/request.ts'
import type { MeasuredRequest, MeasuredRun, RunSettings } from './measured-run.ts'

const count = z.int().min(1)
const metaSchema = z.looseObject({
  model: z.string().min(1),
  vllm_version: z.string(),
  engine_kwargs: z.looseObject({
    tensor_parallel_size: count.default(1),
    pipeline_parallel_size: count.default(1),
    data_parallel_size: count.default(1),
    enable_expert_parallel: z.boolean().default(false),
    max_num_seqs: count.nullish(),
    max_num_batched_tokens: count.nullish(),
    max_model_len: count.nullish(),
    dtype: z.string().default('auto'),
    kv_cache_dtype: z.string().default('auto'),
    quantization: z.string().nullish(),
    enable_prefix_caching: z.boolean().nullish(),
  }),
  kv_cache: z
    .looseObject({
      num_gpu_blocks: count.nullish(),
      block_size: count.nullish(),
      enable_prefix_caching: z.boolean().nullish(),
    })
    .nullish(),
  resolved_config: z
    .looseObject({ scheduler_config: z.looseObject({ async_scheduling: z.boolean().nullish() }).nullish() })
    .nullish(),
  hardware: z.looseObject({ device_name: z.string().nullish() }).nullish(),
})

const requestSchema = z.looseObject({
  input_toks: count,
  output_toks: count,
  arrival_time: z.number(),
  queued_ts: z.number(),
  first_token_ts: z.number(),
  last_token_ts: z.number(),
})

/** Whether a path is a folder of this form. */
export function isRunFolder(path: string): boolean {
  return (
    statSync(path, { throwIfNoEntry: false })?.isDirectory() === true &&
    existsSync(join(path, 'vllm_meta.json'))
  )
}

/** Folders of this form in a folder, or the folder itself. */
export function runFolders(path: string): string[] {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return []
  if (isRunFolder(path)) return [path]
  return readdirSync(path)
    .sort()
    .map(name => join(path, name))
    .filter(isRunFolder)
}

export function readRunFolder(folder: string): MeasuredRun {
  const name = basename(resolve(folder))
  const metaPath = join(folder, 'vllm_meta.json')
  const meta = metaSchema.safeParse(parseJson(readText(metaPath), metaPath))
  if (!meta.success) throw schemaFault(meta.error, metaPath)
  const contents = readContents(folder)
  return { name, settings: settingsOf(meta.data, name), requests: readRequests(folder, contents) }
}

function settingsOf(meta: z.infer<typeof metaSchema>, name: string): RunSettings {
  const { engine_kwargs: engine, kv_cache: cache } = meta
  const [beforeModel] = name.split('__')
  return {
    model: meta.model,
    accelerator: meta.hardware?.device_name ?? beforeModel ?? name,
    engineVersion: meta.vllm_version,
    tensorParallel: engine.tensor_parallel_size,
    pipelineParallel: engine.pipeline_parallel_size,
    dataParallel: engine.data_parallel_size,
    expertParallel: engine.enable_expert_parallel,
    // vLLM's defaults where the run does not say: 256 sequences, 2048 tokens offline (0.19.0's resolved configuration).
    maximumSequences: engine.max_num_seqs ?? 256,
    maximumBatchedTokens: engine.max_num_batched_tokens ?? 2048,
    maximumContextTokens: engine.max_model_len ?? null,
    cacheFormat: engine.kv_cache_dtype,
    weightFormat: engine.quantization ?? engine.dtype,
    prefixCaching: cache?.enable_prefix_caching ?? engine.enable_prefix_caching ?? true,
    asyncScheduling:
      meta.resolved_config?.scheduler_config?.async_scheduling ?? asynchronousByDefault(meta.vllm_version),
    gpuBlocks: cache?.num_gpu_blocks ?? null,
    blockTokens: cache?.block_size ?? 16,
  }
}

/** vLLM 0.19.0 resolved async_scheduling to true where nobody set it (configuration recorded by the RTX 4090 run). */
function asynchronousByDefault(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 0 || minor >= 19
}

function readRequests(folder: string, contents: readonly (TokenContent | null)[]): MeasuredRequest[] {
  const path = join(folder, 'vllm_requests.jsonl')
  const rows = jsonLines(readText(path), path).map(({ value, where }) => {
    const row = requestSchema.safeParse(value)
    if (!row.success) throw schemaFault(row.error, where)
    if (row.data.first_token_ts < row.data.queued_ts || row.data.last_token_ts < row.data.first_token_ts) {
      throw new TokenwrightError(
        'measurements',
        'the last token comes before the first, or the first before the queue',
        {
          where,
          fix: 'times are seconds of one monotonic clock',
        },
      )
    }
    return row.data
  })
  if (rows.length === 0) {
    throw new TokenwrightError('measurements', 'the run has no requests', {
      where: path,
      fix: 'one JSON object per line',
    })
  }
  if (contents.length > 0 && contents.length !== rows.length) {
    throw new TokenwrightError(
      'measurements',
      `${contents.length} requests in the workload, ${rows.length} were measured`,
      { where: folder, fix: 'both files describe the same requests in the same order' },
    )
  }
  // Clients and schedulers read different clocks; nobody is queued before it was sent, so the shortest way takes no time.
  const offset = Math.max(...rows.map(row => row.arrival_time - row.queued_ts))
  const start = Math.min(...rows.map(row => row.arrival_time))
  const onClock = (monotonic: number) => monotonic + offset - start
  return rows
    .map((row, index) => ({
      inputTokens: row.input_toks,
      outputTokens: row.output_toks,
      content: contents[index] ?? null,
      arrivalSeconds: row.arrival_time - start,
      queuedSeconds: onClock(row.queued_ts),
      firstTokenSeconds: onClock(row.first_token_ts),
      lastTokenSeconds: onClock(row.last_token_ts),
    }))
    .sort((a, b) => a.arrivalSeconds - b.arrivalSeconds)
}

/** `hash_ids_16`: chained hashes of full 16-token blocks. */
function readContents(folder: string): (TokenContent | null)[] {
  const file = readdirSync(folder).find(name => /^workload.*\.jsonl(\.gz)?$/.test(name))
  if (file === undefined) return []
  const path = join(folder, file)
  const text = file.endsWith('.gz') ? unzipped(path) : readText(path)
  return jsonLines(text, path).map(({ value, where }) => {
    const entry = Object.entries(value as Record<string, unknown>).find(([key]) =>
      /^hash_ids(_\d+)?$/.test(key),
    )
    if (entry === undefined) return null
    const [key, ids] = entry
    if (!Array.isArray(ids) || !ids.every(id => Number.isInteger(id) && id >= 0)) {
      throw new TokenwrightError('measurements', `${key} is not a list of block numbers`, {
        where,
        fix: 'whole numbers from 0, one per block, first block first',
      })
    }
    return { tokensPerBlock: Number(key.split('_')[2] ?? 16), blockIds: ids as number[] }
  })
}

function unzipped(path: string): string {
  try {
    return gunzipSync(readFileSync(path)).toString('utf8')
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new TokenwrightError('file', `not valid gzip data: ${message}`, {
      where: path,
      fix: 'the file may be cut off',
    })
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw fileFault(error, 'read the run', {
      where: path,
      fix: 'a run is a folder as docs/guides/measured-runs.md says',
    })
  }
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new TokenwrightError('measurements', 'not valid JSON', { where, fix: 'the file may be cut off' })
  }
}

function jsonLines(text: string, path: string): { readonly value: unknown; readonly where: string }[] {
  return text
    .split('\n')
    .map((line, index) => ({ line, where: `${path}:${index + 1}` }))
    .filter(({ line }) => line.trim() !== '')
    .map(({ line, where }) => ({ value: parseJson(line, where), where }))
}

function schemaFault(error: z.ZodError, where: string): TokenwrightError {
  const issue = error.issues[0]
  const field = issue === undefined || issue.path.length === 0 ? 'the object' : issue.path.join('.')
  return new TokenwrightError('measurements', `${field}: ${issue?.message ?? 'invalid'}`, {
    where,
    fix: 'fields are described in docs/guides/measured-runs.md',
  })
}
