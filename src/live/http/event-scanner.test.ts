import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createEventScanner, maximumEventBytes } from './event-scanner.ts'

interface Scanned {
  /** data, or [name, data] of events with a name. */
  readonly events: (string | [string, string])[]
  readonly comments: string[]
  readonly leftOver: string | null
  readonly problem: string | null
}

/** Every piece lies in a buffer that is overwritten after the push, as a socket's is. */
function scan(pieces: readonly Uint8Array[]): Scanned {
  const events: (string | [string, string])[] = []
  const comments: string[] = []
  const scanner = createEventScanner(
    (data, name) => events.push(name === '' ? data.toString() : [name, data.toString()]),
    text => comments.push(text.toString()),
  )
  for (const piece of pieces) {
    const lent = new Uint8Array(piece)
    scanner.push(lent)
    lent.fill(0x58)
  }
  const leftOver = scanner.finish()?.toString() ?? null
  return { events, comments, leftOver, problem: scanner.problem }
}

const scanText = (...pieces: string[]) => scan(pieces.map(piece => Buffer.from(piece)))

describe('events', () => {
  test('one event, several in one read, one over several reads', () => {
    expect(scanText('data: {"a":1}\n\n').events).toEqual(['{"a":1}'])
    expect(scanText('data: a\n\ndata: b\n\ndata: [DONE]\n\n').events).toEqual(['a', 'b', '[DONE]'])
    expect(scanText('da', 'ta: a', 'b\n', '\ndata', ': c\n\n').events).toEqual(['ab', 'c'])
  })
  test('all line ends, a carriage return at the end of a read too', () => {
    expect(scanText('data: a\r\n\r\ndata: b\r\rdata: c\n\n').events).toEqual(['a', 'b', 'c'])
    expect(scanText('data: a\r', '\n\r', '\ndata: b\r', '\rdata: c\n', '\n').events).toEqual(['a', 'b', 'c'])
    expect(scanText('data: a\n\r\ndata: b\r\n\n').events).toEqual(['a', 'b'])
  })
  test('several lines of data are one text', () => {
    expect(scanText('data: a\ndata:\ndata: b\n\n').events).toEqual(['a\n\nb'])
    expect(scanText('data: a\n', 'data: b\n', '\n').events).toEqual(['a\nb'])
  })
  test('names hold for one event; ids, retries and unknown fields are read over', () => {
    expect(
      scanText('event: delta\nid: 7\nretry: 10\ndata: a\nfoo: bar\n\ndata: b\n\nevent: empty\n\ndata: c\n\n')
        .events,
    ).toEqual([['delta', 'a'], 'b', 'c'])
  })
  test('exactly one space behind the colon belongs to no value', () => {
    expect(
      scanText('data:a\n\ndata:  b\n\ndata: \n\ndata\n\ndatum: x\n\nevent:e\ndata: :c\n\n').events,
    ).toEqual(['a', ' b', '', '', ['e', ':c']])
  })
  test('comments are told apart and change nothing', () => {
    const { events, comments } = scanText(': ping\n\ndata: a\n: in between\n\n:\n\n')
    expect({ events, comments }).toEqual({ events: ['a'], comments: [' ping', ' in between', ''] })
  })
  test('a byte order mark at the beginning, split or not, and nowhere else', () => {
    expect(scanText('\ufeffdata: a\n\n\ufeffdata: b\n\n').events).toEqual(['a'])
    expect(
      scan([[0xef], [0xbb], [0xbf], [...Buffer.from('data: a\n\n')]].map(part => Buffer.from(part))).events,
    ).toEqual(['a'])
  })
  test('a character split over reads', () => {
    const bytes = Buffer.from('data: {"text":"€🙂"}\n\n')
    for (let cut = 1; cut < bytes.length; cut++)
      expect(scan([bytes.subarray(0, cut), bytes.subarray(cut)]).events).toEqual(['{"text":"€🙂"}'])
  })
})

