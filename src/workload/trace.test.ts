import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { TokenwrightError } from '../core/errors.ts'
import { type TraceStatistics, traceStatistics } from './request-statistics.ts'
import { tableOf } from './trace.fixture.ts'
import { parseArrival } from './trace-columns.ts'
import { readTrace, readTraceStatistics } from './trace-file.ts'

const statisticsOf = (text: string): TraceStatistics => traceStatistics(tableOf(text))

function faultOf(text: string): TokenwrightError {
  try {
    statisticsOf(text)
  } catch (error) {
    expect(error).toBeInstanceOf(TokenwrightError)
    return error as TokenwrightError
  }
  throw new Error('no fault')
}

describe('CSV traces', () => {
  it('reads Azure with CRLF and seven decimals', () => {
    const s = statisticsOf(
      'TIMESTAMP,ContextTokens,GeneratedTokens\r\n2023-11-16 23:59:59.5000000,100,10\r\n2023-11-17 00:00:01.5000000,300,30\r\n',
    )
    expect(s.requests).toBe(2)
    expect(s.shape.inputTokens).toBe(200)
    expect(s.shape.outputTokens).toBe(20)
    expect(s.durationSeconds).toBeCloseTo(2, 6)
    expect(s.requestsPerSecond).toBeCloseTo(0.5, 6)
    expect(s.shape.inputVariation).toBeCloseTo(Math.SQRT1_2, 6)
  })

  it('reads BurstGPT and leaves failed calls out', () => {
    const s = statisticsOf(
      'Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n5,ChatGPT,472,18,490,Conversation log\n45,GPT-4,10,0,10,API log\n118,ChatGPT,87,16,103,"API, log"',
    )
    expect(s.requests).toBe(2)
    expect(s.notes.join()).toMatch(/1 requests without/)
  })

  it('reads stated cached tokens and milliseconds', () => {
    const s = statisticsOf(
      'arrival_ms,prompt_tokens,cached_tokens,completion_tokens\n0,100,50,5\n500,100,0,5\n1000,100,100,5',
    )
    expect(s.requestsPerSecond).toBeCloseTo(2, 9)
    expect(s.arrivalVariation).toBeCloseTo(0, 9)
    expect(s.shape.cachedTokens).toBe(50)
  })

  it('reads lengths without arrivals', () => {
    const s = statisticsOf('num_prefill_tokens,num_decode_tokens\n10,2')
    expect(s.requestsPerSecond).toBeNull()
    expect(s.notes.join()).toMatch(/no arrival/)
  })

  const faults: readonly [string, string, RegExp][] = [
    ['missing column', 'timestamp,input_tokens\n1,2', /^line 1: no column for output/],
    ['short line', 'input_tokens,output_tokens\n1,2\n3', /^line 3: 1 columns/],
    ['negative', 'input_tokens,output_tokens\n1,2\n-3,1', /^line 3: input_tokens is «-3»/],
    ['fraction', 'input_tokens,output_tokens\n1.5,2', /^line 2/],
    ['empty line', 'input_tokens,output_tokens\n1,2\n\n3,4', /^line 3: the line is empty/],
    ['bad time', 'time,input_tokens,output_tokens\nsoon,1,2', /^line 2: time is «soon»/],
    ['cached above input', 'cached_tokens,input_tokens,output_tokens\n9,1,2', /^line 2: 9 cached/],
    [
      'bad service',
      'session_id,elapsed time,input_tokens,output_tokens\na,-1,5,5',
      /^line 2: elapsed time is «-1»/,
    ],
    ['open quote', 'input_tokens,output_tokens\n"1,2', /^line 2: a quoted/],
    ['nothing', '', /empty: it has no requests/],
    ['header only', 'input_tokens,output_tokens', /no requests/],
  ]
  it.each(faults)('refuses: %s', (_, text, message) => {
    const fault = faultOf(text)
    expect(fault.code).toBe('trace')
    expect(fault.message).toMatch(message)
    expect(fault.where).toMatch(/^test/)
    expect(fault.fix).toBeTruthy()
  })
})

