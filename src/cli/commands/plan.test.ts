/** `plan` as a user meets it: a process, its output and its exit code. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const main = resolve(import.meta.dirname, '../main.ts')
const question = ['deepseek-ai/DeepSeek-R1', '--isl', '4000', '--osl', '1000', '--engine', 'trtllm']

function plan(...flags: string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [main, 'plan', ...flags], { encoding: 'utf8', timeout: 60_000 })
}

describe('plan --concurrency', () => {
  it('holds that load', () => {
    const { status, stdout } = plan('--example', '--hardware', 'h200,b200', '--concurrency', '16', '--json')
    expect(status).toBe(0)
    const { ranking, request } = JSON.parse(stdout)
    expect(request.concurrency).toBe(16)
    expect(ranking.length).toBeGreaterThan(1)
    for (const { load } of ranking) expect(load).toEqual({ kind: 'closed', concurrency: 16, requests: null })
  })

  it('contradicts a rate, and is at least 1', () => {
    const both = plan('--example', '--concurrency', '16', '--rate', '4/s')
    expect([both.status, both.stdout]).toEqual([2, ''])
    expect(both.stderr).toContain('--rate and --concurrency contradict each other')
    expect(plan('--example', '--concurrency', '0').status).not.toBe(0)
  })
})

describe('hybrid deployments', () => {
  const isHybrid = (candidate: { deployment: { feedForwardOffload?: object } }) =>
    candidate.deployment.feedForwardOffload !== undefined
  const fast = [...question, '--hardware', 'gb200-nvl72,groq3-lpu', '--slo', 'ttft p90 < 4s, tpot mean < 8ms']

  it('are searched when the processors have a price, marked and billed apart', () => {
    const { status, stdout } = plan(...fast, '--price', 'groq3-lpu=0.40/h', '--json')
    expect(status).toBe(0)
    const best = JSON.parse(stdout).ranking.find(isHybrid)
    expect(best.deployment.feedForwardOffload.acceleratorId).toBe('groq3-lpu')
    expect(best.basis).toBe('assumed')
    expect(best.lowConfidenceFacts.join()).toContain('hop to')
    expect(best.costRate.lines.map((line: { name: string }) => line.name).join()).toMatch(/gb200.*groq3-lpu/)
  })

  it('are not searched otherwise', () => {
    const { status, stdout } = plan(...fast, '--json')
    expect(status).toBe(0)
    const { ranking, skippedAccelerators } = JSON.parse(stdout)
    expect(ranking.filter(isHybrid)).toEqual([])
    expect(skippedAccelerators).toContainEqual(
      expect.objectContaining({ acceleratorId: 'groq3-lpu', reason: expect.stringContaining('--price') }),
    )
  })
})

it('says when no measurement supports the winner, and what is cheapest with one', () => {
  const { stdout } = plan('--example', '--hardware', 'vr-nvl72,h200', '--no-disaggregated')
  const headline = stdout.slice(0, stdout.indexOf('\n\n')).replaceAll('\n', ' ')
  expect(headline).toContain('vr-nvl72')
  expect(headline).toMatch(/no measurement supports it; the cheapest with measured relatives is .*h200/)
})

it('states how idle hours are powered', () => {
  const { stdout } = plan('--example', '--hardware', 'h200', '--no-disaggregated', '--load-factor', '50%')
  expect(stdout.replace(/\s+/g, ' ')).toContain(
    'devices draw idle watts (TDP × idle share) in the hours not used',
  )
})
