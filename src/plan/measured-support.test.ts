import { expect, it } from 'vitest'
import { cheapestSupported, missingSupport } from './measured-support.ts'
import { planDeployments } from './plan.ts'
import type { Candidate } from './types.ts'
import { world, worldRequest } from './world.fixture.ts'

const band = (low: number, high: number) => ({
  tpot: { low, high },
  ttft: { low, high },
  cost: { low, high },
})
const plain = planDeployments(worldRequest, world()).ranking[0]!
const of = (basis: Candidate['basis'], low = 0.9, high = 1.1): Candidate => ({
  ...plain,
  basis,
  band: band(low, high),
})

it('is missing where nothing was measured or the band says little', () => {
  expect(missingSupport(of('assumed'))).toBe('assumed')
  expect(missingSupport(of('fitted', 0.6, 1.6))).toBe('wide-band')
  expect(missingSupport(of('transferred'))).toBeNull()
  expect(missingSupport(of('measured'))).toBeNull()
})

it('finds the cheapest that has it', () => {
  const ranking = [of('assumed'), of('transferred'), of('fitted', 0.5, 2), of('fitted'), of('measured')]
  expect(cheapestSupported(ranking)).toBe(ranking[3])
  expect(cheapestSupported(ranking.slice(0, 3))).toBeNull()
})

it('is known per device: an unmeasured winner does not hide the measured rest', () => {
  const context = world()
  const trust = context.trust
  const doubting = {
    ...context,
    trust: (...[question, load, performance]: Parameters<typeof trust>) => ({
      ...trust(question, load, performance),
      basis: question.accelerator.id === 'large' ? ('assumed' as const) : ('fitted' as const),
    }),
  }
  const { ranking } = planDeployments(worldRequest, doubting)
  // Both pools count: prefill on the unmeasured device is as little known as all of it there.
  expect(cheapestSupported(ranking)!.id).toMatch(/^small-/)
})
