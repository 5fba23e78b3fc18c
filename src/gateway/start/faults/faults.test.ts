import { expect, test } from 'vitest'
import { faultRun } from './fault-run.fixture.ts'

test('upstreams that break in every way: no request is stuck, and the books say what happened', async () => {
  const report = await faultRun({ requests: 300, seed: 'faults', clients: 30 })
  expect(report.problems).toEqual([])
  expect(report.states).toMatchObject({
    reported: expect.any(Number),
    estimated: expect.any(Number),
    voided: expect.any(Number),
  })
  expect(report.clients).toMatchObject({
    complete: expect.any(Number),
    failed: expect.any(Number),
    left: expect.any(Number),
  })
}, 120_000)
