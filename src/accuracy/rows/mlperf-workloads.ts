/**
 * The language workloads of MLPerf Inference: catalog model, lengths, p99 limits in ms (TTFT, TPOT).
 * Output lengths and limits: mlperf.conf and accuracy logs of v4.1, v5.1, v6.0. Mean input lengths are from memory and
 * unverified (no submission publishes them), and so are the spreads, except DeepSeek-R1's output (p50 2,130, p90 9,600).
 */
export interface MlperfWorkload {
  readonly modelId: string
  /** The model is not in the catalog; modelId is its nearest relative. */
  readonly standsIn?: true
  readonly speculates?: true
  readonly inputTokens: number
  readonly inputVariation: number
  readonly outputTokens: number
  readonly outputVariation: number
  readonly limitsMs: Readonly<
    Partial<Record<'Server' | 'Interactive', readonly [ttft: number, tpot: number]>>
  >
}

/** Not published; the percentiles spread all of the first-token time with it, front end included, so it is kept small. */
const inputVariation = 0.3

const workloads: readonly (readonly [RegExp, MlperfWorkload])[] = [
  [
    /^llama2-70b/,
    {
      modelId: 'meta-llama/Llama-2-70b-hf',
      inputTokens: 294,
      inputVariation,
      outputTokens: 290,
      outputVariation: 0.7,
      limitsMs: { Server: [2000, 200], Interactive: [450, 40] },
    },
  ],
  [
    /^mixtral-8x7b/,
    {
      modelId: 'mistralai/Mixtral-8x7B-v0.1',
      inputTokens: 400,
      inputVariation,
      outputTokens: 146,
      outputVariation: 0.7,
      limitsMs: { Server: [2000, 200] },
    },
  ],
  [
    /^llama3\.1-405b/,
    {
      modelId: 'meta-llama/Llama-3.1-405B',
      inputTokens: 9400,
      inputVariation,
      outputTokens: 653,
      outputVariation: 0.6,
      limitsMs: { Server: [6000, 175], Interactive: [4500, 80] },
    },
  ],
  [
    /^llama3\.1-8b/,
    {
      modelId: 'meta-llama/Llama-3.1-8B',
      inputTokens: 780,
      inputVariation,
      outputTokens: 128,
      outputVariation: 0,
      limitsMs: { Server: [2000, 100], Interactive: [500, 30] },
    },
  ],
  [
    /^deepseek-r1/,
    {
      modelId: 'deepseek-ai/DeepSeek-R1',
      speculates: true,
      inputTokens: 800,
      inputVariation,
      outputTokens: 3800,
      outputVariation: 1,
      limitsMs: { Server: [2000, 80], Interactive: [1500, 15] },
    },
  ],
  [
    /^gpt-oss-120b/,
    {
      modelId: 'openai/gpt-oss-120b',
      inputTokens: 1000,
      inputVariation,
      outputTokens: 1311,
      outputVariation: 0.8,
      limitsMs: { Server: [3000, 80], Interactive: [2000, 15] },
    },
  ],
  [
    // GPT-J 6B: 28 layers of 4,096 with 16 full heads; Llama 2 7B has 32 of the same width and the same cache per layer.
    /^gptj/,
    {
      modelId: 'meta-llama/Llama-2-7b-hf',
      standsIn: true,
      inputTokens: 780,
      inputVariation,
      outputTokens: 69,
      outputVariation: 0.3,
      limitsMs: { Server: [20_000, 20_000] },
    },
  ],
]

export function mlperfWorkloadOf(name: string): MlperfWorkload | 'not text' | null {
  const plain = name.toLowerCase()
  if (/whisper|-vl-|stable-diffusion|bert|resnet/.test(plain)) return 'not text'
  return workloads.find(([pattern]) => pattern.test(plain))?.[1] ?? null
}
