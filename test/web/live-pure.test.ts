/** What the live page does with what it reads: events out of pieces, points put together, amounts written. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { behindWords, differenceWords } from '../../web/live/books-words.ts'
import { eventData } from '../../web/live/event-stream.ts'
import { agoText, exactUsdText } from '../../web/live/live-text.ts'
import { seriesPicture } from '../../web/live/series-picture.ts'
import { aligned, merged, type SeriesPoint } from '../../web/live/series-points.ts'
import { isWalkKey, walkedTo } from '../../web/live/series-walk.ts'
import { lineWords, momentWords } from '../../web/live/series-words.ts'

async function read(pieces: readonly Uint8Array[]): Promise<string[]> {
  const found: string[] = []
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece)
      controller.close()
    },
  })
  for await (const data of eventData(body)) found.push(data)
  return found
}

describe('events', () => {
  test('come out whole however the bytes were cut; comments are none', async () => {
    const text = 'id: 1\nevent: snapshot\ndata: {"a":"…"}\n\n: nothing\n\ndata:2\ndata: 3\n\ndata: unfinished'
    const bytes = new TextEncoder().encode(text)
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length)), async cuts => {
        const places = [0, ...cuts.sort((a, b) => a - b), bytes.length]
        const pieces = places.slice(1).map((place, index) => bytes.slice(places[index], place))
        expect(await read(pieces)).toEqual(['{"a":"…"}', '2\n3'])
      }),
    )
  })

  test('one without an end is refused before it fills the memory', async () => {
    const piece = new TextEncoder().encode('x'.repeat(1e6))
    await expect(read(Array.from({ length: 17 }, () => piece))).rejects.toThrow(/without an end/)
  })
})

describe('series', () => {
  const point = (atMs: number, requestsPerSecond: number): SeriesPoint => ({
    atMs,
    figures: { requestsPerSecond },
  })
  const answer = (...points: SeriesPoint[]) => ({ points: points as never })

  test('new points take the place of old ones, and no more are kept than the span has', () => {
    const first = merged([], answer(point(0, 1), point(10_000, 2)), 20)
    const second = merged(first, answer(point(10_000, 3), point(20_000, 4)), 20)
    expect(second.map(({ figures }) => figures?.requestsPerSecond)).toEqual([1, 3, 4])
    let points = second
    for (let step = 3; step < 100; step++) points = merged(points, answer(point(step * 10_000, step)), 20)
    expect(points.map(({ atMs }) => atMs)).toEqual([970_000, 980_000, 990_000])
    expect(merged(points, answer(), 20)).toEqual(points)
  })

  test('lines share one axis; what one does not have is a gap', () => {
    const lines = aligned([
      { points: [point(0, 1), point(20_000, 3)], figure: 'requestsPerSecond' },
      { points: [point(10_000, 2), { atMs: 20_000, figures: null }], figure: 'requestsPerSecond' },
    ])
    expect(lines).toEqual({
      seconds: [0, 10, 20],
      values: [
        [1, null, 3],
        [null, 2, null],
      ],
    })
  })
})

test('a drawing has a line for each stretch, and says its times', () => {
  const lines = {
    seconds: [0, 10, 20, 30],
    values: [
      [1, 2, null, 4],
      [null, null, null, null],
    ],
  }
  const drawn = seriesPicture('Title', {
    names: ['a<b', 'none'],
    classes: ['one', 'two'],
    lines,
    format: String,
  })
  expect(drawn.match(/class="line one"/g)).toHaveLength(2)
  expect(drawn).not.toContain('line two')
  expect(drawn).toContain('a&lt;b')
  expect(drawn).not.toMatch(/NaN|Infinity/)
  const empty = { seconds: [], values: [[]] }
  expect(
    seriesPicture('Title', { names: ['a'], classes: ['one'], lines: empty, format: String }),
  ).not.toContain('NaN')
})

test('amounts: as many places as told, and what is smaller is not nothing', () => {
  expect(exactUsdText('1234.5', 4)).toBe('$1,234.5000')
  expect(exactUsdText('0', 6)).toBe('$0.000000')
  expect(exactUsdText('0.000000001', 6)).toBe('$0.000000001')
  expect(exactUsdText('-0.000000010', 6)).toBe('-$0.00000001')
})

test('how long ago', () => {
  expect([0, 99_000, 120_000, 7_200_000, 259_200_000].map(agoText)).toEqual([
    '0 s',
    '99 s',
    '2 min',
    '2.0 h',
    '3.0 days',
  ])
})

describe('a live figure without eyes', () => {
  const lines = {
    seconds: [0, 10, 20, 30],
    values: [
      [1, null, null, 4],
      [2, 2, null, 2],
    ],
  }
  const named = { names: ['a', 'b'], lines, format: (value: number) => `$${value}` }

  test('every line in words: latest, lowest, highest, or that nothing was seen', () => {
    const [first, second] = lineWords(named)
    expect(first).toMatch(/^a: latest \$4, lowest \$1 at \d\d:\d\d:00, highest \$4 at \d\d:\d\d:30$/)
    expect(second).toBe('b: $2 all the time')
    expect(lineWords({ ...named, lines: { seconds: [], values: [] } })).toEqual([
      'a: nothing seen',
      'b: nothing seen',
    ])
    expect(momentWords(named, 1)).toMatch(/:10: a –, b \$2$/)
  })

  test('keys walk over moments at which something was seen, and stay within them', () => {
    const walk = (from: number | null, ...keys: readonly string[]) =>
      keys.reduce((at, key) => walkedTo(lines, at, key), from)
    expect(walk(null, 'ArrowLeft')).toBe(30)
    expect(walk(null, 'ArrowLeft', 'ArrowLeft')).toBe(10)
    expect(walk(10, 'ArrowRight', 'ArrowRight', 'ArrowRight')).toBe(30)
    expect(walk(null, 'Home')).toBe(0)
    expect(walk(0, 'ArrowLeft')).toBe(0)
    expect(walk(0, 'PageDown')).toBe(30)
    expect(walk(30, 'End')).toBe(30)
    // What has left the span.
    expect(walk(-50, 'ArrowLeft')).toBe(0)
    expect(walkedTo({ seconds: [5], values: [[null]] }, null, 'Home')).toBeNull()
    expect(isWalkKey('Tab')).toBe(false)
  })
})

describe('books in words', () => {
  const line = { deployment: 'dear', openUsd: '0', differenceUsd: '0' }
  const state = { lines: [line], ledgerFault: null, readFault: null, readMs: 0 }

  test('nothing is said of books that are up to date and add up', () => {
    expect(differenceWords([line])).toEqual([])
    expect(behindWords(state)).toEqual([])
  })

  test('a ledger that is away, books that cannot be read, intervals that are open', () => {
    expect(behindWords({ ...state, ledgerFault: 'disk full' }).join()).toMatch(/behind.*cannot write/)
    expect(behindWords({ ...state, readFault: 'no answer', readMs: 45_000 }).join()).toMatch(
      /45 s ago: no answer/,
    )
    const open = [
      { ...line, openUsd: '0.012' },
      { ...line, openUsd: '-0.001' },
    ]
    expect(behindWords({ ...state, lines: open }).join()).toContain('$0.0120 of machine time')
  })

  test('a difference says on which side, to the nano-dollar', () => {
    expect(differenceWords([{ ...line, differenceUsd: '0.000000001' }])[0]).toMatch(
      /dear: \$0\.000000001 of what its machines cost/,
    )
    expect(differenceWords([{ ...line, differenceUsd: '-0.5' }])[0]).toMatch(/charged \$0\.500000 more/)
  })
})
