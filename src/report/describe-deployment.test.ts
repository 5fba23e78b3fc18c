import { expect, it } from 'vitest'
import type { AggregatedDeployment } from '../perf/deployment.ts'
import { aggregated } from '../perf/perf.fixture.ts'
import { acceleratorsOf, describeDeployment } from './describe-deployment.ts'

it('names both kinds of device of a hybrid deployment, and what each does', () => {
  const plain = aggregated({ tensor: 4 })
  const hybrid: AggregatedDeployment = {
    ...plain,
    pool: { ...plain.pool, acceleratorId: 'vr-nvl72', replicas: 2 },
    feedForwardOffload: { acceleratorId: 'groq3-lpu', devices: 256 },
  }
  expect(describeDeployment(hybrid)).toContain('8× vr-nvl72 + 512× groq3-lpu')
  expect(describeDeployment(hybrid)).toContain('2× TP4 + FFN')
  expect(acceleratorsOf(hybrid)).toEqual(['vr-nvl72', 'groq3-lpu'])
  expect(describeDeployment({ ...hybrid, feedForwardOffload: null })).not.toContain('FFN')
})
