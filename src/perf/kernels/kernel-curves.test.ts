import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import data from '../../../data/calibration/kernels.json' with { type: 'json' }
import { decodeAttentionBytes, decodeAttentionFlop, prefillAttentionFlop } from './attention.ts'
import { collectiveTraffic } from './collectives.ts'
import { distinctExperts, expertsFlop } from './experts.ts'
import { gemmBytes, gemmFlop } from './gemm.ts'
import { kernelCurves } from './kernel-curves.ts'
import { weightPeak } from './peaks.ts'
import type { AttentionFormat, KernelAccelerator, KernelsFile, WeightFormat } from './types.ts'

const file = data as unknown as KernelsFile
const curves = kernelCurves(file)
const devices = Object.values(file.accelerators)
const device = (id: string): KernelAccelerator => file.accelerators[id]!
const at = (id: string, engine: string) => ({ accelerator: device(id), engine })

const places = fc.record({
  accelerator: fc.constantFrom(...devices),
  engine: fc.constantFrom('vllm', 'sglang', 'trtllm', 'atom'),
})
const weightFormats: readonly WeightFormat[] = [
  'bf16',
  'fp8',
  'fp8-block',
  'nvfp4',
  'mxfp4',
  'mxfp4-fp8',
  'int4',
]
const sizes = fc.integer({ min: 1, max: 16384 })

describe('measured rows (AIConfigurator tables, microseconds)', () => {
  const near = (seconds: number, measuredMicroseconds: number, tolerance: number) =>
    expect(Math.abs(Math.log((seconds * 1e6) / measuredMicroseconds))).toBeLessThan(tolerance)

  it('matrix products', () => {
    const time = (place: [string, string], format: WeightFormat, m: number, n: number, k: number) =>
      curves.gemmSeconds({ m, n, k, format }, at(...place)).seconds
    near(time(['h200-sxm', 'vllm'], 'bf16', 8192, 8192, 8192), 1640.4, 0.25)
    near(time(['h200-sxm', 'vllm'], 'bf16', 16, 16384, 8192), 64.61, 0.2)
    near(time(['h200-sxm', 'vllm'], 'bf16', 1, 4096, 4096), 12.56, 0.2)
    near(time(['h200-sxm', 'vllm'], 'bf16', 256, 5120, 8192), 38.39, 0.2)
    near(time(['b200-sxm', 'trtllm'], 'nvfp4', 8192, 8192, 8192), 284.6, 0.2)
    near(time(['b200-sxm', 'trtllm'], 'nvfp4', 64, 16384, 8192), 24.95, 0.2)
    near(time(['b200-sxm', 'trtllm'], 'fp8-block', 64, 7168, 16384), 34.1, 0.25)
  })

  it('attention', () => {
    const decode = { sequences: 64, contextTokens: 4096, heads: 32, keyValueHeads: 8, headDimension: 128 }
    near(
      curves.decodeAttentionSeconds({ ...decode, format: 'bf16' }, at('h100-sxm', 'sglang')).seconds,
      356.4,
      0.15,
    )
    const long = { sequences: 128, contextTokens: 8192, heads: 16, keyValueHeads: 2, headDimension: 128 }
    near(
      curves.decodeAttentionSeconds({ ...long, format: 'fp8-kv' }, at('b200-sxm', 'vllm')).seconds,
      87.8,
      0.15,
    )
    const prompt = { sequences: 1, newTokens: 8192, heads: 32, keyValueHeads: 8, headDimension: 128 }
    near(
      curves.prefillAttentionSeconds({ ...prompt, format: 'bf16' }, at('h200-sxm', 'vllm')).seconds,
      938.3,
      0.2,
    )
    const latent = { sequences: 64, tokens: 4096, heads: 16, format: 'bf16' } as const
    near(curves.mlaDecodeSeconds(latent, at('h200-sxm', 'sglang')).seconds, 92.08, 0.2)
  })

  it('experts of a DeepSeek-V3 layer over 8 ranks', () => {
    const layer = {
      hiddenSize: 7168,
      expertWidth: 2048,
      experts: 256,
      topK: 8,
      expertParallel: 8,
      tensorParallel: 1,
    }
    const time = (tokens: number) =>
      curves.moeSeconds({ ...layer, tokens, format: 'fp8-block' }, at('h200-sxm', 'trtllm')).seconds
    near(time(1), 40.5, 0.1)
    near(time(32), 238.7, 0.15)
    near(time(512), 518.8, 0.15)
    near(time(8192), 2174.6, 0.35)
  })
})

