/** Hybrid deployments in the search: only with a price, both kinds of device on the bill, never more than assumed. */
import { describe, expect, it } from 'vitest'
import type { Accelerator, Catalog, Price } from '../catalog/types.ts'
import { deploymentDevices } from '../perf/deployment.ts'
import { denseModel, priorsOnly } from '../perf/perf.fixture.ts'
import { launchFiles } from './launch/index.ts'
import { parseDeployment } from './launch/read-deployment.ts'
import { parseObjectives } from './objectives.ts'
import { perfContext } from './perf-context.ts'
import { planDeployments } from './plan.ts'
import { worldCatalog, worldRequest } from './world.fixture.ts'

const lpu: Accelerator = {
  ...worldCatalog.accelerators[0]!,
  id: 'lpu',
  name: 'LPU',
  generation: 'groq',
  memoryBytes: 500e6,
  memoryBandwidthBytesPerSecond: 150e12,
  peakFlopsPerSecond: { bf16: null, fp8: 1.23e15, fp4: null },
  scaleUp: { domainDevices: 256, bandwidthBytesPerSecond: 1.25e12, technology: 'C2C' },
  scaleOutBytesPerSecond: null,
  tdpWatts: 300,
  allInWatts: null,
  engines: [],
}
const lpuPrice: Price = {
  ...worldCatalog.prices[0]!,
  id: 'lpu-price',
  acceleratorId: 'lpu',
  usdPerDeviceHour: 0.05,
  includes: [...worldCatalog.prices[0]!.includes, 'energy'],
}
const unpriced: Catalog = {
  ...worldCatalog,
  accelerators: [...worldCatalog.accelerators, lpu],
  pue: [...worldCatalog.pue, { ...worldCatalog.pue[0]!, id: 'infx-dlc' }],
}
const priced: Catalog = { ...unpriced, prices: [...worldCatalog.prices, lpuPrice] }

const fast = parseObjectives('ttft p90 < 4s, tpot mean < 6ms')
const plan = (catalog: Catalog, changes = {}) =>
  planDeployments(
    { ...worldRequest, objectives: fast, allowDisaggregated: false, ...changes },
    perfContext({ modelId: 'test', architecture: denseModel, catalog, coefficients: priorsOnly }),
  )
const hybrids = (catalog: Catalog, changes = {}) =>
  plan(catalog, changes).ranking.filter(
    ({ deployment }) => deployment.mode === 'aggregated' && deployment.feedForwardOffload,
  )

describe('hybrid deployments', () => {
  it('are searched only where the processors have a price', () => {
    expect(hybrids(unpriced)).toEqual([])
    const skipped = plan(unpriced).skippedAccelerators.find(entry => entry.acceleratorId === 'lpu')
    expect(skipped?.reason).toContain('--price')
    expect(hybrids(priced).length).toBeGreaterThan(0)
    expect(hybrids(priced, { acceleratorIds: ['large'] })).toEqual([])
    expect(hybrids(priced, { acceleratorIds: ['large', 'lpu'] }).length).toBeGreaterThan(0)
  })

  it('bill both kinds of device, and say that nothing supports the prediction', () => {
    for (const candidate of hybrids(priced)) {
      const { deployment, costRate, basis, offloadPriceId, lowConfidenceFacts } = candidate
      const offload = deployment.mode === 'aggregated' ? deployment.feedForwardOffload! : null
      expect(offload!.devices).toBe(113)
      const [pool, beside, ...rest] = costRate.lines
      expect(pool!.name).toMatch(/^\d+ × (small|large)/)
      expect(beside!.name).toMatch(/^113 × lpu/)
      expect(beside!.nanoUsdPerHour).toBe(113n * 50_000_000n)
      expect(rest.map(line => line.component)).toEqual(['energy', 'energy'])
      expect(costRate.lines.reduce((sum, line) => sum + line.nanoUsdPerHour, 0n)).toBe(
        costRate.nanoUsdPerHour,
      )
      expect(deploymentDevices(deployment)).toBeGreaterThan(113)
      expect(candidate.itWatts).toBeGreaterThan(113 * 300)
      expect(basis).toBe('assumed')
      expect(offloadPriceId).toBe('lpu-price')
      expect(lowConfidenceFacts.join()).toContain('hop to LPU')
      expect(candidate.id).toContain('113xlpu')
    }
  })

  it('are sized for a demand like any other', () => {
    const [first] = hybrids(priced, { requestsPerSecond: 40 })
    expect(first!.performance.requestsPerSecond).toBeCloseTo(40, 6)
    if (first!.deployment.mode !== 'aggregated') throw new Error('aggregated')
    const { pool, feedForwardOffload } = first!.deployment
    const beside = first!.costRate.lines.find(line => line.name.includes('lpu'))!
    expect(beside.name).toContain(`${pool.replicas * feedForwardOffload!.devices} × lpu`)
  })

  it('come with a description that reads back, and with no engine that could start them', () => {
    const [candidate] = hybrids(priced)
    const files = launchFiles({
      candidate: candidate!,
      request: worldRequest,
      architecture: denseModel,
      accelerators: priced.accelerators,
    })
    expect(files.map(file => file.path)).toEqual([
      'deployment.yaml',
      'benchmark-vllm.sh',
      'benchmark-aiperf.sh',
    ])
    expect(parseDeployment(files[0]!.text).deployment).toEqual(candidate!.deployment)
  })
})
