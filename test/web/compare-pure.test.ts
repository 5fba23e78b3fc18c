/** The arithmetic of comparisons: ratios that must follow from their fronts, sides that must come back from an address. */
import { beforeAll, describe, expect, test } from 'vitest'
import { loadCatalog } from '../../src/catalog/load-catalog-file.ts'
import { shippedArchitecture } from '../../src/model/shipped-models-file.ts'
import { loadCoefficients } from '../../src/perf/load-coefficients-file.ts'
import { parseObjectives, perfContext, planDeployments } from '../../src/plan/index.ts'
import type { Candidate, PlanRequest } from '../../src/plan/types.ts'
import { quantities } from '../../web/compare/quantities.ts'
import { ratioAt, ratioTable, sideFront, valueAt } from '../../web/compare/ratios.ts'
import { acceleratorsOf, entriesOf, entryOf, nameOf, sidesOf } from '../../web/compare/sides.ts'
import type { CurveAnswer } from '../../web/worker/protocol.ts'

const catalog = loadCatalog()

describe('ratios at equal speed', () => {
  let h200: CurveAnswer
  let b200: CurveAnswer

  beforeAll(() => {
    const modelId = 'openai/gpt-oss-20b'
    const architecture = shippedArchitecture(modelId)
    const context = perfContext({ modelId, architecture, catalog, coefficients: loadCoefficients() })
    const curve = (acceleratorId: string): CurveAnswer => {
      const request: PlanRequest = {
        modelId,
        shape: {
          inputTokens: 4000,
          outputTokens: 500,
          cachedTokens: 0,
          inputVariation: 0,
          outputVariation: 0,
        },
        objectives: parseObjectives('ttft p90 < 5s'),
        requestsPerSecond: null,
        acceleratorIds: [acceleratorId],
        engines: ['vllm'],
        precisions: [],
        tier: 'reserved',
        region: null,
        maximumDevices: 8,
        allowDisaggregated: false,
        allowSpeculation: false,
        loadFactor: 1,
      }
      const { costFront, throughputFront } = planDeployments(request, context)
      return { acceleratorId, costFront, throughputFront, measured: [] }
    }
    h200 = curve('h200-sxm')
    b200 = curve('b200-sxm')
  })

  const speedOf = ({ performance }: Candidate) => performance.tokensPerSecondPerUser

  test('a side’s value is that of its front, in between between its neighbours, and nothing beyond', () => {
    const front = sideFront(h200, quantities.dollar)
    for (const candidate of h200.costFront) {
      expect(valueAt(front, speedOf(candidate))!.value).toBeCloseTo(1e6 / candidate.cost.blended, 3)
    }
    const [slow, fast] = [front.front[0]!, front.front[1]!]
    const between = valueAt(front, (slow.speed + fast.speed) / 2)!
    expect(between.value).toBeCloseTo(Math.sqrt(slow.value * fast.value), 3)
    expect(between.candidate).toBe(fast.candidate)
    expect(valueAt(front, Math.max(...h200.costFront.map(speedOf)) + 1)).toBeNull()
  })

  test('a side against itself is 1 with a band around it, by whatever it is compared', () => {
    for (const quantity of Object.values(quantities)) {
      const side = sideFront(h200, quantity)
      const same = ratioAt(side, side, quantity, 60)!
      expect(same.ratio).toBe(1)
      expect(same.low).toBeLessThan(1)
      expect(same.high).toBeGreaterThan(1)
    }
  })

  test('a megawatt carries what its joules allow, and nothing beside the front carries more at that speed', () => {
    const { megawatt } = quantities
    const side = sideFront(h200, megawatt)
    for (const { speed, value, candidate } of side.front) {
      expect(candidate.joulesPerToken).toBeCloseTo(1e6 / value, 9)
      for (const other of [...h200.costFront, ...h200.throughputFront]) {
        if (speedOf(other) >= speed) expect(other.tokensPerSecondPerMegawatt).toBeLessThanOrEqual(value)
      }
    }
    expect(side.front.map(({ value }) => value)).toEqual(
      side.front.map(({ value }) => value).toSorted((a, b) => b - a),
    )
  })

  test('rows of the table name both configurations, models where they differ', () => {
    const fronts = [h200, b200].map(curve => sideFront(curve, quantities.megawatt))
    const table = ratioTable(fronts[0]!, fronts.slice(1), quantities.megawatt)
    expect(new Set(table.columns.map(({ header }) => header)).size).toBe(table.columns.length)
    for (const row of table.rows) {
      expect(row).toHaveLength(table.columns.length)
      expect(row.join(' ')).toMatch(/× .*b200-sxm, vLLM, .*h200-sxm, vLLM, /)
    }
    const named = fronts.map(front => ({ ...front, model: 'some-model' }))
    expect(ratioTable(named[0]!, named.slice(1), quantities.megawatt).rows[0]!.join(' ')).toMatch(
      /some-model on \d+× b200-sxm.*some-model on \d+× h200-sxm/,
    )
  })
})

describe('sides', () => {
  const params = {
    model: 'a/m',
    base: 'h200-sxm',
    with: 'b200-sxm,h200-sxm@b/n,generation:blackwell,b200-sxm',
  }

  test('are read from the address, each once, and written back', () => {
    const [baseline, ...others] = sidesOf(params)
    expect(baseline).toEqual({ hardware: 'h200-sxm', model: 'a/m' })
    expect(others).toEqual([
      { hardware: 'b200-sxm', model: 'a/m' },
      { hardware: 'h200-sxm', model: 'b/n' },
      { hardware: 'generation:blackwell', model: 'a/m' },
    ])
    expect(others.map(side => entryOf(side, 'a/m'))).toEqual(entriesOf(params))
  })

  test('are named by what tells them apart', () => {
    const names = (text: string) => {
      const sides = sidesOf({ ...params, with: text })
      return sides.map(side => nameOf(side, sides))
    }
    expect(names('b200-sxm,generation:blackwell')).toEqual(['h200-sxm', 'b200-sxm', 'best blackwell'])
    expect(names('h200-sxm@b/n')).toEqual(['m', 'n'])
    expect(names('b200-sxm@b/n')).toEqual(['m on h200-sxm', 'n on b200-sxm'])
  })

  test('of a generation are its accelerators that can serve; of none that is known, what was asked for', () => {
    const ids = acceleratorsOf({ hardware: 'generation:hopper', model: '' }, catalog)
    expect(ids).toContain('h100-sxm')
    expect(ids).toContain('h200-sxm')
    expect(ids).not.toContain('b200-sxm')
    expect(acceleratorsOf({ hardware: 'generation:none', model: '' }, catalog)).toEqual(['generation:none'])
  })
})
