/** `plan --verify` as a user meets it. */
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Verification } from '../plan/verify.ts'
import { verifiedCandidates } from './plan-verify.ts'

const main = resolve(import.meta.dirname, 'main.ts')

function plan(...flags: string[]) {
  return spawnSync(process.execPath, [main, 'plan', '--example', '--hardware', 'h200', ...flags], {
    encoding: 'utf8',
    timeout: 60_000,
  })
}

describe('plan --verify', () => {
  it('simulates as many of the cheapest as asked for, and says where both differ', () => {
    const { status, stdout } = plan('--verify', '2', '--json')
    expect(status).toBe(0)
    const answer = JSON.parse(stdout) as { ranking: { id: string }[]; verifications: Verification[] }
    expect(answer.verifications.map(({ candidateId }) => candidateId)).toEqual(
      answer.ranking.slice(0, 2).map(({ id }) => id),
    )
    for (const { figures, objectives, requests } of answer.verifications) {
      expect(requests).toBeGreaterThanOrEqual(2_000)
      expect(figures.map(({ name }) => name)).toEqual([
        'ttft-mean',
        'ttft-p90',
        'tpot-mean',
        'requests-per-second',
      ])
      for (const { name, predicted, simulated, difference } of figures) {
        expect(difference).toBeCloseTo(simulated / predicted - 1, 12)
        // Two answers to one question with the same facts: decoding agrees, waiting need not.
        if (name === 'tpot-mean' || name === 'requests-per-second')
          expect(Math.abs(difference)).toBeLessThan(0.2)
      }
      expect(objectives).toHaveLength(2)
      for (const { objective, simulatedMs, met } of objectives)
        expect(met).toBe(simulatedMs !== null && simulatedMs <= objective.limitMs)
    }
  })

  it('prints the same twice, in words too', () => {
    const [first, second] = [plan('--verify', '1'), plan('--verify', '1')]
    expect(first.stdout).toBe(second.stdout)
    expect(first.stdout).toMatch(/figure +predicted +simulated +difference/)
    expect(first.stdout).toMatch(/#1, \d+ requests, seed 1: TTFT p90/)
  })

  it('leaves the prediction as it is', () => {
    const [plain, verified] = [plan('--json'), plan('--verify', '1', '--json')]
    const { verifications, ...rest } = JSON.parse(verified.stdout)
    expect(verifications).toHaveLength(1)
    expect(rest.ranking).toEqual(JSON.parse(plain.stdout).ranking)
  })

  it.each(['0', '-1', '1.5', 'all', '51'])('refuses %s', text => {
    expect(() => verifiedCandidates(text)).toThrow('is not a number of candidates')
  })
})
