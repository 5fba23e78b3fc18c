/** What Prometheus is told: right, bounded, and as the reference page says. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parsePrometheus } from '../../emulate/telemetry/prometheus-text.fixture.ts'
import { noUsage } from '../usage.ts'
import { createExposition, newBuckets, observe } from './exposition.ts'
import { createGatewayMetrics, type GatewayMetricsSettings } from './gateway-metrics.ts'
import {
  appendBounds,
  metrics as definitions,
  latencyBounds,
  overheadBounds,
  tokenTimeBounds,
} from './metric-definitions.ts'
import { attemptOf, candidateStatus, offerAttempt, refusedSummary, summaryOf } from './summary.fixture.ts'

const page = readFileSync(resolve(import.meta.dirname, '../../../docs/reference/gateway-metrics.md'), 'utf8')

async function started(settings: Partial<GatewayMetricsSettings> = {}) {
  const metrics = await createGatewayMetrics({ version: '1.2.3', candidates: () => [], ...settings })
  const value = async (name: string, labels = ''): Promise<number | null> => {
    const line = (await metrics.text())
      .split('\n')
      .find(text => text.startsWith(`${name}${labels === '' ? '' : `{${labels}}`} `))
    return line === undefined ? null : Number(line.slice(line.lastIndexOf(' ') + 1))
  }
  return { metrics, value }
}

describe('counts', () => {
  test('requests, tokens, dollars, by labels of the configuration', async () => {
    const { metrics, value } = await started()
    for (const summary of [
      summaryOf(),
      summaryOf({ attempts: [attemptOf({ outcome: 'failed', bearer: 'gateway' }), offerAttempt()] }),
      refusedSummary,
    ]) {
      metrics.requestStarted()
      metrics.requestEnded(summary)
    }
    metrics.requestStarted()
    expect(await value('tokenwright_requests_in_flight')).toBe(1)
    expect(await value('tokenwright_requests_total', 'model="llama",tenant="acme",outcome="served"')).toBe(2)
    expect(await value('tokenwright_requests_total', 'model="llama",tenant="acme",outcome="refused"')).toBe(1)
    expect(await value('tokenwright_refusals_total', 'model="llama",reason="budget-spent"')).toBe(1)
    expect(await value('tokenwright_tokens_total', 'model="llama",tenant="acme",class="cached_input"')).toBe(
      1200,
    )
    expect(await value('tokenwright_reasoning_tokens_total', 'model="llama",tenant="acme"')).toBe(60)
    expect(
      await value('tokenwright_cost_dollars_total', 'model="llama",tenant="acme",bearer="tenant"'),
    ).toBeCloseTo(0.0103, 12)
    expect(
      await value('tokenwright_cost_dollars_total', 'model="llama",tenant="acme",bearer="gateway"'),
    ).toBeCloseTo(0.0003, 12)
    expect(await value('tokenwright_attempts_total', 'model="llama",target="h200",outcome="failed"')).toBe(1)
    expect(
      await value('tokenwright_attempts_total', 'model="llama",target="openai/gpt",outcome="served"'),
    ).toBe(1)
    expect(await value('tokenwright_cache_expected_tokens_total', 'model="llama",target="h200"')).toBe(1024)
    expect(await value('tokenwright_cache_realised_tokens_total', 'model="llama",target="h200"')).toBe(800)
    expect(await value('tokenwright_cache_prompt_tokens_total', 'model="llama",target="h200"')).toBe(2000)
  })

  test('estimates are told apart and say nothing of the cache', async () => {
    const { metrics, value } = await started()
    metrics.requestEnded(summaryOf({ attempts: [attemptOf({ state: 'estimated' })] }))
    expect(await value('tokenwright_estimated_tokens_total', 'model="llama",target="h200"')).toBe(1101)
    expect(await value('tokenwright_cache_prompt_tokens_total', 'model="llama",target="h200"')).toBe(0)
  })

  test('histograms are cumulative and end at their count', async () => {
    const { metrics, value } = await started()
    for (const ttftMs of [5, 10, 150, 700_000]) metrics.requestEnded(summaryOf({ ttftMs }))
    const at = (bound: string) =>
      value('tokenwright_time_to_first_token_seconds_bucket', `model="llama",le="${bound}"`)
    expect([await at('0.01'), await at('0.1'), await at('0.2'), await at('600'), await at('+Inf')]).toEqual([
      2, 2, 3, 3, 4,
    ])
    expect(await value('tokenwright_time_to_first_token_seconds_sum', 'model="llama"')).toBeCloseTo(700.165)
    expect(await value('tokenwright_time_to_first_token_seconds_count', 'model="llama"')).toBe(4)
  })

  test('a request refused at once did not queue', async () => {
    const { metrics, value } = await started()
    metrics.requestEnded(refusedSummary)
    expect(await value('tokenwright_queue_seconds_count', 'model="llama"')).toBe(0)
    metrics.requestEnded({ ...refusedSummary, queuedMs: 3000 })
    expect(await value('tokenwright_queue_seconds_count', 'model="llama"')).toBe(1)
  })

  test('candidates by state, at the moment of asking', async () => {
    let candidates = [candidateStatus()]
    const { value } = await started({ candidates: () => candidates })
    expect(await value('tokenwright_candidates', 'model="llama",state="ready"')).toBe(1)
    candidates = [
      candidateStatus({ coolingUntilMs: 5, cacheUse: null }),
      candidateStatus({ name: 'openai/gpt', ready: false, aliases: ['llama', 'gpt'] }),
    ]
    expect(await value('tokenwright_candidates', 'model="llama",state="ready"')).toBe(0)
    expect(await value('tokenwright_candidates', 'model="llama",state="cooling"')).toBe(1)
    expect(await value('tokenwright_candidates', 'model="gpt",state="not_ready"')).toBe(1)
    expect(await value('tokenwright_candidate_cache_use_ratio', 'candidate="h200/a"')).toBeNull()
  })

  test('ledger, alarms, reloads', async () => {
    const { metrics, value } = await started({ droppedLogLines: () => 7 })
    metrics.ledgerWaits(5)
    metrics.ledgerAppended(3, 4)
    metrics.ledgerFailed(1)
    expect(await value('tokenwright_ledger_waiting_events')).toBe(1)
    expect(await value('tokenwright_ledger_events_total')).toBe(3)
    expect(await value('tokenwright_ledger_append_failures_total')).toBe(1)
    metrics.eventAlarm('undecodable')
    expect(await value('tokenwright_event_alarms_total', 'alarm="undecodable"')).toBe(1)
    metrics.configLoaded(1000)
    metrics.configLoaded(2000)
    metrics.configRefused()
    expect(await value('tokenwright_config_reloads_total', 'result="taken"')).toBe(1)
    expect(await value('tokenwright_config_reloads_total', 'result="refused"')).toBe(1)
    expect(await value('tokenwright_config_loaded_timestamp_seconds')).toBe(2)
    expect(await value('tokenwright_log_lines_dropped_total')).toBe(7)
  })
})

describe('bounds', () => {
  test('tenants beyond the limit share one label, and nothing is lost', async () => {
    const { metrics, value } = await started({ names: { tenants: 3 } })
    for (let index = 0; index < 100; index++) metrics.requestEnded(summaryOf({ tenant: `t${index}` }))
    const text = await metrics.text()
    expect([...text.matchAll(/^tokenwright_requests_total\{/gm)]).toHaveLength(4)
    expect(await value('tokenwright_requests_total', 'model="llama",tenant="other",outcome="served"')).toBe(
      97,
    )
    expect(await value('tokenwright_requests_total', 'model="llama",tenant="t2",outcome="served"')).toBe(1)
  })

  test('pairs of model and tenant are bounded together', async () => {
    const { metrics, value } = await started({ names: { pairs: 10 } })
    for (let index = 0; index < 400; index++)
      metrics.requestEnded(summaryOf({ modelAlias: `m${index % 20}`, tenant: `t${index % 19}` }))
    const series = [...(await metrics.text()).matchAll(/^tokenwright_requests_total\{.*\} (\d+)$/gm)]
    // Ten by name, and one `other` for each of twenty models.
    expect(series.length).toBeLessThanOrEqual(30)
    expect(series.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(400)
    expect(
      await value('tokenwright_requests_total', 'model="m0",tenant="t0",outcome="served"'),
    ).toBeGreaterThan(0)
    expect(await value('tokenwright_requests_total', 'model="m19",tenant="other",outcome="served"')).toBe(20)
  })

  test('names that are missing, or would break the format', async () => {
    const { metrics } = await started()
    metrics.requestEnded(summaryOf({ modelAlias: '', tenant: '', attempts: [] }))
    metrics.requestEnded(summaryOf({ modelAlias: 'a"b\\c\nd' }))
    const text = await metrics.text()
    expect(text).toContain('tokenwright_requests_total{model="none",tenant="none",outcome="served"} 1\n')
    expect(text).toContain('{model="a\\"b\\\\c\\nd",tenant="acme",outcome="served"} 1\n')
  })

  test('a value on a bound belongs to it; nothing negative is needed', () => {
    const buckets = newBuckets([1, 2])
    for (const seconds of [0, 1, 1.5, 2, 3]) observe(buckets, seconds)
    expect([...buckets.counts]).toEqual([2, 2, 1])
  })

  test('zero usage and no attempts are told without NaN', async () => {
    const { metrics } = await started()
    metrics.requestEnded(
      summaryOf({ attempts: [attemptOf({ usage: noUsage, nanoUsd: 0n, state: 'voided' })] }),
    )
    expect(await metrics.text()).not.toMatch(/NaN|Infinity/)
  })
})

describe('the page', () => {
  test('lists the metrics there are, with type and labels', async () => {
    const listed = [...page.matchAll(/^\| `(tokenwright_\w+)` \| (\w+) \| ([\w, ]*?) ?\|/gm)].map(
      ([, name, type, labels]) => `${name} ${type} ${labels}`,
    )
    const there = Object.values(definitions).map(
      ({ name, type, labels }) => `${name} ${type} ${labels.join(', ')}`,
    )
    expect(listed.toSorted()).toEqual(there.toSorted())
  })

  test('everything defined is told, and nothing else of ours', async () => {
    const { metrics } = await started({ candidates: () => [candidateStatus()] })
    metrics.requestEnded(summaryOf())
    metrics.requestEnded(refusedSummary)
    metrics.eventAlarm('x')
    const lines = (await metrics.text()).split('\n')
    // prom-client writes NaN as `Nan`, which Prometheus takes and a strict reader does not: only ours are read.
    const own = parsePrometheus(`${lines.filter(line => /^(# \w+ )?tokenwright_/.test(line)).join('\n')}\n`)
    expect([...own.keys()].toSorted()).toEqual(
      Object.values(definitions)
        .map(({ name }) => name)
        .toSorted(),
    )
    for (const { name, type } of Object.values(definitions)) expect(own.get(name)!.type).toBe(type)
    const families = new Set(lines.map(line => /^# TYPE (\w+) /.exec(line)?.[1]))
    for (const name of page.match(/`(?:process|nodejs)_\w+`/g)!)
      expect(families, name).toContain(name.slice(1, -1))
  })

  test('says the bounds of the buckets', () => {
    for (const bounds of [latencyBounds, tokenTimeBounds, overheadBounds, appendBounds])
      expect(page).toContain(`| ${bounds.join(', ')} |`)
  })

  test('an exposition without samples is still one', () => {
    const out = createExposition()
    out.begin(definitions.requests)
    expect(out.text()).toBe(
      '# HELP tokenwright_requests_total Requests that are over\n# TYPE tokenwright_requests_total counter\n',
    )
  })
})
