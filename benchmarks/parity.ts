/**
 * Whether real time decides as virtual time does, and how late it tells:
 * `node benchmarks/parity.ts [--requests 2000] [--time-scale 1] [--trace FILE] [--json]`.
 * An emulated deployment (4 × H100, Llama-3.1-8B on vLLM, caches made small so that they evict and requests are preempted,
 * routing by KV events) is asked over HTTP by clients in a process of their own. What its fleet was told is then told to the
 * same fleet in virtual time, and every decision is compared: routing, steps, cache events, records.
 * Without a trace: chats with shared system prompts in bursts. With one (docs/guides/traces.md): its first requests at their
 * times, brought to 40 requests/s.
 * The bar: no difference. Lateness is the emulator's own, of chunks handed to sockets.
 */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { loadCatalogWithFacts } from '../src/catalog/index.ts'
import { emulatedDeployment, questionsOf } from '../src/cli/emulate-deployment.ts'
import type { EmulateFlags } from '../src/cli/emulate-flags.ts'
import { RandomSource } from '../src/core/random.ts'
import { createWorkload, readTraceSource, sourceWorkload } from '../src/workload/index.ts'
import type { Workload, WorkloadRequest } from '../src/workload/request.ts'
import { askAll } from '../test/parity-clients.ts'
import { runLive, runVirtual } from '../test/parity-clocks.ts'
import { differences, firstDifference } from '../test/parity-recording.ts'

const flags: EmulateFlags = {
  model: 'meta-llama/Llama-3.1-8B',
  hardware: '4xh100',
  tp: '1',
  engine: 'vllm',
  router: 'kv-aware',
  // 9,600 tokens: some 8 of these requests.
  numGpuBlocks: '600',
  maxModelLen: '8000',
  prefixCaching: true,
  metrics: true,
}
const maximumContextTokens = 8_000
const requestsPerSecond = 40

async function newFleet() {
  const catalog = await loadCatalogWithFacts(undefined)
  const [question] = questionsOf([], flags, catalog)
  const own = { place: 0, names: ['parity'], faults: [], autoscale: [], scaleAt: [] }
  return emulatedDeployment(question!, flags, catalog, own, null, '2026-01-01', error => {
    throw error
  }).model.fleet
}

async function workloadOf(count: number, trace: string | undefined): Promise<Workload> {
  const random = new RandomSource('parity')
  if (trace !== undefined) {
    const source = await readTraceSource([trace])
    const options = {
      mode: 'arrivals',
      maximumRequests: count,
      requestsPerSecond,
      maximumContextTokens: maximumContextTokens - 1,
    } as const
    return sourceWorkload(source, options, random).workload
  }
  return createWorkload(
    {
      kind: 'open',
      arrivals: { kind: 'gamma', rate: requestsPerSecond, cv: 2 },
      lengths: {
        input: { kind: 'lognormal', mean: 1000, cv: 1, maximum: 6000 },
        output: { kind: 'lognormal', mean: 200, cv: 1, maximum: 1500 },
      },
      prefix: { groups: 20, tokens: 400, zipfExponent: 1 },
      requests: count,
    },
    random,
  )
}

/** All requests of a workload that waits for no answer. */
function drained(workload: Workload): WorkloadRequest[] {
  const requests: WorkloadRequest[] = []
  for (let atUs = workload.nextUs(); atUs < Number.POSITIVE_INFINITY; atUs = workload.nextUs())
    workload.wake(atUs, requests)
  return requests
}

/** The clients, in a process of their own. */
function clients(port: number, requests: readonly WorkloadRequest[], timeScale: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), ['clients'])
    child.once('message', message => resolve(Number(message)))
    child.once('error', reject)
    const plain = requests.map(request => ({
      ...request,
      content: request.content && { ...request.content, blockIds: Array.from(request.content.blockIds) },
    }))
    child.send({ port, requests: plain, timeScale })
  })
}

function beClients(): void {
  process.once('message', (job: { port: number; requests: WorkloadRequest[]; timeScale: number }) => {
    void askAll(job.port, job.requests, job.timeScale).then(chunks =>
      process.send!(chunks, () => process.exit()),
    )
  })
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      requests: { type: 'string', default: '2000' },
      'time-scale': { type: 'string', default: '1' },
      trace: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  })
  const timeScale = Number(values['time-scale'])
  const requests = drained(await workloadOf(Number(values.requests), values.trace))
  const live = await runLive(await newFleet(), requests, timeScale, maximumContextTokens, clients)
  const startMs = performance.now()
  const virtual = runVirtual(await newFleet(), live.recording.inputs)
  const virtualSeconds = (performance.now() - startMs) / 1000

  let membersCompared = 0
  let membersDiffer = 0
  for (const { id, chunks } of live.truth) {
    const emitted = virtual.emissions.get(id!)!
    membersCompared += Math.max(chunks.length, emitted.length)
    membersDiffer += differences(
      chunks.map(([atUs, , tokens]) => `${atUs} ${tokens}`),
      emitted.map(([atUs, tokens]) => `${atUs} ${tokens}`),
    )
  }
  const result = {
    requests: requests.length,
    runSeconds: live.truth.reduce((last, { closedUs }) => Math.max(last, closedUs), 0) / 1e6,
    timeScale,
    virtualSeconds,
    decisions: { compared: live.recording.decisions.length, ...live.recording.counts },
    tokensHandedOver: { compared: membersCompared, differ: membersDiffer },
    differences: differences(live.recording.decisions, virtual.recording.decisions) + membersDiffer,
    firstDifference: firstDifference(live.recording.decisions, virtual.recording.decisions),
    lateness: live.lateness,
  }
  if (values.json) console.log(JSON.stringify(result, null, 2))
  else print(result)
  if (result.differences > 0) process.exitCode = 1
}

function print(result: {
  readonly requests: number
  readonly runSeconds: number
  readonly timeScale: number
  readonly virtualSeconds: number
  readonly decisions: Readonly<Record<string, number>>
  readonly tokensHandedOver: { readonly compared: number }
  readonly differences: number
  readonly firstDifference: unknown
  readonly lateness: {
    readonly chunks: number
    readonly p50Ms: number
    readonly p99Ms: number
    readonly maximumMs: number
  }
}): void {
  const { decisions, lateness } = result
  const count = (value: number) => Math.round(value).toLocaleString('en')
  const kinds = ['routing', 'batching', 'preemptions', 'cache', 'evictions', 'cachedTokens']
  console.log(
    `${count(result.requests)} requests, ${result.runSeconds.toFixed(0)} s of the run, ${result.timeScale} × real time\n` +
      `decisions compared  ${count(decisions.compared ?? 0)}: ${kinds.map(kind => `${count(decisions[kind] ?? 0)} ${kind}`).join(', ')}\n` +
      `tokens handed over  ${count(result.tokensHandedOver.compared)} times\n` +
      `differences         ${count(result.differences)}\n` +
      `lateness            p50 ${lateness.p50Ms.toFixed(2)} p99 ${lateness.p99Ms.toFixed(2)} max ${lateness.maximumMs.toFixed(1)} ms over ${count(lateness.chunks)} chunks\n` +
      `the same in virtual time took ${result.virtualSeconds.toFixed(2)} s, comparison lines included`,
  )
  if (result.firstDifference !== null) console.log(result.firstDifference)
}

if (process.argv[2] === 'clients') beClients()
else await main()
