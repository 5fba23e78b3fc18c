import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import type { Accelerator } from '../../catalog/types.ts'
import { TokenwrightError } from '../../core/errors.ts'
import type { Deployment, Engine, Speculation } from '../../perf/deployment.ts'
import { device } from '../../perf/perf.fixture.ts'
import { planDeployments } from '../plan.ts'
import type { Candidate } from '../types.ts'
import { latentMoeModel, world, worldCatalog, worldRequest } from '../world.fixture.ts'
import { type LaunchInput, launchFiles } from './index.ts'
import { launchPlan } from './launch-plan.ts'
import { parseDeployment } from './read-deployment.ts'
import { shellQuote } from './shell.ts'

const speculation: Speculation = {
  method: 'mtp',
  draftTokens: 2,
  acceptanceLength: 2.3,
  acceptanceSource: 'test',
}
const result = planDeployments(worldRequest, world(worldCatalog, latentMoeModel))

function input(changes: {
  readonly engine: Engine
  readonly mode: Deployment['mode']
  readonly modelId?: string
  readonly memoryBytes?: number
  readonly tensor?: number
}): LaunchInput {
  const base = result.ranking[0]!
  const parallelism = {
    tensor: changes.tensor ?? 1,
    pipeline: 1,
    attentionData: 16,
    expert: 16 * (changes.tensor ?? 1),
  }
  const { precision } = base.deployment
  const shared = { engine: changes.engine, precision, speculation }
  const accelerator: Accelerator = { ...device, memoryBytes: changes.memoryBytes ?? device.memoryBytes }
  const pool = { acceleratorId: accelerator.id, parallelism, replicas: 2 }
  const prefill = {
    ...pool,
    parallelism: { tensor: 8, pipeline: 1, attentionData: 1, expert: 8 },
    replicas: 3,
  }
  const deployment: Deployment =
    changes.mode === 'aggregated'
      ? { ...shared, mode: 'aggregated', pool }
      : { ...shared, mode: 'disaggregated', prefill, decode: pool }
  const candidate: Candidate = { ...base, deployment }
  return {
    candidate,
    request: { ...worldRequest, modelId: changes.modelId ?? 'deepseek-ai/DeepSeek-R1' },
    architecture: latentMoeModel,
    accelerators: [accelerator],
  }
}

const cases = (['vllm', 'sglang', 'trtllm'] as const).flatMap(engine =>
  (['aggregated', 'disaggregated'] as const).map(mode => ({ engine, mode })),
)

describe.each(cases)('$engine $mode', ({ engine, mode }) => {
  const files = launchFiles(input({ engine, mode }))
  const text = (path: string) => files.find(file => file.path === path)!.text

  it('writes scripts that bash accepts and YAML that parses', () => {
    expect(new Set(files.map(file => file.path)).size).toBe(files.length)
    for (const file of files) {
      if (file.path.endsWith('.sh')) {
        expect(file.executable).toBe(true)
        execFileSync('bash', ['-n'], { input: file.text })
      } else {
        for (const document of parseAllDocuments(file.text)) expect(document.errors).toEqual([])
      }
    }
  })

  it('writes a Dynamo graph with a worker per pool', () => {
    const documents = parseAllDocuments(text('dynamo.yaml')).map(document => document.toJS())
    const graph = documents.find(document => document.kind === 'DynamoGraphDeployment')
    expect(graph.apiVersion).toBe('nvidia.com/v1alpha1')
    const names =
      mode === 'aggregated' ? ['Frontend', 'Worker'] : ['Frontend', 'PrefillWorker', 'DecodeWorker']
    expect(Object.keys(graph.spec.services)).toEqual(names)
    const worker = graph.spec.services[names.at(-1)!]
    expect(worker.multinode).toEqual({ nodeCount: 2 })
    expect(worker.resources.limits.gpu).toBe('8')
    expect(worker.replicas).toBe(2)
    for (const argument of worker.extraPodSpec.mainContainer.args) expect(typeof argument).toBe('string')
    if (engine === 'trtllm') {
      const config = documents.find(document => document.kind === 'ConfigMap')
      const name = mode === 'aggregated' ? 'trtllm.yaml' : 'trtllm-decode.yaml'
      expect(parse(config.data[name]).enable_attention_dp).toBe(true)
    }
  })

  it('says how to falsify the prediction', () => {
    expect(text('benchmark-vllm.sh')).toMatch(/--random-input-len 1500/)
    expect(text('benchmark-vllm.sh')).toMatch(/FALSIFIED/)
    expect(text('benchmark-aiperf.sh')).toMatch(/--prefix-prompt-length 500/)
    expect(text('benchmark-aiperf.sh')).toMatch(/80 % confidence/)
  })

  it('describes the deployment so that it can be read back', () => {
    const description = parseDeployment(text('deployment.yaml'))
    const { candidate, request } = input({ engine, mode })
    expect(description.deployment).toEqual(candidate.deployment)
    expect(description.load).toEqual(candidate.load)
    expect(description.shape).toEqual(request.shape)
    expect(description.objectives).toEqual(request.objectives)
    expect(description.prediction.band).toEqual(candidate.band)
  })
})

