import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deploymentDevices } from '../perf/deployment.ts'
import { hardwarePool } from './hardware-pool.ts'
import { measuredValueMs, parseObjectives } from './objectives.ts'
import { planDeployments } from './plan.ts'
import { aggregatedShapes, engineChoices } from './search/aggregated-shapes.ts'
import { PriceBook, usdPerHour } from './search/pricing.ts'
import { questionOf } from './search/shape.ts'
import type { Candidate, PlanRequest, PlanResult } from './types.ts'
import { latentMoeModel, world, worldCatalog, worldRequest } from './world.fixture.ts'

const plan = (changes: Partial<PlanRequest> = {}, architecture?: typeof latentMoeModel): PlanResult =>
  planDeployments({ ...worldRequest, ...changes }, world(worldCatalog, architecture))
const ids = (result: PlanResult) => result.ranking.map(candidate => candidate.id)
const shuffled = <T>(items: readonly T[], seed: number): T[] =>
  items
    .map((item, index) => ({ item, key: Math.imul(index + 1, seed * 2 + 1) % 1009 }))
    .sort((a, b) => a.key - b.key)
    .map(entry => entry.item)

describe('planDeployments', () => {
  it('ranks cheapest first, within the objectives', () => {
    const result = plan()
    expect(result.ranking.length).toBeGreaterThan(5)
    for (const [index, candidate] of result.ranking.entries()) {
      if (index > 0)
        expect(candidate.cost.blended).toBeGreaterThanOrEqual(result.ranking[index - 1]!.cost.blended)
      for (const objective of worldRequest.objectives) {
        expect(measuredValueMs(objective, candidate.performance)).toBeLessThanOrEqual(objective.limitMs)
      }
      expect(deploymentDevices(candidate.deployment)).toBeLessThanOrEqual(worldRequest.maximumDevices)
    }
    expect(new Set(ids(result)).size).toBe(result.ranking.length)
  })

  it('uses the binding objective up, or memory', () => {
    for (const candidate of plan().ranking) {
      const ratio = candidate.bindingObjective?.ratio ?? 0
      if (candidate.performance.keyValueUtilisation < 0.95) expect(ratio).toBeGreaterThan(0.998)
      expect(ratio).toBeLessThanOrEqual(1)
    }
  })

  it('finds the aggregated optimum that exhaustive enumeration finds', () => {
    const request = { ...worldRequest, allowDisaggregated: false }
    const context = world()
    const { hardware } = hardwarePool(request, worldCatalog, new PriceBook(worldCatalog, request))
    let best = Number.POSITIVE_INFINITY
    for (const choice of engineChoices(request, context.architecture, hardware)) {
      for (const shape of aggregatedShapes(request, context, choice)) {
        const predict = context.predictor(questionOf(shape, request.shape))
        for (let c = 1; c < 5000; c *= 1.01) {
          const p = predict({ kind: 'closed', concurrency: c, requests: null })
          if (!p.feasible || request.objectives.some(o => measuredValueMs(o, p) > o.limitMs)) break
          const usd = usdPerHour(shape.pricing, shape.devices, p.acceleratorWatts)
          best = Math.min(best, (usd / (p.totalTokensPerSecond * 3600)) * 1e6)
        }
      }
    }
    const found = planDeployments(request, context).ranking[0]!.cost.blended
    // The bill counts hosts' energy as the ranking does.
    expect(found / best).toBeGreaterThan(0.99)
    expect(found / best).toBeLessThan(1.001)
  })

  it('does not depend on the order of the catalog or of the question', () => {
    const reference = plan({}, latentMoeModel)
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), seed => {
        const catalog = { ...worldCatalog, accelerators: shuffled(worldCatalog.accelerators, seed) }
        const request = { ...worldRequest, engines: shuffled(worldRequest.engines, seed) }
        const result = planDeployments(request, world(catalog, latentMoeModel))
        expect(ids(result)).toEqual(ids(reference))
        expect(result.costFront.map(c => c.id)).toEqual(reference.costFront.map(c => c.id))
        expect(result.contributions).toEqual(reference.contributions)
        expect(result.binding).toEqual(reference.binding)
      }),
      { numRuns: 5 },
    )
  })

  it('gives fronts that nothing in the answer beats', () => {
    const result = plan({}, latentMoeModel)
    const speed = (c: PlanResult['ranking'][number]) => c.performance.tokensPerSecondPerUser
    for (const point of result.costFront) {
      const beaten = [...result.ranking, ...result.costFront].some(
        other => speed(other) > speed(point) * 1.011 && other.cost.blended < point.cost.blended,
      )
      expect(beaten).toBe(false)
    }
    expect(result.costFront.at(-1)!.cost.blended).toBeCloseTo(result.ranking[0]!.cost.blended, 9)
    expect(result.throughputFront.length).toBeGreaterThan(3)
  })

  it('sizes for a rate: carries it, within the objectives, and not by a group too many', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.05, max: 60, noNaN: true }), rate => {
        const result = plan({ requestsPerSecond: rate, maximumDevices: 256 })
        for (const { deployment, load, performance } of result.ranking) {
          expect(load).toEqual({ kind: 'open', requestsPerSecond: rate, arrivalVariation: 1 })
          expect(performance.requestsPerSecond).toBeGreaterThanOrEqual(rate * 0.998)
          expect(deploymentDevices(deployment)).toBeLessThanOrEqual(256)
          for (const o of worldRequest.objectives) {
            expect(measuredValueMs(o, performance)).toBeLessThanOrEqual(o.limitMs)
          }
        }
        expect(result.ranking.length).toBeGreaterThan(0)
      }),
      { numRuns: 12 },
    )
  })

  it('charges idle time as a line of its own', () => {
    const full = plan().ranking[0]!
    const half = plan({ loadFactor: 0.5 }).ranking[0]!
    expect(half.id).toBe(full.id)
    // Rent is paid for idle hours as for busy ones; of the energy, a little is saved.
    expect(half.cost.blended / full.cost.blended).toBeGreaterThan(1.96)
    expect(half.cost.blended / full.cost.blended).toBeLessThan(2)
    expect(half.cost.idle / half.cost.blended).toBeCloseTo(0.5, 3)
  })

  it('bills idle watts, not those of full load, for the hours in which nobody is served', () => {
    const full = plan().ranking[0]!
    const third = plan({ loadFactor: 1 / 3 }).ranking[0]!
    const { acceleratorWatts, idleWatts } = full.performance
    const hosts = full.itWatts - acceleratorWatts
    expect(third.id).toBe(full.id)
    expect(third.itWatts).toBeCloseTo(acceleratorWatts / 3 + (idleWatts! * 2) / 3 + hosts, 6)
    const energy = (candidate: Candidate) =>
      Number(candidate.costRate.lines.find(line => line.component === 'energy')!.nanoUsdPerHour)
    expect(energy(third) / energy(full)).toBeCloseTo(third.itWatts / full.itWatts, 6)
    expect(third.joulesPerToken / full.joulesPerToken).toBeCloseTo((3 * third.itWatts) / full.itWatts, 6)
  })

  it('holds the concurrency that was asked for, within the objectives', () => {
    const result = plan({ concurrency: 24 }, latentMoeModel)
    expect(result.ranking.length).toBeGreaterThan(3)
    for (const { load, performance } of [...result.ranking, ...result.costFront]) {
      expect(load).toEqual({ kind: 'closed', concurrency: 24, requests: null })
      for (const o of worldRequest.objectives) {
        expect(measuredValueMs(o, performance)).toBeLessThanOrEqual(o.limitMs)
      }
    }
    const tight = plan({ concurrency: 100_000 })
    expect(tight.ranking).toEqual([])
    expect(tight.binding.map(b => b.relaxation).join()).toContain('with 100000 requests in flight')
    expect(() => plan({ concurrency: 0 })).toThrow(/in flight/)
    expect(() => plan({ concurrency: 4, requestsPerSecond: 1 })).toThrow(/concurrency/)
  })

  it('tells how far it is', () => {
    const told: string[] = []
    planDeployments(worldRequest, world(worldCatalog, latentMoeModel), text => told.push(text))
    expect(told.length).toBeGreaterThan(2)
    expect(told[0]).toMatch(/^searching: 0 of \d+ aggregated shapes/)
  })

  it('keeps a safety margin and reports the probability', () => {
    const bold = plan().ranking[0]!
    const careful = plan({ safetyMargin: 0.2 }).ranking[0]!
    expect(careful.feasibilityProbability).toBeGreaterThan(bold.feasibilityProbability)
    expect(careful.cost.blended).toBeGreaterThan(bold.cost.blended)
    for (const o of worldRequest.objectives) {
      expect(measuredValueMs(o, careful.performance)).toBeLessThanOrEqual(o.limitMs * 0.8 * 1.0001)
    }
  })

  it('names what each technique contributes', () => {
    const result = plan({}, latentMoeModel)
    const names = result.contributions.map(c => c.technique)
    expect(names).toContain('speculation')
    expect(names).toContain('expert parallelism')
    for (const c of result.contributions) expect(c.costRatio).toBeGreaterThan(0)
  })
})

