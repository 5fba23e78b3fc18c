import { describe, expect, test } from 'vitest'
import { Distribution } from './distribution.ts'
import { ReplicaSteps, type StepFacts, type StepsSample } from './replica-steps.ts'

const sample = (overrides: Partial<StepsSample>): StepsSample => ({
  startUs: 0,
  atUs: 10_000,
  steps: 1,
  decodeSequences: 2,
  prefillTokens: 0,
  outputTokens: 2,
  joules: 5,
  prefillUs: 0,
  waiting: 0,
  running: 2,
  cacheUse: 0.5,
  ...overrides,
})

function gapsOf(samples: readonly StepsSample[], facts: Partial<StepFacts> = {}): number[] {
  const gaps = new Distribution()
  const steps = new ReplicaSteps()
  steps.facts = { ...steps.facts, ...facts }
  for (const one of samples) steps.add(one, gaps)
  return Array.from({ length: gaps.count }, (_, rank) => gaps.atPosition(rank))
}

describe('gaps between tokens', () => {
  test('back to back: a step each', () => {
    expect(gapsOf([sample({ atUs: 30_000, steps: 3 })])).toEqual([10, 10, 10, 10, 10, 10])
  })

  test('under speculation a step brings several tokens', () => {
    expect(gapsOf([sample({})], { tokensPerSequence: 2.5 })).toEqual([4, 4])
  })

  test('a pause while sequences run belongs to their next token only', () => {
    const stalled = sample({ startUs: 50_000, atUs: 70_000, steps: 2 })
    expect(gapsOf([sample({}), stalled])).toEqual([10, 10, 10, 10, 50, 50])
  })

  test('a pause in which nothing ran does not', () => {
    const later = sample({ startUs: 50_000, atUs: 60_000 })
    expect(gapsOf([sample({ running: 0 }), later])).toEqual([10, 10, 10, 10])
  })

  test('a prompt-only step delays those who decoded before it, not the one it starts', () => {
    const prompt = sample({
      startUs: 10_000,
      atUs: 40_000,
      decodeSequences: 0,
      prefillTokens: 900,
      running: 3,
    })
    const decode = sample({ startUs: 40_000, atUs: 50_000, decodeSequences: 3, running: 3 })
    expect(gapsOf([sample({}), prompt, decode])).toEqual([10, 10, 10, 40, 40])
  })

  test('overlapping steps of pipeline stages: one step each, and their time counts once', () => {
    const overlapping = sample({ startUs: 5_000, atUs: 15_000 })
    expect(gapsOf([sample({}), overlapping])).toEqual([10, 10, 10, 10])
    const steps = new ReplicaSteps()
    for (const one of [sample({}), overlapping]) steps.add(one, new Distribution())
    expect(steps.usage(0)).toMatchObject({ busySeconds: 0.015, stepSeconds: 0.02 })
  })

  test('the first step after a handoff shows no gap', () => {
    const more = sample({ startUs: 10_000, atUs: 30_000, steps: 2, decodeSequences: 3, running: 3 })
    expect(gapsOf([sample({}), more], { handedOver: true })).toHaveLength(2 + 3)
  })

  test('after a crash nobody goes on', () => {
    const gaps = new Distribution()
    const steps = new ReplicaSteps()
    steps.add(sample({}), gaps)
    steps.setState({ waiting: 0, running: 0, cacheUse: 0 })
    steps.add(sample({ startUs: 5e6, atUs: 5e6 + 10_000 }), gaps)
    expect(gaps.maximum).toBe(10)
  })
})

test('totals are sums', () => {
  const steps = new ReplicaSteps()
  steps.add(sample({ prefillTokens: 100, prefillUs: 4_000 }), new Distribution())
  steps.add(
    sample({ startUs: 20_000, atUs: 50_000, steps: 3, outputTokens: 6, joules: 9 }),
    new Distribution(),
  )
  expect(steps.usage(7)).toEqual({
    replica: 7,
    steps: 4,
    busySeconds: 0.04,
    stepSeconds: 0.04,
    prefillSeconds: 0.004,
    prefillTokens: 100,
    outputTokens: 8,
    stepJoules: 14,
  })
})
