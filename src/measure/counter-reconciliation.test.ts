import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ClientTotals, reconcile } from './counter-reconciliation.ts'
import { type EngineCounters, readCounters } from './engine-counters.ts'
import { parseExposition } from './prometheus-text.ts'

function counters(
  requests: number,
  input: number,
  cached: number,
  output: number,
  engine = 0,
): EngineCounters {
  return readCounters(
    parseExposition(`
vllm:request_success_total{engine="${engine}",finished_reason="length"} ${requests}
vllm:prompt_tokens_total{engine="${engine}"} ${input}
vllm:prompt_tokens_cached_total{engine="${engine}"} ${cached}
vllm:generation_tokens_total{engine="${engine}"} ${output}`).samples,
  )!
}

const nothing = {
  requests: 0,
  served: 0,
  inputTokens: 0,
  outputTokens: 0,
  mostInputTokens: 0,
  mostOutputTokens: 0,
}
const client: ClientTotals = {
  requests: 10,
  inputTokens: 1000,
  cachedTokens: 100,
  outputTokens: 200,
  unreported: nothing,
}
const span = (before: EngineCounters | null, after: EngineCounters, resetSeen = false) => ({
  before,
  after,
  resetSeen,
})

describe('reconcile', () => {
  it('agrees to the last token, whatever was counted before', () => {
    const answer = reconcile([span(counters(5, 50, 5, 9), counters(15, 1050, 105, 209))], client)
    expect(answer).toMatchObject({ engine: 'vllm', reconciles: true, explanation: '', resetSeen: false })
    expect(answer.rows.map(({ name, residual }) => [name, residual])).toEqual([
      ['requests', 0],
      ['input tokens', 0],
      ['cached input tokens', 0],
      ['output tokens', 0],
    ])
  })

  it('adds addresses up, one of which had counted nothing yet', () => {
    const spans = [
      span(counters(1, 1, 1, 1), counters(5, 401, 41, 101)),
      span(null, counters(6, 600, 60, 100)),
    ]
    expect(reconcile(spans, client).reconciles).toBe(true)
  })

  it('calls one token too many somebody else’s, and one too few a replica that was not read', () => {
    const more = reconcile([span(null, counters(11, 1001, 100, 201))], client)
    expect(more.reconciles).toBe(false)
    expect(more.explanation).toContain('1 requests, 1 input tokens, 1 output tokens more')
    expect(more.explanation).toContain('others used it')
    const less = reconcile([span(null, counters(10, 999, 100, 200))], client)
    expect(less.explanation).toContain('1 input tokens less')
    expect(less.rows[1]).toMatchObject({ server: 999, client: 1000, residual: -1 })
  })

  it('says nothing after a restart', () => {
    const answer = reconcile([span(counters(50, 5000, 0, 900), counters(10, 1000, 100, 200))], client)
    expect(answer).toMatchObject({ resetSeen: true, reconciles: false })
    expect(answer.explanation).toContain('restarted')
    expect(reconcile([span(null, counters(10, 1000, 100, 200), true)], client).reconciles).toBe(false)
  })

  it('lets requests without usage have cost anything up to what they asked for', () => {
    const unreported = {
      requests: 2,
      served: 1,
      inputTokens: 200,
      outputTokens: 30,
      mostInputTokens: 220,
      mostOutputTokens: 64,
    }
    const broken = { ...client, unreported }
    const fits = (requests: number, input: number, output: number) =>
      reconcile([span(null, counters(requests, input, 100, output))], broken).reconciles
    expect(fits(11, 1000, 200)).toBe(true)
    expect(fits(12, 1220, 264)).toBe(true)
    expect(fits(13, 1220, 264)).toBe(false)
    expect(fits(12, 1221, 264)).toBe(false)
    expect(fits(12, 1220, 265)).toBe(false)
    expect(fits(10, 1000, 200)).toBe(false)
    const [, input] = reconcile([span(null, counters(11, 1210, 100, 230))], broken).rows
    expect(input).toMatchObject({ client: 1200, residual: 10 })
  })

  it('leaves out what one side does not know', () => {
    const rows = reconcile([span(null, counters(10, 1000, 77, 200))], { ...client, cachedTokens: null }).rows
    expect(rows.map(({ name }) => name)).toEqual(['requests', 'input tokens', 'output tokens'])
  })

  it('compares llama.cpp’s uncached prompts with uncached prompts, up to its printed digits', () => {
    const of = (text: string) => readCounters(parseExposition(text).samples)!
    const after = of('llamacpp:prompt_tokens_total 900\nllamacpp:tokens_predicted_total 200')
    expect(reconcile([span(null, after)], client)).toMatchObject({ reconciles: true, engine: 'llamacpp' })
    const long = (tokens: string) =>
      of(
        `llamacpp:prompt_tokens_total ${tokens}\nllamacpp:prompt_tokens_cached_total 0\nllamacpp:tokens_predicted_total 200`,
      )
    const many = { ...client, inputTokens: 7, cachedTokens: 0 }
    const between = (after: string) => reconcile([span(long('3.21457e+06'), long(after))], many).reconciles
    // Each end may be off by five.
    expect(between('3.21458e+06')).toBe(false)
    const counted = reconcile([span(long('3.21457e+06'), long('3.21458e+06'))], {
      ...many,
      outputTokens: 0,
    })
    expect(counted.reconciles).toBe(true)
  })

  it('reconciles exactly when the engine counted what was reported, over any spans', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(1e6), fc.nat(1e6), fc.nat(1e6), fc.nat(1e6)), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.tuple(fc.nat(1e6), fc.nat(1e6), fc.nat(1e6), fc.nat(1e6)),
        (grown, before) => {
          const spans = grown.map((amounts, index) =>
            span(
              counters(...before, index),
              counters(...(amounts.map((amount, part) => amount + before[part]!) as typeof before), index),
            ),
          )
          const sum = (part: number) => grown.reduce((running, amounts) => running + amounts[part]!, 0)
          const totals = {
            requests: sum(0),
            inputTokens: sum(1),
            cachedTokens: sum(2),
            outputTokens: sum(3),
            unreported: nothing,
          }
          expect(reconcile(spans, totals).reconciles).toBe(true)
          expect(reconcile(spans, { ...totals, outputTokens: totals.outputTokens + 1 }).reconciles).toBe(
            false,
          )
        },
      ),
      { numRuns: 50 },
    )
  })
})