describe('never below physics, and growing', () => {
  const slack = 1 - 1e-9

  it('matrix products', () => {
    const shapes = fc.record({ m: sizes, n: sizes, k: sizes, format: fc.constantFrom(...weightFormats) })
    fc.assert(
      fc.property(shapes, places, fc.constantFrom('m', 'n', 'k'), (shape, place, grown) => {
        const { seconds } = curves.gemmSeconds(shape, place)
        const { accelerator } = place
        expect(seconds).toBeGreaterThanOrEqual(
          (slack * gemmBytes(shape, shape.format)) / accelerator.memoryBytesPerSecond,
        )
        const fastest = Math.max(...Object.values(accelerator.peakFlopPerSecond).map(peak => peak ?? 0))
        expect(seconds).toBeGreaterThanOrEqual((slack * gemmFlop(shape)) / fastest)
        const larger = { ...shape, [grown]: shape[grown] * 2 }
        expect(curves.gemmSeconds(larger, place).seconds).toBeGreaterThan(seconds)
      }),
    )
  })

  it('decode attention grows with sequences, context and heads', () => {
    const shapes = fc.record({
      sequences: fc.integer({ min: 1, max: 512 }),
      contextTokens: fc.integer({ min: 1, max: 131072 }),
      heads: fc.constantFrom(8, 16, 32),
      keyValueHeads: fc.constantFrom(1, 2, 8),
      headDimension: fc.constantFrom(64, 128, 256),
      format: fc.constantFrom<AttentionFormat>('bf16', 'fp8-kv'),
    })
    fc.assert(
      fc.property(
        shapes,
        places,
        fc.constantFrom('sequences', 'contextTokens', 'heads'),
        (shape, place, grown) => {
          const { seconds } = curves.decodeAttentionSeconds(shape, place)
          const bytes = decodeAttentionBytes(shape, shape.format)
          expect(seconds).toBeGreaterThanOrEqual((slack * bytes) / place.accelerator.memoryBytesPerSecond)
          const rate = place.accelerator.peakFlopPerSecond.bf16
          expect(seconds).toBeGreaterThanOrEqual((slack * decodeAttentionFlop(shape)) / rate)
          const larger = { ...shape, [grown]: shape[grown] * 2 }
          expect(curves.decodeAttentionSeconds(larger, place).seconds).toBeGreaterThan(seconds)
        },
      ),
    )
  })

  it('prefill attention grows with tokens and respects the fastest unit', () => {
    const shapes = fc.record({
      sequences: fc.integer({ min: 1, max: 64 }),
      newTokens: fc.integer({ min: 1, max: 32768 }),
      pastTokens: fc.integer({ min: 0, max: 32768 }),
      heads: fc.constantFrom(4, 16, 64),
      keyValueHeads: fc.constantFrom(1, 2, 8),
      headDimension: fc.constantFrom(64, 128, 256),
      format: fc.constantFrom<AttentionFormat>('bf16', 'fp8-kv', 'fp8'),
    })
    fc.assert(
      fc.property(shapes, places, (shape, place) => {
        const { seconds } = curves.prefillAttentionSeconds(shape, place)
        const { bf16, fp8 } = place.accelerator.peakFlopPerSecond
        expect(seconds).toBeGreaterThanOrEqual((slack * prefillAttentionFlop(shape)) / (fp8 ?? bf16))
        const longer = { ...shape, newTokens: shape.newTokens * 2 }
        expect(curves.prefillAttentionSeconds(longer, place).seconds).toBeGreaterThan(seconds)
      }),
    )
  })

  it('experts grow with tokens, never touch more than there are', () => {
    const shapes = fc.record({
      tokens: fc.integer({ min: 1, max: 32768 }),
      hiddenSize: fc.constantFrom(2048, 4096, 7168),
      expertWidth: fc.constantFrom(768, 2048),
      experts: fc.constantFrom(32, 128, 256),
      topK: fc.constantFrom(1, 4, 8),
      expertParallel: fc.constantFrom(1, 4, 8),
      tensorParallel: fc.constantFrom(1, 2),
      format: fc.constantFrom(...weightFormats),
    })
    fc.assert(
      fc.property(shapes, places, (shape, place) => {
        const { seconds } = curves.moeSeconds(shape, place)
        const fastest = Math.max(...weightFormats.map(format => weightPeak(place.accelerator, format)))
        expect(seconds).toBeGreaterThanOrEqual((slack * expertsFlop(shape)) / fastest)
        expect(distinctExperts(shape, 1)).toBeLessThanOrEqual(shape.experts / shape.expertParallel)
        expect(curves.moeSeconds({ ...shape, tokens: shape.tokens * 2 }, place).seconds).toBeGreaterThan(
          seconds,
        )
      }),
    )
  })

  it('collectives', () => {
    const shapes = fc.record({
      bytes: fc.integer({ min: 256, max: 1 << 30 }),
      ranks: fc.constantFrom(2, 4, 8, 16, 72),
    })
    const kinds = fc.constantFrom('all-reduce', 'all-gather', 'reduce-scatter', 'all-to-all')
    fc.assert(
      fc.property(shapes, kinds, places, (shape, kind, place) => {
        const { seconds } = curves.collectiveSeconds(kind, shape, place)
        const bound = collectiveTraffic(kind, shape) / place.accelerator.linkBytesPerSecond
        expect(seconds).toBeGreaterThanOrEqual(slack * bound)
        const larger = { ...shape, bytes: shape.bytes * 2 }
        expect(curves.collectiveSeconds(kind, larger, place).seconds).toBeGreaterThan(seconds)
      }),
    )
    expect(curves.allReduceSeconds({ bytes: 1e6, ranks: 1 }, at('h100-sxm', 'vllm')).seconds).toBe(0)
  })
})