describe('JSON lines', () => {
  it('counts Mooncake prefix hits with a cache that never evicts', () => {
    const s = statisticsOf(
      [
        '{"timestamp": 0, "input_length": 1024, "output_length": 10, "hash_ids": [1, 2]}',
        '{"timestamp": 1000, "input_length": 1100, "output_length": 10, "hash_ids": [1, 2, 3]}',
        '{"timestamp": 3000, "input_length": 512, "output_length": 10, "hash_ids": [9]}',
      ].join('\n'),
    )
    expect(s.format).toBe('mooncake')
    expect(s.shape.cachedTokens).toBeCloseTo(1024 / 3, 9)
    expect(s.durationSeconds).toBe(3)
  })

  it('reads Bailian seconds and AIPerf text', () => {
    const bailian = statisticsOf(
      '{"chat_id": 1, "timestamp": 0, "input_length": 16, "output_length": 3, "hash_ids": [4]}\n{"chat_id": 2, "timestamp": 2.5, "input_length": 16, "output_length": 3, "hash_ids": [4]}',
    )
    expect(bailian.durationSeconds).toBe(2.5)
    expect(bailian.shape.cachedTokens).toBe(8)
    const aiperf = statisticsOf('{"text": "twelve chars", "output_length": 7, "timestamp": 0}')
    expect(aiperf.format).toBe('aiperf-single-turn')
    expect(aiperf.shape.inputTokens).toBe(3)
  })

  const faults: readonly [string, RegExp][] = [
    ['{"input_length": 1, "output_length": 2}\n{"input_length": 1, "outp', /^line 2: not valid JSON/],
    ['{"input_length": 1}', /^line 1: no field for output/],
    ['{"input_length": 1, "output_length": 2}\n[1]', /^line 2: not a JSON object/],
    ['{"input_length": null, "output_length": 2}', /^line 1: input_length/],
    ['{"input_length": 1, "output_length": 2, "hash_ids": 7}', /^line 1: hash_ids/],
    ['{"input_length": 1, "output_length": 2, "hash_ids": [1, -2]}', /^line 1: hash_ids\[1\] is «-2»/],
    ['{"input_length": 1, "output_length": 2, "hash_ids": [1.5]}', /^line 1: hash_ids\[0\]/],
    ['{"input_length": 1, "output_length": 2, "hash_ids": [null]}', /^line 1: hash_ids\[0\]/],
    ['{"input_length": -4, "output_length": 2}', /^line 1: input_length is «-4»/],
    ['{"timestamp": {}, "input_length": 4, "output_length": 2}', /^line 1: timestamp is «\{\}»/],
    ['{"session_id": [], "input_length": 4, "output_length": 2}', /^line 1: session_id/],
    ['{"session_id": "a", "delay": -1, "input_length": 4, "output_length": 2}', /^line 1: delay is «-1»/],
    ['{"turns": []}', /^line 1: no list of turns/],
    ['{"turns": [{"text": "a"}]}', /^line 1: turns\[0\].output_length is missing/],
  ]
  it.each(faults)('refuses %s', (text, message) => {
    expect(faultOf(text).message).toMatch(message)
  })
})

describe('statistics', () => {
  it('recovers mean, rate and Poisson burstiness', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), seed => {
        let state = seed
        const random = () => {
          state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
          return (state + 0.5) / 4_294_967_296
        }
        const rows = ['time,input_tokens,output_tokens']
        let time = 0
        for (let i = 0; i < 3000; i++) {
          time += -Math.log(random()) / 4
          rows.push(`${time.toFixed(6)},${100 + (i % 3)},20`)
        }
        const s = statisticsOf(rows.join('\n'))
        expect(s.requestsPerSecond! / 4).toBeGreaterThan(0.9)
        expect(s.requestsPerSecond! / 4).toBeLessThan(1.1)
        expect(s.arrivalVariation!).toBeGreaterThan(0.9)
        expect(s.arrivalVariation!).toBeLessThan(1.1)
        expect(s.shape.inputTokens).toBeCloseTo(101, 0)
      }),
      { numRuns: 20 },
    )
  })
})

