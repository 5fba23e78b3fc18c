import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Accelerator } from '../catalog/types.ts'
import { cellOf, resolveCoefficients } from './coefficients.ts'
import type { AggregatedDeployment, Load, Performance } from './deployment.ts'
import { deploymentDevices } from './deployment.ts'
import {
  fewestOffloadDevices,
  HybridStepModel,
  heldFormat,
  hybridAssumptions,
  offloadedFeedForward,
  withoutFeedForward,
} from './hybrid.ts'
import {
  aggregated,
  denseModel,
  device,
  fp8Precision,
  latentMoeModel,
  priorsOnly,
  shape,
} from './perf.fixture.ts'
import { predict } from './predict.ts'
import { rankFeatures } from './rank-features.ts'
import { idleWork, newStepSeconds, StepModel, type StepWork } from './step-time.ts'

const lpu: Accelerator = {
  ...device,
  id: 'lpu',
  name: 'LPU',
  generation: 'groq',
  memoryBytes: 500e6,
  memoryBandwidthBytesPerSecond: 150e12,
  peakFlopsPerSecond: { bf16: null, fp8: 1.23e15, fp4: null },
  scaleUp: { domainDevices: 256, bandwidthBytesPerSecond: 1.25e12, technology: 'C2C' },
  scaleOutBytesPerSecond: null,
  tdpWatts: 300,
  engines: [],
}
const gpu: Accelerator = { ...device, scaleOutBytesPerSecond: 100e9 }
const precision = fp8Precision()
const models = { dense: denseModel, moe: latentMoeModel }

function partsOf(name: keyof typeof models, devices?: number) {
  const architecture = models[name]
  const feedForward = offloadedFeedForward(architecture, precision, lpu)!
  const count = devices ?? fewestOffloadDevices(feedForward.bytes, lpu)
  const parallelism = { tensor: 8, pipeline: 1, attentionData: 1, expert: 1 }
  const features = rankFeatures(withoutFeedForward(architecture), precision, parallelism, 'trtllm')
  const local = resolveCoefficients(
    priorsOnly,
    cellOf('test', architecture, gpu, { engine: 'trtllm', mode: 'aggregated', precision }),
  )
  const offload = { accelerator: lpu, devices: count, feedForward }
  return {
    feedForward,
    count,
    attention: new StepModel(features, gpu, local),
    hybrid: new HybridStepModel(features, gpu, local, offload),
  }
}

const work = (sequences: number, prefillTokens = 0): StepWork => ({
  ...idleWork,
  sequences,
  sequencesAllGroups: sequences,
  contextTokens: 4000,
  prefillTokens,
  prefillTokensAllGroups: prefillTokens,
  promptsCompleted: prefillTokens > 0 ? 1 : 0,
})
const model = fc.constantFrom('dense', 'moe') as fc.Arbitrary<'dense' | 'moe'>
const batch = fc.double({ min: 1, max: 2000, noNaN: true })
const prompt = fc.constantFrom(0, 512, 8192)

