/** Any description: plain JSON, one request at a time, as the documentation shows it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RandomSource } from '../core/random.ts'
import { mean } from '../core/statistics.ts'
import type { WorkloadRequest } from './request.ts'
import { open, requestsOf } from './synthetic.fixture.ts'
import { createWorkload, type WorkloadSpec } from './synthetic.ts'

describe('any workload', () => {
  it('is plain JSON and survives it', () => {
    expect(requestsOf(JSON.parse(JSON.stringify(open)) as WorkloadSpec)).toEqual(requestsOf(open))
  })

  it('keeps nothing of open requests', () => {
    const workload = createWorkload({ ...open, requests: 200_000 }, new RandomSource(1))
    const out: WorkloadRequest[] = []
    let inputTokens = 0
    let count = 0
    let most = 0
    while (workload.nextUs() < Number.POSITIVE_INFINITY) {
      workload.wake(workload.nextUs(), out)
      most = Math.max(most, out.length)
      for (const request of out) inputTokens += request.inputTokens
      count += out.length
      out.length = 0
    }
    expect(count).toBe(200_000)
    expect(most).toBeLessThan(3)
    expect(Math.abs(inputTokens / count - 800)).toBeLessThan((4 * 800) / Math.sqrt(count))
  })

  it('has the same means from every seed', () => {
    fc.assert(
      fc.property(fc.integer(), seed => {
        const lengths = requestsOf(open, seed).map(r => r.inputTokens)
        expect(Math.abs(mean(lengths) - 800)).toBeLessThan((6 * 800) / Math.sqrt(500))
      }),
      { numRuns: 20 },
    )
  })
})

describe('the documentation', () => {
  it('shows descriptions that work', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/models/workload.md'), 'utf8')
    const examples = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(match => match[1]!)
    expect(examples.length).toBeGreaterThan(1)
    for (const example of examples) {
      const workload = createWorkload(JSON.parse(example) as WorkloadSpec, new RandomSource(1))
      expect(workload.nextUs()).toBeLessThan(60e6)
    }
  })
})