describe('trace files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tokenwright-trace-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const csv = 'time,input_tokens,output_tokens\n0,10,1\n1,20,3\n'

  it('reads plain and gzipped files alike', async () => {
    writeFileSync(join(folder, 'a.csv'), csv)
    writeFileSync(join(folder, 'a.csv.gz'), gzipSync(csv))
    const plain = await readTraceStatistics(join(folder, 'a.csv'))
    expect(await readTraceStatistics(join(folder, 'a.csv.gz'))).toEqual(plain)
    expect(plain.requests).toBe(2)
  })

  it('reads gzip, brotli and zstd by contents', async () => {
    const expected = await readTraceStatistics(join(folder, 'a.csv'))
    const packed = {
      'b.csv.br': brotliCompressSync(csv),
      'c.csv.zst': zstdCompressSync(csv),
      'd.csv': gzipSync(csv),
    }
    for (const [name, bytes] of Object.entries(packed)) {
      writeFileSync(join(folder, name), bytes)
      expect(await readTraceStatistics(join(folder, name))).toEqual(expected)
    }
  })

  it('reads lines of any length over pieces of any size, with and without a last line feed', async () => {
    const rows = Array.from({ length: 300 }, (_, index) => `${index},${'0'.repeat(index * 7)}5,1`)
    writeFileSync(join(folder, 'long.csv'), `\uFEFFtime,input_tokens,output_tokens\r\n${rows.join('\r\n')}`)
    const table = await readTrace(join(folder, 'long.csv'))
    expect(table.requests).toBe(300)
    expect(traceStatistics(table)).toMatchObject({ inputTokensMaximum: 5, requestsPerSecond: 1 })
  })

  it('takes several files as one trace', async () => {
    writeFileSync(
      join(folder, 'p1.jsonl'),
      '{"timestamp": 0, "input_length": 512, "output_length": 1, "hash_ids": [7]}\n',
    )
    writeFileSync(
      join(folder, 'p2.jsonl'),
      '{"timestamp": 9, "input_length": 512, "output_length": 1, "hash_ids": [7]}\n',
    )
    const table = await readTrace([join(folder, 'p1.jsonl'), join(folder, 'p2.jsonl')])
    expect(traceStatistics(table).shape.cachedTokens).toBe(256)
  })

  const damaged: readonly [string, Buffer, string, RegExp][] = [
    ['cut.csv.gz', gzipSync(csv.repeat(500)).subarray(0, 60), 'trace', /cut off or damaged/],
    ['cut.csv.br', brotliCompressSync(csv.repeat(500)).subarray(0, 20), 'trace', /cut off or damaged/],
    ['plain.csv.gz', Buffer.from(csv), 'trace', /cut off or damaged/],
    ['utf16.csv', Buffer.from(`\uFEFF${csv}`, 'utf16le'), 'trace', /UTF-16/],
    ['utf16-bare.csv', Buffer.from(csv, 'utf16le'), 'trace', /not text in UTF-8/],
    ['binary.csv', Buffer.from([0xff, 0xd8, 0xff, 0x0a, 0x80]), 'trace', /not text in UTF-8/],
    [
      'huge.csv.zst',
      zstdCompressSync(Buffer.alloc(65 * 2 ** 20, 'a')),
      'trace',
      /line 1 is longer than 64 MiB/,
    ],
    ['bad.csv', Buffer.from(`${csv}x`), 'trace', /line 4/],
    ['empty.csv', Buffer.from(''), 'trace', /empty/],
  ]
  it.each(damaged)('refuses %s', async (name, bytes, code, message) => {
    const path = join(folder, name)
    writeFileSync(path, bytes)
    const fault = await readTrace(path).catch((error: unknown) => error)
    expect(fault).toMatchObject({ code, message: expect.stringMatching(message) })
    expect((fault as TokenwrightError).where).toContain(path)
  })

  it('names the line at which a cut file ends, and the file that is missing', async () => {
    const rows = Array.from(
      { length: 50_000 },
      (_, index) => `${index},${(index * 7919) % 4093},${((index * 31) % 97) + 1}`,
    )
    const packed = gzipSync(`time,input_tokens,output_tokens\n${rows.join('\n')}\n`)
    writeFileSync(join(folder, 'half.csv.gz'), packed.subarray(0, packed.length / 2))
    const fault = await readTrace(join(folder, 'half.csv.gz')).catch((error: unknown) => error)
    expect(fault).toMatchObject({ code: 'trace', where: expect.stringMatching(/half\.csv\.gz:\d{4,}$/) })
    await expect(readTrace(join(folder, 'none.csv'))).rejects.toMatchObject({ code: 'file' })
  })
})

describe('times', () => {
  it('are the same whether read alone or after others', () => {
    const texts = [
      '2023-11-16 23:59:59.5000000',
      '2023-11-16 23:59:59.7',
      '2023-11-16 23:59:07',
      '2024-05-10 00:00:00.009930+00:00',
      '2024-05-10 00:00:00.1Z',
      '2024-05-10 00:00:01.250000+02:00',
      '17.25',
    ]
    const at = tableOf(
      ['timestamp,input_tokens,output_tokens', ...texts.map(text => `${text},1,1`)].join('\n'),
    )
    const first = Math.min(...texts.map(text => parseArrival(text, 1)!))
    for (const [row, text] of texts.entries())
      expect(at.arrivalSeconds.at(row)).toBeCloseTo(parseArrival(text, 1)! - first, 6)
    for (const wrong of [
      '2023-11-16 23:59:6',
      '2023-11-16 23:59:59.',
      '2023-11-16 23:59:99',
      '2023-11-16 23:59:59x',
    ])
      expect(() => tableOf(`time,input_tokens,output_tokens\n${texts[0]},1,1\n${wrong},1,1`)).toThrow(
        /not a time/,
      )
  })
})