describe('a hybrid step', () => {
  it('is no shorter than the physics of each part, and its parts add up', () => {
    fc.assert(
      fc.property(model, batch, prompt, (name, sequences, prefill) => {
        const { attention, hybrid, feedForward, count } = partsOf(name)
        const out = newStepSeconds()
        const seconds = hybrid.seconds(work(sequences, prefill), out)
        expect(seconds).toBeGreaterThanOrEqual(
          attention.seconds(work(sequences, prefill), newStepSeconds()) * (1 - 1e-9),
        )
        expect(seconds).toBeGreaterThanOrEqual(hybrid.feedForwardSeconds(sequences + prefill) * 0.5)
        // Peak rates without any share: nothing is faster.
        const flops = feedForward.groups.reduce(
          (sum, g) => sum + g.layers * (g.fixedFlopsPerToken + g.expertsPerToken * g.expertFlops),
          0,
        )
        expect(seconds).toBeGreaterThan(((sequences + prefill) * flops) / (count * 1.23e15))
        // Each token waits for the hops of every layer, overlapped or not.
        expect(seconds).toBeGreaterThan(2 * feedForward.layers * hybridAssumptions.hopSeconds)
        const parts =
          out.denseWeights +
          out.expertWeights +
          out.cacheRead +
          out.matrixCompute +
          out.attentionCompute +
          out.communication +
          out.layerOverhead +
          out.stepOverhead +
          out.sequenceOverhead
        expect(parts / seconds).toBeCloseTo(1, 6)
        expect(out.total).toBe(seconds)
        expect(out.memoryBusy + out.computeBusy).toBeLessThanOrEqual(seconds * (1 + 1e-9))
      }),
    )
  })

  it('is serial for one sequence: attention + feed-forward + hops', () => {
    const { attention, hybrid, feedForward } = partsOf('moe')
    const bytes = (1 / 8) * 7168 * 2
    const hops = 2 * feedForward.layers * (hybridAssumptions.hopSeconds + bytes / 100e9)
    const alone = attention.seconds(work(1), newStepSeconds())
    expect(hybrid.seconds(work(1), newStepSeconds())).toBeCloseTo(
      alone + hybrid.feedForwardSeconds(1) + hops,
      9,
    )
  })

  it('overlaps two micro-batches where that is shorter', () => {
    const { attention, hybrid, feedForward } = partsOf('moe')
    const bytes = (1000 / 8) * 7168 * 2
    const hops = 2 * feedForward.layers * (hybridAssumptions.hopSeconds + bytes / 100e9)
    const alone = attention.seconds(work(1000), newStepSeconds())
    const together = hybrid.seconds(work(1000), newStepSeconds())
    expect(together).toBeLessThan(alone + hybrid.feedForwardSeconds(1000) + hops)
  })

  it('is never slower with more processors', () => {
    fc.assert(
      fc.property(model, batch, fc.integer({ min: 0, max: 3 }), (name, sequences, more) => {
        const { count, feedForward } = partsOf(name)
        const larger = count < 256 ? Math.min(256, count + 40 * (more + 1)) : count + 256 * (more + 1)
        const few = partsOf(name, count).hybrid.seconds(work(sequences), newStepSeconds())
        const many = partsOf(name, larger).hybrid.seconds(work(sequences), newStepSeconds())
        expect(many).toBeLessThanOrEqual(few * (1 + 1e-12))
        expect(feedForward.bytes).toBeLessThanOrEqual(count * lpu.memoryBytes)
      }),
    )
  })
})

describe('a hybrid deployment', () => {
  const load: Load = { kind: 'closed', concurrency: 8, requests: null }
  const feedForward = offloadedFeedForward(denseModel, precision, lpu)!
  const devices = fewestOffloadDevices(feedForward.bytes, lpu)
  const plain: AggregatedDeployment = aggregated({ tensor: 4 }, { precision })
  const hybrid = { ...plain, feedForwardOffload: { acceleratorId: 'lpu', devices } }
  const ask = (deployment: AggregatedDeployment, accelerator = gpu) =>
    predict({
      modelId: 'test',
      architecture: denseModel,
      accelerator,
      feedForwardAccelerator: lpu,
      deployment,
      shape,
      load,
      coefficients: priorsOnly,
    })

  it('holds the weights in as many processors as ⌈bytes ÷ SRAM⌉, and refuses fewer', () => {
    expect(devices).toBe(Math.ceil((80 * 3 * 8192 * 28672) / 500e6))
    expect(fewestOffloadDevices(300 * 500e6, lpu)).toBe(512)
    const short = ask({ ...hybrid, feedForwardOffload: { acceleratorId: 'lpu', devices: devices - 1 } })
    expect(short).toMatchObject({ feasible: false, reason: 'weights-exceed-memory' })
  })

  it('decodes faster than the pool alone, frees its memory, and counts all devices and watts', () => {
    const alone = ask(plain) as Performance
    const beside = ask(hybrid) as Performance
    expect(beside.tpot.meanMs).toBeLessThan(alone.tpot.meanMs)
    expect(beside.memory.keyValueBytes).toBeGreaterThan(alone.memory.keyValueBytes)
    expect(deploymentDevices(hybrid)).toBe(4 + devices)
    expect(beside.totalTokensPerSecondPerDevice * (4 + devices)).toBeCloseTo(beside.totalTokensPerSecond, 6)
    expect(beside.acceleratorWatts).toBeGreaterThan(devices * 300)
  })

  it('needs a network, a format both can hold, and no pipeline', () => {
    expect(ask(hybrid, { ...gpu, scaleOutBytesPerSecond: null })).toMatchObject({ feasible: false })
    expect(heldFormat('nvfp4', lpu)).toBe('fp8')
    expect(heldFormat('bf16', lpu)).toBeNull()
    const wide = aggregated({ tensor: 8 }, { precision: { ...precision, denseFeedForward: 'bf16' } })
    expect(ask({ ...wide, feedForwardOffload: hybrid.feedForwardOffload })).toMatchObject({
      feasible: false,
      reason: 'format-unsupported',
    })
  })
})
