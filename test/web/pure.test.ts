/** The page's own arithmetic: sums that must add up, addresses that must come back, places in a batch. */
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { loadTrustData } from '../../src/accuracy/load-trust-file.ts'
import { loadCatalog } from '../../src/catalog/load-catalog-file.ts'
import { shippedArchitecture } from '../../src/model/shipped-models-file.ts'
import { loadCoefficients } from '../../src/perf/load-coefficients-file.ts'
import { parseObjectives, perfContext, planDeployments } from '../../src/plan/index.ts'
import type { PlanContext } from '../../src/plan/search/context.ts'
import type { PlanRequest, PlanResult } from '../../src/plan/types.ts'
import { csvText } from '../../web/figures/csv.ts'
import { objectiveText, readObjectives, withLimit } from '../../web/plan/objectives.ts'
import { commandLine, questionKey, withDefaults } from '../../web/plan/question.ts'
import { hourRows, tokenParts, tokenRows } from '../../web/plan/waterfall.ts'
import { batchAt, placed, waitingAt } from '../../web/simulate/batch.ts'
import { packText, unpackText } from '../../web/state/pack.ts'
import { parseRoute, routeText } from '../../web/state/route.ts'
import { measuredNear } from '../../web/worker/measured.ts'
import type { WatchedRequest } from '../../web/worker/protocol.ts'

const request: PlanRequest = {
  modelId: 'openai/gpt-oss-20b',
  shape: { inputTokens: 4000, outputTokens: 500, cachedTokens: 1000, inputVariation: 0, outputVariation: 0 },
  objectives: parseObjectives('tpot mean < 30ms'),
  requestsPerSecond: null,
  acceleratorIds: ['h200-sxm'],
  engines: ['vllm', 'sglang'],
  precisions: [],
  tier: 'owned',
  region: null,
  maximumDevices: 16,
  allowDisaggregated: true,
  allowSpeculation: true,
  loadFactor: 0.6,
}

describe('a plan in the page', () => {
  let plan: PlanResult
  let context: PlanContext
  beforeAll(() => {
    const architecture = shippedArchitecture('openai/gpt-oss-20b')
    const catalog = loadCatalog()
    const coefficients = loadCoefficients()
    context = perfContext({ modelId: request.modelId, architecture, catalog, coefficients })
    plan = planDeployments(request, context)
  })

  test('every waterfall adds up to its total, idle capacity and cached input included', () => {
    expect(plan.ranking.length).toBeGreaterThan(5)
    for (const candidate of plan.ranking) {
      const parts = tokenParts(candidate, request.shape)
      expect(parts.reduce((sum, { value }) => sum + value, 0)).toBeCloseTo(candidate.cost.blended, 9)
      expect(parts.map(({ name }) => name)).toContain('idle capacity')
      for (const rows of [hourRows(candidate), tokenRows(candidate, request.shape)]) {
        expect(rows.at(-2)!.to).toBeCloseTo(rows.at(-1)!.to, 9)
      }
    }
  })

  test('a ranking without fronts is the same ranking, for less work', () => {
    const without = planDeployments(request, context, () => {}, { fronts: false })
    expect(without.ranking).toEqual(plan.ranking)
    expect(without.contributions).toEqual(plan.contributions)
    expect(without.counts.predicted).toBeLessThan(plan.counts.predicted)
  })
})

test('measured points are of the model, the accelerator and the lengths, and obey Little’s law', () => {
  const { neighbours } = loadTrustData()
  const near = (inputTokens: number, cachedTokens = 0) =>
    measuredNear(neighbours, 'deepseek-ai/DeepSeek-R1', 'b200-sxm', {
      ...request,
      shape: { ...request.shape, inputTokens, outputTokens: 1000, cachedTokens },
    })
  expect(near(8000).length).toBeGreaterThan(10)
  expect(near(3000)).toEqual([])
  expect(near(8000, 100)).toEqual([])
  for (const point of near(8000)) {
    const requestSeconds = (point.ttftMs + point.tpotMs * (point.outputTokens - 1)) / 1000
    const requestsPerSecond =
      (point.tokensPerSecondPerDevice * point.devices) / (point.inputTokens + point.outputTokens)
    expect(requestsPerSecond * requestSeconds).toBeCloseTo(point.concurrency, 6)
  }
})

