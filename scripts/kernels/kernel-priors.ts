import {
  type DecodeAttentionCoefficients,
  decodeAttentionBytes,
  decodeAttentionTime,
  type PrefillAttentionCoefficients,
  prefillAttentionFlop,
  prefillAttentionTime,
} from '../../src/perf/kernels/attention.ts'
import {
  type CollectiveCoefficients,
  collectiveTime,
  collectiveTraffic,
} from '../../src/perf/kernels/collectives.ts'
import {
  distinctExperts,
  type ExpertsCoefficients,
  expertBytes,
  expertsFlop,
  expertsTime,
} from '../../src/perf/kernels/experts.ts'
import { type GemmCoefficients, gemmBytes, gemmFlop, gemmTime } from '../../src/perf/kernels/gemm.ts'
import { formatKin, generationKin } from '../../src/perf/kernels/kinship.ts'
import { peakName, weightPeak } from '../../src/perf/kernels/peaks.ts'
import type {
  AttentionFormat,
  FormatPrior,
  KernelAccelerator,
  KernelEntry,
  KernelOperator,
  KernelPriors,
  PriorValue,
  SharedPrior,
  WeightFormat,
} from '../../src/perf/kernels/types.ts'
import { significant } from './fit-entry.ts'

const engines = ['vllm', 'sglang', 'trtllm'] as const
const formats: readonly WeightFormat[] = ['bf16', 'fp8', 'fp8-block', 'nvfp4', 'mxfp4', 'mxfp4-fp8', 'int4']

/** Standard deviation of ln(value) by how far it was carried. */
const sigmas = { fitted: 0.12, engine: 0.2, format: 0.3, generation: 0.35, anything: 0.5 } as const

interface Found {
  readonly entries: readonly KernelEntry[]
  readonly sigma: number
  readonly fitted: boolean
  readonly source: string
}

/** Same engine and format → other engines → related formats → nearest generation → everything. */
function relatives(
  all: readonly KernelEntry[],
  operator: KernelOperator,
  generation: string,
  engine: string,
  wanted: readonly string[],
): Found {
  const pool = all.filter(entry => entry.operator === operator)
  const chain = generationKin[generation] ?? []
  for (const [generationStep, name] of chain.entries()) {
    for (const [formatStep, format] of wanted.entries()) {
      const here = pool.filter(entry => entry.generation === name && entry.format === format)
      const own = here.filter(entry => entry.engine === engine)
      const base = generationStep > 0 ? sigmas.generation : formatStep > 0 ? sigmas.format : 0
      if (own.length > 0)
        return {
          entries: own,
          sigma: Math.max(base, sigmas.fitted),
          fitted: base === 0,
          source: [operator, name, engine, format].join('/'),
        }
      const others = here.filter(entry => (engines as readonly string[]).includes(entry.engine))
      const usable = others.length > 0 ? others : here
      if (usable.length > 0)
        return {
          entries: usable,
          sigma: Math.max(base, sigmas.engine),
          fitted: false,
          source: [operator, name, '*', format].join('/'),
        }
    }
  }
  for (const format of wanted) {
    const any = pool.filter(entry => entry.format === format && entry.generation !== 'ada')
    if (any.length > 0)
      return {
        entries: any,
        sigma: sigmas.anything,
        fitted: false,
        source: [operator, '*', '*', format].join('/'),
      }
  }
  throw new Error(`no ${operator} entry at all`)
}

/** Geometric mean over the entries; scatter between them widens sigma. */
function combine(found: Found, measure: (entry: KernelEntry) => number): PriorValue {
  const logs = found.entries.map(entry => Math.log(measure(entry)))
  const mean = logs.reduce((sum, value) => sum + value, 0) / logs.length
  const variance = logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / logs.length
  return {
    value: significant(Math.exp(mean), 3),
    sigma: significant(Math.sqrt(found.sigma ** 2 + variance), 2),
    basis: found.fitted ? 'fitted' : 'transferred',
    rows: found.entries.reduce((sum, entry) => sum + entry.rows, 0),
    source: found.source,
  }
}

const cube = { m: 8192, n: 8192, k: 8192 }
const layer = {
  tokens: 8192,
  hiddenSize: 4096,
  expertWidth: 1536,
  experts: 128,
  topK: 8,
  expertParallel: 1,
  tensorParallel: 1,
}
/** Weights dominate: 16 tokens through a 16384 × 16384 matrix, 64 tokens through the expert layer. */
const thin = { m: 16, n: 16384, k: 16384 }
const few = { ...layer, tokens: 64 }
const prompt = { sequences: 1, newTokens: 8192, heads: 32, keyValueHeads: 8, headDimension: 128 }
/** 1 GiB of bf16 cache: 64 sequences of 16,384 tokens, 2 key-value heads per rank. */
const cache = { sequences: 64, contextTokens: 16384, heads: 16, keyValueHeads: 2, headDimension: 128 }
const small = { bytes: 16 * 1024, ranks: 8 }
const large = { bytes: 64 * 1024 * 1024, ranks: 8 }

