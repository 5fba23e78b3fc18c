/** ServeGen client models: files, archives, and the traffic they make. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { RandomSource } from '../core/random.ts'
import { parseServeGenModel, type ServeGenModel } from './serve-gen-model.ts'
import { serveGenSummary } from './serve-gen-summary.ts'
import { type ServeGenOptions, ServeGenWorkload } from './serve-gen-workload.ts'
import { serve } from './trace.fixture.ts'
import { readTraceSource, readTraceStatistics } from './trace-file.ts'
import { sourceWorkload } from './trace-source.ts'
import { tarFiles } from './trace-tar.ts'

const lengths = (input: string, output: string) =>
  JSON.stringify({ '0': { input_tokens: input, output_tokens: output, reason_ratio: '{0.5: 1.0}' } })

/** One client: 600 s at 2/s in bursts, 600 s of nothing, 600 s at 5/s. */
const rates = '0,2,2.0,Gamma,0.25,2\n600,0,0,,0,0\n1200,5,0.5,Weibull,2.1013,0.2'
const files = [
  { name: 'a/chunk-0-trace.csv', text: rates },
  { name: 'a/chunk-0-dataset.json', text: lengths('{100: 0.25, 300: 0.75}', '{10: 1.0}') },
]
const model = parseServeGenModel(files, 'test')

const sent = (source: ServeGenModel, options: ServeGenOptions = {}, seed = 1) =>
  serve(new ServeGenWorkload(source, options, new RandomSource(seed))).map(({ request }) => request)

/** Many windows of one kind, for statistics. */
const steady = (kind: string, shape: number) =>
  parseServeGenModel(
    [
      {
        name: 'chunk-0-trace.csv',
        text: Array.from({ length: 60 }, (_, i) => `${i * 600},1,0,${kind},${shape},1`).join('\n'),
      },
      files[1]!,
    ].map(file => ({ ...file, name: file.name.replace('a/', '') })),
    'test',
  )

describe('client model', () => {
  it('meets its rates window by window', () => {
    const counts = [0, 0, 0]
    for (let seed = 0; seed < 30; seed++) {
      for (const { arrivalUs } of sent(model, {}, seed)) counts[Math.floor(arrivalUs / 600e6)]! += 1
    }
    expect(counts[0]! / 30 / 1200).toBeGreaterThan(0.95)
    expect(counts[0]! / 30 / 1200).toBeLessThan(1.05)
    expect(counts[1]).toBe(0)
    expect(counts[2]! / 30 / 3000).toBeCloseTo(1, 1)
  })

  it.each([
    ['Gamma', 0.25, 2],
    ['Weibull', 2.1013, 0.5],
    ['', 0, 1],
  ] as const)('makes gaps of the right variation: %s %d', (kind, shape, variation) => {
    const times = sent(steady(kind, shape)).map(({ arrivalUs }) => arrivalUs / 1e6)
    const gaps = times.slice(1).map((time, index) => time - times[index]!)
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
    const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length
    expect(times.length / 36_000).toBeGreaterThan(0.97)
    expect(times.length / 36_000).toBeLessThan(1.03)
    expect(Math.sqrt(variance) / mean / variation).toBeGreaterThan(0.95)
    expect(Math.sqrt(variance) / mean / variation).toBeLessThan(1.05)
  })

  it('draws lengths as published', () => {
    const requests = sent(model, { maximumRequests: 4000 })
    const long = requests.filter(({ inputTokens }) => inputTokens === 300).length
    expect(requests.every(({ inputTokens }) => [100, 300].includes(inputTokens))).toBe(true)
    expect(long / 4000).toBeCloseTo(0.75, 1)
    expect(new Set(requests.map(({ outputTokens }) => outputTokens))).toEqual(new Set([10]))
    expect(requests[0]).toMatchObject({ tenant: 'client-0', content: null, session: -1 })
  })

  it('can be scaled, limited and cut', () => {
    const scaled = sent(model, { requestsPerSecond: 10, fromSeconds: 1200, untilSeconds: 1500 })
    expect(scaled.length / 3000).toBeCloseTo(1, 1)
    expect(scaled.at(-1)!.arrivalUs).toBeLessThan(300e6)
    expect(sent(model, { maximumRequests: 7 })).toHaveLength(7)
    const short = sent(model, { maximumContextTokens: 150, inputFactor: 1, outputFactor: 2 })
    expect(short.every(({ inputTokens, outputTokens }) => inputTokens + outputTokens <= 150)).toBe(true)
    const cut = sent(model, { maximumContextTokens: 50, maximumRequests: 20 })
    expect(cut.every(({ inputTokens, outputTokens }) => inputTokens + outputTokens <= 50)).toBe(true)
  })

  it('is the same for the same seed, and a client does not shift the others', () => {
    expect(sent(model)).toEqual(sent(model))
    const more = parseServeGenModel([...files, { name: 'a/chunk-1-trace.csv', text: rates }], 'test')
    const both = sent(more)
    const strip = (requests: typeof both) =>
      requests.map(({ arrivalUs, inputTokens }) => [arrivalUs, inputTokens])
    expect(strip(both.filter(({ tenant }) => tenant === 'client-0'))).toEqual(strip(sent(model)))
    expect(both.find(({ tenant }) => tenant === 'client-1')!.outputTokens).toBe(10)
    expect(more.notes.join()).toMatch(/1 of 2 clients have no published lengths/)
  })

  it('adds images to prompts', () => {
    const fields = {
      text_tokens: '{50: 1.0}',
      image_count: '{2: 1.0}',
      image_tokens: '{100: 0.5, 300: 0.5}',
      audio_count: '{0: 1.0}',
      audio_tokens: '{0: 1.0}',
      output_tokens: '{10: 1.0}',
    }
    const images = parseServeGenModel(
      [files[0]!, { ...files[1]!, text: JSON.stringify({ '0': fields }) }],
      'test',
    )
    const inputs = new Set(sent(images).map(({ inputTokens }) => inputTokens))
    expect(inputs).toEqual(new Set([250, 450, 650]))
    expect(serveGenSummary(images, new RandomSource(1).stream('s')).inputTokens.mean).toBe(450)
  })

  it('is summed up exactly', () => {
    const summary = serveGenSummary(model, new RandomSource(1).stream('s'))
    expect(summary.requests).toBe(4200)
    expect(summary.arrivals).toMatchObject({ spanSeconds: 1800, peakRequestsPerMinute: 300 })
    expect(summary.inputTokens.mean).toBeCloseTo(250, 9)
    expect(summary.inputTokens).toMatchObject({ p50: 300, maximum: 300 })
  })

  const broken: readonly [string, string, RegExp][] = [
    ['0,2,2.0,Gamma,0.25', files[1]!.text, /is no window/],
    ['0,-2,2.0,Gamma,0.25,2', files[1]!.text, /is no window/],
    ['0,2,2.0,Pareto,0.25,2', files[1]!.text, /is no window/],
    ['600,2,1,,0,0\n0,2,1,,0,0', files[1]!.text, /do not follow each other/],
    [rates, '{"0": ', /not valid JSON/],
    [rates, lengths('[1, 2]', '{10: 1.0}'), /0\.input_tokens is no dictionary/],
    [rates, lengths('{1: x}', '{10: 1.0}'), /0\.input_tokens has an entry/],
    [rates, lengths('{1: 0.0}', '{10: 1.0}'), /add up to 0/],
    [rates, '{}', /no client has lengths/],
  ]
  it.each(broken)('refuses %j with %s', (trace, dataset, message) => {
    const parse = () =>
      parseServeGenModel(
        [
          { ...files[0]!, text: trace },
          { ...files[1]!, text: dataset },
        ],
        'test',
      )
    expect(parse).toThrow(expect.objectContaining({ code: 'trace', message: expect.stringMatching(message) }))
  })
})