describe('the end of the stream', () => {
  test('nothing is left over of whole events', () => {
    expect(scanText('data: a\n\n').leftOver).toBe(null)
    expect(scanText('data: a\r\n\r').leftOver).toBe(null)
    expect(scanText('').leftOver).toBe(null)
    expect(scanText(': ping\n').leftOver).toBe(null)
  })
  test('an event without its blank line is dropped, and told', () => {
    expect(scanText('data: a\n\ndata: b\n')).toMatchObject({ events: ['a'], leftOver: 'b' })
    expect(scanText('data: a\n\ndata: [DONE]')).toMatchObject({ events: ['a'], leftOver: '[DONE]' })
    expect(scanText('data: a\ndata: b')).toMatchObject({ events: [], leftOver: 'a\nb' })
    expect(scanText('data: a\n\ndat')).toMatchObject({ events: ['a'], leftOver: '' })
  })
})

describe('copies', () => {
  test('an event on one line of one read lies where it lay', () => {
    const bytes = Buffer.from('data: abc\n\ndata: def\r\n\r\n')
    const places: number[] = []
    createEventScanner(data => {
      expect(data.buffer).toBe(bytes.buffer)
      places.push(data.byteOffset - bytes.byteOffset)
    }).push(bytes)
    expect(places).toEqual([6, 17])
  })
})

describe('too long', () => {
  const piece = Buffer.alloc(1024 * 1024, 'x')
  test('a line without end', () => {
    const { events, problem } = scan([
      Buffer.from('data: '),
      ...Array<Buffer>(11).fill(piece),
      Buffer.from('\n\ndata: a\n\n'),
    ])
    expect({ events, problem }).toEqual({ events: [], problem: 'an event of more than 10 MB' })
  })
  test('lines without a blank one', () => {
    const line = Buffer.concat([Buffer.from('data: '), piece, Buffer.from('\n')])
    expect(scan([...Array<Buffer>(11).fill(line), Buffer.from('\n')]).problem).not.toBe(null)
  })
  test('just short enough', () => {
    const line = Buffer.concat([
      Buffer.from('data:'),
      Buffer.alloc(maximumEventBytes - 100, 'y'),
      Buffer.from('\n\n'),
    ])
    const { events, problem } = scan([line.subarray(0, 5_000_000), line.subarray(5_000_000)])
    expect([events.length, events[0]!.length, problem]).toEqual([1, maximumEventBytes - 100, null])
  })
})

describe('splits', () => {
  const fragments = [
    'data: ',
    'data:',
    'data',
    'event: x',
    ': c',
    '\n',
    '\n\n',
    '\r',
    '\r\n',
    '\r\n\r\n',
    'ä',
    '🙂',
    '{"a":1}',
    '[DONE]',
    ' ',
    'id: 1',
    '\ufeff',
  ]
  test('at any bytes change nothing', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...fragments), { maxLength: 40 }),
        fc.array(fc.nat(150), { maxLength: 20 }),
        (parts, cuts) => {
          const bytes = Buffer.from(parts.join(''))
          const places = [0, ...cuts.filter(cut => cut < bytes.length).sort((a, b) => a - b), bytes.length]
          const pieces = places.slice(1).map((end, index) => bytes.subarray(places[index], end))
          expect(scan(pieces)).toEqual(scan([bytes]))
        },
      ),
      { numRuns: 500 },
    )
  })
  test('what is written as events is read as events', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 30 }).map(value => value.replace(/[\r\n]/g, '_'))
    fc.assert(
      fc.property(
        fc.array(fc.array(text, { minLength: 1, maxLength: 3 })),
        fc.constantFrom('\n', '\r\n', '\r'),
        (events, end) => {
          const stream = events.map(lines => lines.map(line => `data: ${line}${end}`).join('') + end).join('')
          expect(scanText(stream).events).toEqual(events.map(lines => lines.join('\n')))
        },
      ),
    )
  })
})