describe('limits', () => {
  it('asks for a context that the KV cache holds', () => {
    fc.assert(
      fc.property(fc.double({ min: 90, max: 200, noNaN: true }), gigabytes => {
        const plan = launchPlan(input({ engine: 'vllm', mode: 'aggregated', memoryBytes: gigabytes * 1e9 }))
        expect(plan.maximumModelTokens).toBeGreaterThan(0)
        expect(plan.maximumModelTokens).toBeLessThanOrEqual(latentMoeModel.maximumPositionTokens)
        if (plan.contextWarning === null) expect(plan.maximumModelTokens).toBeGreaterThanOrEqual(2400 + 256)
      }),
    )
    const small = input({ engine: 'vllm', mode: 'aggregated' })
    const long = {
      ...small,
      request: { ...small.request, shape: { ...worldRequest.shape, inputTokens: 900_000 } },
    }
    expect(launchPlan(long).contextWarning).toMatch(/were wanted/)
    expect(launchPlan(long).maximumModelTokens).toBeLessThanOrEqual(latentMoeModel.maximumPositionTokens)
  })

  it('spans hosts with ranks by group, or by node when groups do not divide', () => {
    const script = (tensor: number) =>
      launchFiles(input({ engine: 'vllm', mode: 'aggregated', tensor })).find(
        f => f.path === 'launch-vllm.sh',
      )!.text
    expect(script(1)).toMatch(/--data-parallel-size-local 8/)
    expect(script(1)).toMatch(/NODE_RANK \* 8/)
    expect(script(1)).toMatch(/--headless/)
  })
})

describe('quoting', () => {
  it('passes any text through a shell unchanged', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), raw => {
        const text = raw.replaceAll('\0', '')
        const seen = execFileSync('bash', ['-c', `printf %s ${shellQuote(text)}`]).toString()
        expect(seen).toBe(text)
      }),
      { numRuns: 50 },
    )
  })

  it('keeps a hostile model name one word', () => {
    const modelId = "x'; touch /tmp/owned; echo '\n# $(id)"
    for (const { engine, mode } of cases) {
      for (const file of launchFiles(input({ engine, mode, modelId }))) {
        if (file.path.endsWith('.sh')) {
          execFileSync('bash', ['-n'], { input: file.text })
          expect(file.text).not.toMatch(/^touch/m)
          if (file.text.includes('touch')) expect(file.text).toContain(shellQuote(modelId))
        } else {
          for (const document of parseAllDocuments(file.text)) expect(document.errors).toEqual([])
        }
      }
    }
  })
})

describe('parseDeployment', () => {
  const text = launchFiles(input({ engine: 'vllm', mode: 'aggregated' })).find(
    f => f.path === 'deployment.yaml',
  )!.text
  const faults: readonly [string, string, RegExp][] = [
    ['not YAML', 'a: [', /not valid YAML/],
    ['empty', '', /not a deployment description/],
    ['wrong number', text.replace(/tensor: 1/, 'tensor: 0'), /deployment\.pool\.parallelism\.tensor/],
    ['unknown field', `${text}surprise: 1\n`, /surprise|the document/],
    ['unknown engine', text.replace('engine: vllm', 'engine: llvm'), /deployment\.engine/],
  ]
  it.each(faults)('refuses: %s', (_, broken, message) => {
    try {
      parseDeployment(broken, 'x.yaml')
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(TokenwrightError)
      expect((error as TokenwrightError).message).toMatch(message)
      expect((error as TokenwrightError).where).toBe('x.yaml')
    }
  })
})
