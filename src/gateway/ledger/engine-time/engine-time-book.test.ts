import { describe, expect, test } from 'vitest'
import { checkEvent } from '../check-event.ts'
import { billed, settled, startMs } from '../ledger.fixture.ts'
import { postingsOf } from '../postings.ts'
import { type EngineFact, engineFact } from './engine-fact.ts'
import { fact, rates } from './engine-time.fixture.ts'
import { createEngineTimeBook } from './engine-time-book.ts'

describe('the book of a deployment', () => {
  const hourMs = 3_600_000
  const at = startMs
  const interval = (index: number) => {
    const fromMs = at + index * hourMs
    const own = billed({ fromMs, toMs: fromMs + hourMs })
    return { atMs: fromMs + hourMs, fromMs, toMs: fromMs + hourMs, heldMs: 2 * hourMs, bills: [own] }
  }
  const served = (requestId: string, sentMs: number, overrides: Partial<EngineFact> = {}): EngineFact =>
    fact({ requestId, sentMs, firstTokenMs: sentMs + 100, endMs: sentMs + 1100, ...overrides })

  test('closes intervals with events that the ledger takes', () => {
    const book = createEngineTimeBook({ deployment: 'h200', correctableIntervals: 2 })
    book.record(served('a', at + 5000))
    const event = book.close(interval(0), rates)
    checkEvent(event)
    expect(event.charges.map(({ requestId }) => requestId)).toEqual(['a'])
    expect(postingsOf(event).reduce((sum, { nanoUsd }) => sum + nanoUsd, 0n)).toBe(0n)
    expect(event.corrections).toEqual([])
  })

  test('late facts correct closed intervals in the next one, never again', () => {
    const book = createEngineTimeBook({ deployment: 'h200', correctableIntervals: 2 })
    const running = served('long', at + hourMs - 1000, { endMs: null, computedTokens: 500 })
    book.record(running)
    const first = book.close(interval(0), rates)
    book.record({ ...running, endMs: at + hourMs + 9000, computedTokens: 50, cachedTokens: 450 })
    book.record(served('late', at + 1000))
    for (const revise of book.revisions()) revise()
    const second = book.close(interval(1), rates)
    checkEvent(second)
    expect(second.corrections).toHaveLength(1)
    const [correction] = second.corrections
    const late = correction!.charges.find(({ requestId }) => requestId === 'late')!
    expect(late).toMatchObject({ prefillUs: 100_000, decodeUs: 1_000_000 })
    const long = correction!.charges.find(({ requestId }) => requestId === 'long')!
    expect(long.prefillUs).toBe(50_000 - first.charges[0]!.prefillUs)
    expect(book.revisions()).toEqual([])
    expect(book.close(interval(2), rates).corrections).toEqual([])
  })

  test('facts between a revision and the closing wait for the next closing, and nothing is corrected twice', () => {
    const one = served('one', at + 1000)
    const two = served('two', at + 5000)
    const book = createEngineTimeBook({ deployment: 'h200', correctableIntervals: 2 })
    const first = book.close(interval(0), rates)
    book.record(one)
    for (const revise of book.revisions()) revise()
    book.record(two)
    const second = book.close(interval(1), rates)
    expect(second.corrections[0]!.charges.map(({ requestId }) => requestId)).toEqual(['one'])
    for (let round = 0; round < 2; round++) for (const revise of book.revisions()) revise()
    const third = book.close(interval(2), rates)
    checkEvent(third)

    const atOnce = createEngineTimeBook({ deployment: 'h200', correctableIntervals: 2 })
    atOnce.record(one)
    atOnce.record(two)
    const { charges, idle } = atOnce.close(interval(0), rates)
    const corrections = [...second.corrections, ...third.corrections]
    expect(corrections).toHaveLength(2)
    for (const { requestId, decodeUs, decodeNanoUsd } of charges) {
      const own = corrections.flatMap(each => each.charges).filter(each => each.requestId === requestId)
      expect(own.reduce((sum, each) => sum + each.decodeUs, 0)).toBe(decodeUs)
      expect(own.reduce((sum, each) => sum + each.decodeNanoUsd, 0n)).toBe(decodeNanoUsd)
    }
    const idleNanoUsd = corrections.reduce(
      (sum, each) => sum + each.idle.deviceNanoUsd,
      first.idle.deviceNanoUsd,
    )
    expect(idleNanoUsd).toBe(idle.deviceNanoUsd)
  })

  test('what comes too late stays with idle time, and memory does not grow', () => {
    const book = createEngineTimeBook({ deployment: 'h200', correctableIntervals: 1 })
    for (let index = 0; index < 5; index++) {
      book.record(served(`r${index}`, at + index * hourMs))
      book.close(interval(index), rates)
    }
    book.record(served('forgotten', at))
    for (const revise of book.revisions()) revise()
    expect(book.close(interval(5), rates).corrections).toEqual([])
    expect(book.facts).toBeLessThanOrEqual(2)
  })

  test('intervals do not overlap', () => {
    const book = createEngineTimeBook({ deployment: 'h200', correctableIntervals: 1 })
    book.close(interval(1), rates)
    expect(() => book.close(interval(0), rates)).toThrow(/overlaps/)
  })

  test('facts come from settlements, so that a crash loses none', () => {
    const target = { kind: 'deployment', deployment: 'h200', replica: '3' } as const
    const event = settled({ target, costNanoUsd: {}, priceRuleId: '' })
    expect(engineFact(event)).toMatchObject({
      replica: '3',
      sentMs: startMs,
      firstTokenMs: startMs + 210,
      endMs: startMs + 1000,
      computedTokens: 1000,
      cachedTokens: 500,
      outputTokens: 200,
    })
    expect(engineFact(settled())).toBeNull()
  })
})
