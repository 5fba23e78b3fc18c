/**
 * Bucket bounds of each engine's histograms, as its sources have them.
 *
 * vLLM: vllm/v1/metrics/buckets.py at 139b1c3f (the same numbers as in loggers.py of v0.10, 005a810b).
 * SGLang: python/sglang/srt/observability/metrics_collector.py at 016d8605.
 * TensorRT-LLM: tensorrt_llm/metrics/collector.py at 050f80de.
 */
import type { SchedulerRules } from '../../engine/settings.ts'

export type HistogramName =
  | 'iterationTokens'
  | 'promptTokens'
  | 'generationTokens'
  | 'computedPromptTokens'
  | 'maximumTokens'
  | 'choices'
  | 'timeToFirstTokenSeconds'
  | 'interTokenSeconds'
  | 'timePerOutputTokenSeconds'
  | 'endToEndSeconds'
  | 'queueSeconds'
  | 'prefillSeconds'
  | 'decodeSeconds'
  | 'inferenceSeconds'

export type BucketBounds = Readonly<Record<HistogramName, readonly number[]>>

const vllmRequestSeconds = [
  0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680,
]
const vllmFirstTokenSeconds = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640,
  2560,
]
const vllmTokenSeconds = [
  0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80,
]

/** 1, 2, 5, 10, 20, 50 … up to the limit (build_1_2_5_buckets of vLLM's buckets.py). */
export function oneTwoFive(maximum: number): number[] {
  const bounds: number[] = []
  for (let power = 1; ; power *= 10) {
    for (const mantissa of [1, 2, 5]) {
      if (mantissa * power > maximum) return bounds
      bounds.push(mantissa * power)
    }
  }
}

function vllmBounds(maximumContextTokens: number): BucketBounds {
  const tokens = oneTwoFive(maximumContextTokens)
  return {
    iterationTokens: [1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384],
    promptTokens: tokens,
    generationTokens: tokens,
    computedPromptTokens: tokens,
    maximumTokens: tokens,
    choices: [1, 2, 5, 10, 20],
    timeToFirstTokenSeconds: vllmFirstTokenSeconds,
    interTokenSeconds: vllmTokenSeconds,
    timePerOutputTokenSeconds: vllmTokenSeconds,
    endToEndSeconds: vllmRequestSeconds,
    queueSeconds: vllmRequestSeconds,
    prefillSeconds: vllmRequestSeconds,
    decodeSeconds: vllmRequestSeconds,
    inferenceSeconds: vllmRequestSeconds,
  }
}

const sglangTokens = [
  100, 300, 500, 700, 1000, 1500, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 10_000, 12_500, 15_000,
  17_500, 20_000, 22_500, 25_000, 27_500, 30_000, 35_000, 40_000, 60_000, 80_000, 100_000, 200_000, 300_000,
  400_000, 600_000, 800_000, 1_000_000, 1_100_000,
]
const sglangFirstTokenSeconds = [0.1, 0.2, 0.4, 0.6, 0.8, 1, 2, 4, 6, 8, 10, 20, 40, 60, 80, 100, 200, 400]

function sglangBounds(maximumContextTokens: number): BucketBounds {
  return {
    ...vllmBounds(maximumContextTokens),
    promptTokens: sglangTokens,
    generationTokens: sglangTokens,
    computedPromptTokens: sglangTokens,
    timeToFirstTokenSeconds: sglangFirstTokenSeconds,
    endToEndSeconds: [...sglangFirstTokenSeconds, 600, 1200, 1800, 2400],
    interTokenSeconds: [
      0.002, 0.004, 0.006, 0.008, 0.01, 0.015, 0.02, 0.025, 0.03, 0.035, 0.04, 0.06, 0.08, 0.1, 0.2, 0.4, 0.6,
      0.8, 1, 2, 4, 6, 8,
    ],
    queueSeconds: [
      0, 0.001, 0.005, 0.01, 0.05, 0.1, 0.2, 0.5, 1, 2, 3, 4, 5, 10, 15, 20, 30, 40, 50, 60, 70, 80, 90, 100,
      200, 300, 400, 500, 600, 700, 800, 900, 1000, 1200, 1400, 1600, 1800, 2000, 2500, 3000,
    ],
  }
}

function trtllmBounds(maximumContextTokens: number): BucketBounds {
  return {
    ...vllmBounds(maximumContextTokens),
    prefillSeconds: [
      0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 640, 2560,
    ],
  }
}

/** Bounds of the engine; what it has no histogram for has vLLM's. */
export function bucketBounds(engine: SchedulerRules['engine'], maximumContextTokens: number): BucketBounds {
  switch (engine) {
    case 'vllm':
      return vllmBounds(maximumContextTokens)
    case 'sglang':
      return sglangBounds(maximumContextTokens)
    case 'trtllm':
      return trtllmBounds(maximumContextTokens)
  }
}