describe('the remaining operators', () => {
  const place = at('b200-sxm', 'sglang')

  it('a module takes longer than its kernel', () => {
    const shape = { sequences: 32, tokens: 4096, heads: 16, format: 'bf16' } as const
    const kernel = curves.mlaDecodeSeconds(shape, at('b200-sxm', 'trtllm')).seconds
    expect(curves.mlaDecodeSeconds(shape, at('b200-sxm', 'trtllm'), 'module').seconds).toBeGreaterThan(kernel)
    const prefill = { ...shape, sequences: 1 }
    const alone = curves.mlaPrefillSeconds(prefill, at('b200-sxm', 'trtllm')).seconds
    expect(curves.mlaPrefillSeconds(prefill, at('b200-sxm', 'trtllm'), 'module').seconds).toBeGreaterThan(
      alone,
    )
  })

  it('sparse decode hardly depends on the context, linear decode not at all', () => {
    const sparse = (tokens: number) =>
      curves.sparseDecodeSeconds({ sequences: 8, tokens, heads: 16, format: 'fp8-kv' }, place).seconds
    expect(sparse(32768) / sparse(4096)).toBeLessThan(4)
    const linear = { sequences: 64, tokens: 1, keyHeads: 16, valueHeads: 32 }
    expect(curves.linearDecodeSeconds(linear, place).seconds).toBeGreaterThan(1e-6)
    expect(curves.linearPrefillSeconds({ ...linear, tokens: 1024 }, place).seconds).toBeGreaterThan(
      curves.linearDecodeSeconds(linear, place).seconds,
    )
    const prompt = { sequences: 1, tokens: 4096, heads: 16, format: 'bf16' } as const
    expect(curves.sparsePrefillSeconds(prompt, place).seconds).toBeGreaterThan(1e-4)
  })

  it('dispatch grows with tokens', () => {
    const shape = { hiddenSize: 7168, topK: 8, ranks: 8, format: 'fp8' } as const
    const time = (tokensPerRank: number) =>
      curves.expertExchangeSeconds('dispatch', { ...shape, tokensPerRank }, place).seconds
    expect(time(4096)).toBeGreaterThan(2 * time(1024))
    expect(curves.quantizeSeconds({ tokens: 1024, width: 7168 }, place).seconds).toBeLessThan(1e-3)
  })

  it('watts stay between a fifth of the limit and the limit, and grow with activity', () => {
    const idle = { memoryShare: 0, computeShare: 0, peak: 'bf16', seconds: 2e-5 } as const
    const busy = { memoryShare: 0.5, computeShare: 0.75, peak: 'bf16', seconds: 2e-3 } as const
    for (const operator of [
      'gemm',
      'decode-attention',
      'prefill-attention',
      'experts',
      'all-reduce',
    ] as const) {
      const low = curves.operatorWatts(operator, idle, at('h200-sxm', 'trtllm'))
      const high = curves.operatorWatts(operator, busy, at('h200-sxm', 'trtllm'))
      expect(low.watts).toBeGreaterThan(0.1 * 700)
      expect(high.watts).toBeGreaterThan(low.watts)
      expect(high.watts).toBeLessThanOrEqual(1.02 * 700)
      expect(high.basis).toBe('transferred')
    }
    const gemm = curves.operatorWatts('gemm', busy, at('h200-sxm', 'vllm'))
    expect(gemm.watts).toBeGreaterThan(600)
    expect(gemm.basis).toBe('fitted')
  })
})
