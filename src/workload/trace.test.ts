import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { TokenwrightError } from '../core/errors.ts'
import { RequestStatistics, type TraceStatistics } from './request-statistics.ts'
import { readTraceStatistics } from './trace-file.ts'
import { TraceReader } from './trace-formats.ts'

function statisticsOf(text: string): TraceStatistics {
  const reader = new TraceReader('test')
  const statistics = new RequestStatistics()
  for (const line of text.split('\n')) {
    const request = reader.read(line)
    if (request !== null) statistics.add(request)
  }
  return statistics.finish(reader.parser?.format ?? 'empty', reader.parser?.notes ?? [], 'test')
}

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
    ['open quote', 'input_tokens,output_tokens\n"1,2', /^line 2: a quoted/],
    ['nothing', '', /no requests/],
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

  it('reports missing, damaged and broken files', async () => {
    await expect(readTraceStatistics(join(folder, 'none.csv'))).rejects.toMatchObject({ code: 'file' })
    writeFileSync(join(folder, 'cut.csv.gz'), gzipSync(csv.repeat(500)).subarray(0, 60))
    await expect(readTraceStatistics(join(folder, 'cut.csv.gz'))).rejects.toMatchObject({ code: 'file' })
    writeFileSync(join(folder, 'bad.csv'), `${csv}x`)
    await expect(readTraceStatistics(join(folder, 'bad.csv'))).rejects.toMatchObject({
      code: 'trace',
      where: `${join(folder, 'bad.csv')}:4`,
    })
  })
})
