/** Savings against other policies, on decisions whose prices are written out. */
import { expect, test } from 'vitest'
import type { Explanation } from '../../dispatch/types.ts'
import { explanationOf, summaryOf } from '../summary.fixture.ts'
import { createBaselines } from './live-baselines.ts'
import { createLiveCost } from './live-cost.ts'

const targetOf = (candidate: string): string => (candidate.startsWith('h200/') ? 'h200' : candidate)

test('round robin, always the dearest, always the cheapest', () => {
  const baselines = createBaselines(targetOf)
  baselines.add(explanationOf(1, 3, 8)!)
  baselines.add(explanationOf(3, 1, 2)!)
  const [roundRobin, dearest, cheapest] = baselines.savings()
  expect(roundRobin).toMatchObject({ baseline: 'round-robin', decisions: 2, predictedUsd: 4, baselineUsd: 6 })
  // h200 at the mean of its replicas: 2 + 2; the offer: 8 + 2.
  expect(dearest).toMatchObject({
    targets: { llama: 'openai/gpt' },
    predictedUsd: 4,
    baselineUsd: 10,
    savedShare: 0.6,
  })
  expect(cheapest).toMatchObject({ targets: { llama: 'h200' }, decisions: 2, baselineUsd: 4, savedShare: 0 })
})

test('only decisions in which it could have taken the request are compared', () => {
  const baselines = createBaselines(targetOf)
  const withoutOffer = (explanation: Explanation): Explanation => ({
    ...explanation,
    candidates: explanation.candidates.map(candidate =>
      candidate.name === 'openai/gpt' ? { ...candidate, outcome: 'capacity' } : candidate,
    ),
  })
  baselines.add(explanationOf(1, 1, 5)!)
  baselines.add(withoutOffer(explanationOf(2, 2, 5)!))
  const [, dearest] = baselines.savings()
  expect(dearest).toMatchObject({ decisions: 1, predictedUsd: 1, baselineUsd: 5 })
})

test('decisions without prices are seen and not counted', () => {
  const baselines = createBaselines(targetOf)
  const explanation = explanationOf(1, 2, 3)!
  baselines.add({
    ...explanation,
    candidates: explanation.candidates.map(one => ({ ...one, parts: { load: 1 } })),
  })
  baselines.add({ ...explanation, candidates: [] })
  baselines.add(explanationOf(Number.NaN, 2, 3)!)
  expect([baselines.seen, baselines.priced]).toEqual([3, 0])
  expect(baselines.savings()[0]).toMatchObject({ decisions: 0, savedShare: null })
})

test('aliases add up, each against its own', () => {
  const baselines = createBaselines(targetOf)
  baselines.add(explanationOf(1, 1, 4)!)
  baselines.add({ ...explanationOf(6, 6, 2)!, alias: 'qwen' })
  const [, dearest, cheapest] = baselines.savings()
  expect(dearest).toMatchObject({
    targets: { llama: 'openai/gpt', qwen: 'h200' },
    baselineUsd: 10,
    predictedUsd: 7,
  })
  expect(cheapest).toMatchObject({ targets: { llama: 'h200', qwen: 'openai/gpt' }, baselineUsd: 3 })
  expect(cheapest!.savedShare).toBeCloseTo(1 - 7 / 3)
})

test('in the snapshot, with the size of the sample; replicas are known by the attempts', () => {
  const live = createLiveCost({ nowMs: () => 0 })
  live.add(summaryOf())
  live.add(summaryOf({ explanation: explanationOf(1, 3, 8) }))
  const { savings } = live.snapshot()
  expect([savings.explained, savings.priced]).toEqual([1, 1])
  expect(savings.baselines[0]).toMatchObject({ decisions: 1, predictedUsd: 1, baselineUsd: 4 })
})