type Devices = Readonly<Record<string, KernelAccelerator>>
type Find = (operator: KernelOperator, wanted: readonly string[]) => Found

function as<T>(entry: KernelEntry): T {
  return entry.coefficients as unknown as T
}

function formatPrior(
  format: WeightFormat,
  example: KernelAccelerator,
  devices: Devices,
  find: Find,
): FormatPrior {
  const dense = find('gemm', formatKin[format])
  const experts = find('experts', formatKin[format])
  const device = (entry: KernelEntry) => devices[entry.acceleratorId]!
  const used = (entry: KernelEntry) => entry.format as WeightFormat
  return {
    peak: peakName(example, format),
    mbuWeights: combine(dense, entry => {
      const coefficients = as<GemmCoefficients>(entry)
      const time = gemmTime(thin, used(entry), device(entry), coefficients) - coefficients.floorSeconds
      return gemmBytes(thin, used(entry)) / time / device(entry).memoryBytesPerSecond
    }),
    mbuExperts: combine(experts, entry => {
      const coefficients = as<ExpertsCoefficients>(entry)
      const time = expertsTime(few, used(entry), device(entry), coefficients) - coefficients.floorSeconds
      const bytes = distinctExperts(few, coefficients.gammaPowerLaw101) * expertBytes(few, used(entry))
      return bytes / time / device(entry).memoryBytesPerSecond
    }),
    mfuDense: combine(dense, entry => {
      const time = gemmTime(cube, used(entry), device(entry), as<GemmCoefficients>(entry))
      return gemmFlop(cube) / time / weightPeak(device(entry), format)
    }),
    mfuMoe: combine(experts, entry => {
      const time = expertsTime(layer, used(entry), device(entry), as<ExpertsCoefficients>(entry))
      return expertsFlop(layer) / time / weightPeak(device(entry), format)
    }),
  }
}

function sharedPrior(devices: Devices, find: Find): SharedPrior {
  const device = (entry: KernelEntry) => devices[entry.acceleratorId]!
  const collective = find('all-reduce', ['bf16'])
  const reduce = (entry: KernelEntry, shape: typeof small) =>
    collectiveTime('all-reduce', shape, device(entry), as<CollectiveCoefficients>(entry))
  const cacheShare = (entry: KernelEntry) => {
    const format = entry.format as AttentionFormat
    const coefficients = as<DecodeAttentionCoefficients>(entry)
    const time = decodeAttentionTime(cache, format, device(entry), coefficients) - coefficients.floorSeconds
    return decodeAttentionBytes(cache, format) / time / device(entry).memoryBytesPerSecond
  }
  return {
    mbuKv: combine(find('decode-attention', ['bf16']), cacheShare),
    mbuKvFp8: combine(find('decode-attention', ['fp8-kv', 'bf16']), cacheShare),
    mfuAttention: combine(find('prefill-attention', ['bf16']), entry => {
      const format = entry.format as AttentionFormat
      const time = prefillAttentionTime(
        prompt,
        format,
        device(entry),
        as<PrefillAttentionCoefficients>(entry),
      )
      return prefillAttentionFlop(prompt) / time / device(entry).peakFlopPerSecond.bf16
    }),
    allReduceLatencySeconds: combine(collective, entry => reduce(entry, small)),
    busEfficiency: combine(
      collective,
      entry =>
        collectiveTraffic('all-reduce', large) / reduce(entry, large) / device(entry).linkBytesPerSecond,
    ),
  }
}

/** Headline numbers per generation and engine, read off the fitted curves at fixed reference shapes. */
export function kernelPriors(entries: readonly KernelEntry[], devices: Devices): KernelPriors[] {
  const priors: KernelPriors[] = []
  for (const [generation, chain] of Object.entries(generationKin)) {
    const example =
      Object.values(devices).find(device => device.generation === generation) ?? devices['b200-sxm']!
    for (const engine of chain.length > 0 ? engines : ['*']) {
      const find: Find = (operator, wanted) => relatives(entries, operator, generation, engine, wanted)
      priors.push({
        generation,
        engine,
        ...sharedPrior(devices, find),
        formats: Object.fromEntries(
          formats.map(format => [format, formatPrior(format, example, devices, find)]),
        ) as Record<WeightFormat, FormatPrior>,
      })
    }
  }
  return priors
}