/** A tar archive as `tar` writes it. */
function tarOf(entries: readonly { readonly name: string; readonly text: string }[]): Uint8Array {
  const blocks: Uint8Array[] = []
  for (const { name, text } of entries) {
    const header = new Uint8Array(512)
    const put = (value: string, at: number) => header.set(new TextEncoder().encode(value), at)
    put(name, 0)
    put(`${text.length.toString(8).padStart(11, '0')}\0`, 124)
    put('        0ustar\x0000', 148)
    const sum = header.reduce((total, byte) => total + byte, 0)
    put(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
    const body = new Uint8Array(Math.ceil(text.length / 512) * 512)
    body.set(new TextEncoder().encode(text))
    blocks.push(header, body)
  }
  return Buffer.concat([...blocks, new Uint8Array(1024)])
}

describe('files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tokenwright-serve-gen-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const archive = tarOf([...files, { name: 'a/README', text: 'x' }])

  it('reads folders and archives alike', async () => {
    for (const { name, text } of files) writeFileSync(join(folder, name.slice(2)), text)
    writeFileSync(join(folder, 'm.tar.gz'), gzipSync(archive))
    const fromFolder = await readTraceStatistics(folder)
    expect(fromFolder).toMatchObject({ format: 'servegen', requests: 4200, arrivalVariation: null })
    expect(await readTraceStatistics(join(folder, 'm.tar.gz'))).toEqual({ ...fromFolder })
    const source = await readTraceSource(join(folder, 'm.tar.gz'))
    expect(serve(sourceWorkload(source, { maximumRequests: 5 }, new RandomSource(1)).workload)).toHaveLength(
      5,
    )
    expect(() => sourceWorkload(source, { speedup: 2 }, new RandomSource(1))).toThrow(/has no speedup/)
  })

  it('refuses archives that are cut off, damaged or empty', async () => {
    expect(() => tarFiles(archive.subarray(0, 520), 'x')).toThrow(/ends within/)
    expect(() => tarFiles(archive.subarray(0, 1000), 'x')).toThrow(/has no end/)
    const damaged = archive.slice()
    damaged[3]! ^= 1
    expect(() => tarFiles(damaged, 'x')).toThrow(/no header of a file at byte 0/)
    expect(() => tarFiles(new Uint8Array(100), 'x')).toThrow(/has no end/)
    writeFileSync(join(folder, 'cut.tar.gz'), gzipSync(archive).subarray(0, 80))
    await expect(readTraceSource(join(folder, 'cut.tar.gz'))).rejects.toMatchObject({ code: 'trace' })
    await expect(readTraceSource(join(folder, 'none.tar'))).rejects.toMatchObject({ code: 'file' })
    writeFileSync(join(folder, 'other.tar'), tarOf([{ name: 'README', text: 'x' }]))
    await expect(readTraceSource(join(folder, 'other.tar'))).rejects.toThrow(/no client model in it/)
  })
})
