/** What is learnt of a candidate against what the twin's replicas really do: engine rules and step times of real devices. */
import { describe, expect, test } from 'vitest'
import { predictingPool } from '../../sim/replica-estimate.fixture.ts'
import type { WorkloadSpec } from '../../workload/synthetic.ts'
import { deployment, gatewayConfig, model } from './dispatch.fixture.ts'
import { runTwin, type TwinAnswer } from './twin.fixture.ts'

const pools = [
  predictingPool({ name: 'h200', replicas: 2 }),
  predictingPool({ name: 'h100', accelerator: 'h100', tensor: 4, replicas: 2 }),
]
const cost = { priceRuleId: 'configuration', energyUsdPerKilowattHour: null, watts: null }
const deployments = [
  deployment('h200', 2, { cost: { ...cost, devicesPerReplica: 2, usdPerReplicaHour: 6 } }),
  deployment('h100', 2, { cost: { ...cost, devicesPerReplica: 4, usdPerReplicaHour: 12 } }),
]

function workload(rate: number, requests: number): WorkloadSpec {
  return {
    kind: 'open',
    arrivals: { kind: 'poisson', rate },
    lengths: {
      input: { kind: 'lognormal', mean: 2000, cv: 1, minimum: 50, maximum: 20_000 },
      output: 200,
    },
    requests,
  }
}

const ttftMs = ({ record }: TwinAnswer) => (record.firstTokenUs - record.sentUs) / 1000
const tpotMs = ({ record }: TwinAnswer) =>
  (record.lastTokenUs - record.firstTokenUs) / 1000 / (record.outputTokens - 1)
const factor = (one: number, other: number) => Math.max(one / other, other / one)
function quantile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(share * (values.length - 1))]!
}

/** Predictions against what came, of all but the first answers. */
function errors(answers: readonly TwinAnswer[], first: number) {
  const late = answers.slice(first)
  expect(late.length).toBeGreaterThan(200)
  return {
    ttft: late.map(answer => factor(answer.predictedTtftMs!, ttftMs(answer))),
    tpot: late.map(answer => factor(answer.predictedTpotMs!, tpotMs(answer))),
  }
}

describe('learnt estimates', () => {
  test.each([0.5, 2, 4])(
    'from nothing, at %d requests/s: half within a factor of 1.3, four in five within 1.5',
    async rate => {
      const config = gatewayConfig(deployments, [], [model('chat', ['h200', 'h100'])])
      const { answers } = await runTwin(config, pools, workload(rate, 500))
      expect(answers[0]).toMatchObject({ predictedTtftMs: null })
      const { ttft, tpot } = errors(answers, 100)
      expect(quantile(ttft, 0.5)).toBeLessThan(1.3)
      expect(quantile(ttft, 0.8)).toBeLessThan(1.5)
      expect(quantile(tpot, 0.8)).toBeLessThan(1.3)
    },
  )

  test('a prior that is off by a factor of five is forgotten', async () => {
    const prior = { ttftMs: 250, msPerPromptToken: 0.4, tpotMs: 65 }
    const wrong = deployments.map(each => ({ ...each, performance: prior }))
    const { answers } = await runTwin(
      gatewayConfig(wrong, [], [model('chat', ['h200', 'h100'])]),
      pools,
      workload(2, 700),
    )
    expect(answers[0]!.predictedTpotMs).toBe(65)
    const { ttft, tpot } = errors(answers, 400)
    expect(quantile(ttft, 0.8)).toBeLessThan(1.5)
    expect(quantile(tpot, 0.8)).toBeLessThan(1.3)
  })

  test('cost routing by them: all become known, the cheap half serves within the objectives', async () => {
    const router = { kind: 'cost', ttftMs: 2000, tpotMs: 50 } as const
    const config = gatewayConfig(deployments, [], [model('chat', ['h200', 'h100'], { router })])
    const { answers, dispatcher } = await runTwin(config, pools, workload(2, 600))
    for (const { ttftMs: learnt } of dispatcher.status()) expect(learnt).not.toBeNull()
    const late = answers.slice(100)
    const cheap = late.filter(({ candidate }) => candidate.startsWith('h200'))
    expect(cheap.length).toBeGreaterThan(0.8 * late.length)
    const good = late.filter(answer => ttftMs(answer) < 2000 && tpotMs(answer) < 50)
    expect(good.length).toBeGreaterThan(0.95 * late.length)
  })
})
