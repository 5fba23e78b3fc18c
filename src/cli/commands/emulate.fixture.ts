/** The real command in a process of its own, for tests: started on any free port, stopped by a signal. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type describeLaunch, formatDeployment } from '../../plan/launch/deployment-file.ts'

export const folder = mkdtempSync(join(tmpdir(), 'tokenwright-emulate-command-'))
const main = resolve(import.meta.dirname, '../main.ts')

export interface RunningCommand {
  readonly process: ChildProcessWithoutNullStreams
  readonly port: number
  /** Everything that was printed so far. */
  output(): string
  /** Sends a signal and waits for the end. */
  stop(
    signal?: 'SIGTERM' | 'SIGINT',
  ): Promise<{ readonly code: number | null; readonly output: string; readonly errors: string }>
}

/** Resolves when the port is open: text or JSON. */
export async function startCommand(
  flags: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningCommand> {
  const child = spawn(process.execPath, [main, 'emulate', '--port', '0', ...flags], {
    cwd: folder,
    env: { ...process.env, ...environment },
  })
  let output = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const ended = once(child, 'close')
  const port = await new Promise<number>((found, failed) => {
    const look = () => {
      const match = /http:\/\/[^\s"]*?:(\d+)/.exec(output)
      if (match !== null && output.endsWith('\n')) found(Number(match[1]))
    }
    child.stdout.on('data', look)
    void ended.then(() => failed(new Error(`it ended before it listened: ${errors}`)))
  })
  return {
    process: child,
    port,
    output: () => output,
    async stop(signal = 'SIGTERM') {
      child.kill(signal)
      const [code] = (await ended) as [number | null]
      return { code, output, errors }
    },
  }
}

type Description = ReturnType<typeof describeLaunch>

const precision = {
  preset: 'fp8',
  attention: 'fp8',
  denseFeedForward: 'fp8',
  routedExperts: 'fp8',
  sharedExperts: 'fp8',
  head: 'bf16',
  keyValueCache: 'fp8',
} as const
const parallelism = { tensor: 1, pipeline: 1, attentionData: 1, expert: 1 }
const pool = { acceleratorId: 'h200-sxm', parallelism, replicas: 2 }

/** Two replicas behind one pool, and a prefill and a decode pool. */
export const deployments = {
  aggregated: { mode: 'aggregated', engine: 'vllm', precision, speculation: null, pool },
  disaggregated: {
    mode: 'disaggregated',
    engine: 'sglang',
    precision,
    speculation: null,
    prefill: { ...pool, replicas: 1 },
    decode: pool,
  },
} satisfies Record<string, Description['deployment']>

/** Writes a deployment file as `plan --save-dir` does; its name. */
export function writeDeployment(name: string, deployment: Description['deployment']): string {
  const band = { low: 0.8, high: 1.25, rows: 1 }
  const path = join(folder, name)
  const text = formatDeployment({
    model: 'meta-llama/Llama-3.1-8B',
    deployment,
    load: { kind: 'closed', concurrency: 8, requests: null },
    shape: { inputTokens: 1000, outputTokens: 30, cachedTokens: 0, inputVariation: 0, outputVariation: 0 },
    objectives: [{ metric: 'ttft', statistic: 'p90', limitMs: 60_000 }],
    prediction: {
      meanTtftMs: 50,
      meanTpotMs: 10,
      requestsPerSecond: 1,
      acceleratorWatts: 500,
      usdPerHour: 5.8,
      usdPerMillionTokens: 1,
      band: { tpot: band, ttft: band, cost: band },
    },
    priceId: 'market-survey-h200-sxm-reserved-3y',
  } as Description)
  writeFileSync(path, text)
  return path
}