describe('addresses', () => {
  test('come back as they were', () => {
    const names = fc.stringMatching(/^[a-z][a-z-]{0,8}$/)
    const values = fc.string({ minLength: 1, unit: 'grapheme' })
    fc.assert(
      fc.property(fc.dictionary(names, values), params => {
        expect(parseRoute(routeText('plan', params))).toEqual({ page: 'plan', params: { ...params } })
      }),
    )
  })

  test('hold a config whole', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), async text => {
        const packed = await packText(text)
        expect(packed).toMatch(/^[\w-]*$/)
        expect(await unpackText(packed)).toBe(text)
      }),
      { numRuns: 30 },
    )
    await expect(unpackText('not packed')).rejects.toThrow()
  })

  test('say the same question in any order, whatever is picked; nothing said is the example', () => {
    expect(questionKey({ b: '1', a: '2' })).toBe(questionKey({ a: '2', pick: 'x', b: '1' }))
    expect(withDefaults({ pick: 'x' }).isl).toBe('4000')
    expect(withDefaults({ model: 'm' }).isl).toBeUndefined()
  })

  test('are a command line as well', () => {
    const line = commandLine({
      model: 'a/b',
      slo: "ttft < 1s, it's",
      'no-speculation': '1',
      price: 'h200=2/h,b200=4/h',
    })
    expect(line).toBe(
      String.raw`npx tokenwright plan a/b --slo 'ttft < 1s, it'\''s' --price h200=2/h --price b200=4/h --no-speculation`,
    )
  })
})

test('one limit is changed, the others stay', () => {
  const objectives = readObjectives('ttft p90 < 1s, tpot mean < 30ms, e2e p99 < 20s')!
  expect(objectiveText(withLimit(objectives, 'tpot', 12, 'mean'))).toBe(
    'ttft p90 < 1s, tpot mean < 12ms, e2e p99 < 20s',
  )
  expect(objectiveText(withLimit(objectives, 'ttft', null, 'p90'))).toBe('tpot mean < 30ms, e2e p99 < 20s')
  expect(readObjectives('ttft p90 > 1s')).toBeNull()
})

test('a batch: no two requests in one place, and everybody waits, reads or writes', () => {
  const life = fc
    .tuple(fc.nat(1000), fc.nat(50), fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 500 }))
    .map(([sentUs, wait, read, write]) => ({
      sentUs,
      startedUs: sentUs + wait,
      partedUs: sentUs + wait + read,
      endedUs: sentUs + wait + read + write,
    }))
  fc.assert(
    fc.property(fc.array(life, { maxLength: 40 }), fc.nat(1600), (lives, atUs) => {
      const requests = placed(
        lives.map(
          (times, id): WatchedRequest => ({
            id,
            inputTokens: 1,
            cachedTokens: 0,
            outputTokens: 1,
            preemptedUs: [],
            ...times,
          }),
        ),
      )
      const members = batchAt(requests, atUs)
      expect(new Set(members.map(({ request }) => request.place)).size).toBe(members.length)
      for (const { progress } of members)
        expect(progress).toSatisfy((share: number) => share >= 0 && share <= 1)
      const alive = lives.filter(({ sentUs, endedUs }) => sentUs <= atUs && atUs < endedUs).length
      expect(members.length + waitingAt(requests, atUs)).toBe(alive)
    }),
  )
})

test('cells of a CSV with commas, quotes and line ends are quoted', () => {
  expect(
    csvText([
      ['a', 1, null],
      ['b,c', '"d"', 'e\nf'],
    ]),
  ).toBe('a,1,\r\n"b,c","""d""","e\nf"\r\n')
})