describe('no feasible configuration', () => {
  it('names the objective that binds and what would relax it', () => {
    const result = plan({ objectives: parseObjectives('tpot mean < 2ms') })
    expect(result.ranking).toEqual([])
    expect(result.costFront).toEqual([])
    const binding = result.binding.find(b => b.constraint === 'tpot mean < 2 ms')!
    expect(binding.candidatesExcluded).toBeGreaterThan(10)
    const limit = /tpot mean < ([\d.]+) ms would allow/.exec(binding.relaxation!)![1]
    expect(plan({ objectives: parseObjectives(`tpot mean < ${limit}ms`) }).ranking.length).toBeGreaterThan(0)
  })

  it('names memory', () => {
    const result = plan(
      { maximumDevices: 1, precisions: ['bf16'], acceleratorIds: ['small'] },
      latentMoeModel,
    )
    expect(result.ranking).toEqual([])
    expect(result.counts.feasible).toBe(0)
    expect(result.binding.map(b => b.constraint).join()).toMatch(/memory|devices/)
  })

  it('names the devices a demand would need', () => {
    const result = plan({ requestsPerSecond: 5000, maximumDevices: 8 })
    expect(result.ranking).toEqual([])
    const binding = result.binding.find(b => b.constraint.startsWith('devices:'))!
    expect(binding.relaxation).toMatch(/\d+ devices would allow/)
  })

  it('names missing prices', () => {
    const result = plan({ tier: 'spot' })
    expect(result.ranking).toEqual([])
    expect(result.skippedAccelerators).toHaveLength(3)
    expect(result.binding[0]!.constraint).toMatch(/^price/)
  })

  it('refuses absurd questions', () => {
    expect(() => plan({ loadFactor: 0 })).toThrow(/load factor/)
    expect(() => plan({ maximumDevices: 0 })).toThrow(/devices/)
    expect(() => plan({ requestsPerSecond: -1 })).toThrow(/requests per second/)
    expect(() => plan({ shape: { ...worldRequest.shape, cachedTokens: 9999 } })).toThrow(/cached/)
    expect(() => plan({ acceleratorIds: ['smal'] })).toThrow(/unknown accelerator/)
  })
})
