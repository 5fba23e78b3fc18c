import { describe, expect, it } from 'vitest'
import { keyValueBytesPerToken, layerCacheElements } from '../model/kv-cache.ts'
import { activeLayerParameterCount, layerParameterCount } from '../model/layer.ts'
import { cellOf } from '../perf/cell.ts'
import { resolveCoefficients } from '../perf/coefficients.ts'
import {
  aggregated,
  denseModel,
  device,
  fp8Precision,
  latentMoeModel,
  priorsOnly,
} from '../perf/perf.fixture.ts'
import { rankFeatures } from '../perf/rank-features.ts'
import { idleWork, newStepSeconds, StepModel } from '../perf/step-time.ts'
import { counterfactuals, withoutLatents, withoutRouting } from './counterfactuals.ts'
import { perfContext } from './perf-context.ts'
import { planDeployments } from './plan.ts'
import type { PlanRequest } from './types.ts'
import { world, worldCatalog, worldRequest } from './world.fixture.ts'

const nothingCached: PlanRequest = {
  ...worldRequest,
  maximumDevices: 32,
  shape: { ...worldRequest.shape, cachedTokens: 0 },
}

const deepSeek = perfContext({
  modelId: 'deepseek-ai/DeepSeek-R1',
  architecture: latentMoeModel,
  catalog: worldCatalog,
  coefficients: priorsOnly,
})

describe('worlds without a technique', () => {
  it('without latents every head’s keys and values are cached: 32,768 elements a token and layer instead of 576', () => {
    const multiHead = withoutLatents(latentMoeModel)!
    expect(layerCacheElements(latentMoeModel.layerGroups[1]!.attention, 1).replicated).toBe(512 + 64)
    expect(layerCacheElements(multiHead.layerGroups[1]!.attention, 1).shardable).toBe(2 * 128 * 128)
    const ratio = keyValueBytesPerToken(multiHead, 'bf16') / keyValueBytesPerToken(latentMoeModel, 'bf16')
    expect(ratio).toBeCloseTo(32_768 / 576, 9)
    expect(multiHead.parameters).toEqual(latentMoeModel.parameters)
  })

  it('without routing a token touches every parameter', () => {
    const unrouted = withoutRouting(latentMoeModel)!
    for (const [index, group] of unrouted.layerGroups.entries()) {
      expect(activeLayerParameterCount(group)).toBe(layerParameterCount(group.parameters))
      expect(group.parameters).toEqual(latentMoeModel.layerGroups[index]!.parameters)
    }
  })

  it('without routing every expert is read for one token, and computes E ÷ k times as much for many', () => {
    const deployment = aggregated({ tensor: 8 })
    const coefficients = resolveCoefficients(priorsOnly, cellOf('m', latentMoeModel, device, deployment))
    const stepOf = (architecture: typeof latentMoeModel, sequences: number) => {
      const features = rankFeatures(architecture, fp8Precision(), deployment.pool.parallelism, 'vllm')
      const out = newStepSeconds()
      const work = { ...idleWork, sequences, sequencesAllGroups: sequences, contextTokens: 1 }
      new StepModel(features, device, coefficients).seconds(work, out)
      return out
    }
    const unrouted = withoutRouting(latentMoeModel)!
    const one = stepOf(unrouted, 1).expertWeights / stepOf(latentMoeModel, 1).expertWeights
    expect(one).toBeCloseTo(256 / 8, 1)
    const gain =
      (stepOf(unrouted, 60_000).matrixCompute - stepOf(unrouted, 50_000).matrixCompute) /
      (stepOf(latentMoeModel, 60_000).matrixCompute - stepOf(latentMoeModel, 50_000).matrixCompute)
    const { routedExperts, ...other } = latentMoeModel.layerGroups[1]!.parameters
    const routed = 58 * routedExperts
    const rest =
      58 * layerParameterCount({ ...other, routedExperts: 0 }) +
      3 * layerParameterCount(latentMoeModel.layerGroups[0]!.parameters) +
      latentMoeModel.headParameters
    // Dense and expert products reach different shares of the peak, and replicated matrices are computed on every rank.
    expect(gain).toBeGreaterThan((0.7 * (routed + rest)) / (routed / 32 + rest))
    expect(gain).toBeLessThan(32)
  })

  it('are none for a dense model whose prompts are new', () => {
    expect(counterfactuals(nothingCached, denseModel)).toEqual([])
    expect(counterfactuals(worldRequest, denseModel).map(({ technique }) => technique)).toEqual([
      'cache hits',
    ])
    const names = planDeployments(nothingCached, world()).contributions.map(({ technique }) => technique)
    expect(names.filter(name => /MoE|MLA|cache hits/.test(name))).toEqual([])
  })
})

describe('what model and workload contribute', () => {
  it('is asked of the whole search: against the cheapest of each world', () => {
    const { contributions } = planDeployments(nothingCached, deepSeek)
    for (const [technique, change] of [
      ['expert routing (MoE)', withoutRouting],
      ['latent attention (MLA)', withoutLatents],
    ] as const) {
      const found = contributions.find(entry => entry.technique === technique)!
      expect(found.costRatio).toBeLessThan(1)
      // No choice depends on the attention's kind here, so the other world is a plan of its own.
      const other = deepSeek.withArchitecture(change(latentMoeModel)!)
      const { ranking } = planDeployments(nothingCached, other, () => {}, { counterfactuals: false })
      expect(found.withoutUsdPerMillionTokens).toBeCloseTo(ranking[0]!.cost.blended, 6)
    }
  })

  it('cache hits save at most the prompts that they replace', () => {
    const { contributions, ranking } = planDeployments(worldRequest, world())
    const hits = contributions.find(({ technique }) => technique === 'cache hits')!
    const { inputTokens, cachedTokens } = worldRequest.shape
    expect(hits.costRatio).toBeLessThan(1)
    expect(hits.costRatio).toBeGreaterThan((inputTokens - cachedTokens) / inputTokens)
    const anew = planDeployments(nothingCached, world(), () => {}, { counterfactuals: false }).ranking[0]!
    expect(nothingCached.maximumDevices).toBeLessThan(worldRequest.maximumDevices)
    expect(hits.withoutUsdPerMillionTokens).toBeLessThanOrEqual(anew.cost.blended * 1.000001)
    expect(hits.costRatio! * hits.withoutUsdPerMillionTokens!).toBeCloseTo(ranking[0]!.cost.blended, 6)
  })

  it('is everything where nothing else meets the objectives', () => {
    const impossible: PlanRequest = {
      ...nothingCached,
      objectives: [{ metric: 'tpot', statistic: 'mean', limitMs: 9 }],
      maximumDevices: 8,
    }
    const { contributions, ranking } = planDeployments(impossible, deepSeek)
    expect(ranking.length).toBeGreaterThan(0)
    expect(contributions[0]).toEqual({
      technique: 'expert routing (MoE)',
      without: 'every expert computes every token',
      costRatio: null,
      withoutUsdPerMillionTokens: null,
    })
  })
})
