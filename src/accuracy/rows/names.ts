/** The measured files' names of models, accelerators and engines → catalog ids. Unknown names pass through as they are. */
import type { Engine } from '../../perf/deployment.ts'
import { catalogModelNames } from './catalog-names.ts'

/** Keys are names without organisation, case, punctuation and precision or tuning suffixes (see plainModelName). */
const modelIds: Readonly<Record<string, string>> = {
  dsr1: 'deepseek-ai/DeepSeek-R1',
  deepseekr1: 'deepseek-ai/DeepSeek-R1',
  deepseekv3: 'deepseek-ai/DeepSeek-R1',
  // Same architecture as R1; only the weights differ.
  'deepseekv3.1': 'deepseek-ai/DeepSeek-R1',
  'deepseekv3.2': 'deepseek-ai/DeepSeek-V3.2',
  'dsv3.2': 'deepseek-ai/DeepSeek-V3.2',
  dsv4: 'deepseek-ai/DeepSeek-V4-Pro',
  deepseekv4: 'deepseek-ai/DeepSeek-V4-Pro',
  deepseekv4pro: 'deepseek-ai/DeepSeek-V4-Pro',
  dsv4flash: 'deepseek-ai/DeepSeek-V4-Flash',
  deepseekv4flash: 'deepseek-ai/DeepSeek-V4-Flash',
  gptoss120b: 'openai/gpt-oss-120b',
  gptoss20b: 'openai/gpt-oss-20b',
  'minimaxm2.5': 'MiniMaxAI/MiniMax-M2.5',
  'minimaxm2.7': 'MiniMaxAI/MiniMax-M2.7',
  minimaxm3: 'MiniMaxAI/MiniMax-M3',
  'qwen3.5': 'Qwen/Qwen3.5-397B-A17B',
  'qwen3.5397ba17b': 'Qwen/Qwen3.5-397B-A17B',
  qwen3235ba22b: 'Qwen/Qwen3-235B-A22B',
  qwen330ba3b: 'Qwen/Qwen3-30B-A3B',
  qwen332b: 'Qwen/Qwen3-32B',
  qwen314b: 'Qwen/Qwen3-14B',
  qwen38b: 'Qwen/Qwen3-8B',
  qwen3next80ba3b: 'Qwen/Qwen3-Next-80B-A3B-Thinking',
  'qwen2.57b': 'Qwen/Qwen2.5-7B',
  'qwen2.532b': 'Qwen/Qwen2.5-32B',
  'qwen2.572b': 'Qwen/Qwen2.5-72B',
  codellama34b: 'codellama/CodeLlama-34b-Instruct-hf',
  minimaxm2: 'MiniMaxAI/MiniMax-M2.5',
  'kimik2.5': 'moonshotai/Kimi-K2.5',
  kimik2: 'moonshotai/Kimi-K2-Instruct',
  kimik2thinking: 'moonshotai/Kimi-K2-Thinking',
  kimik3: 'moonshotai/Kimi-K3',
  glm5: 'zai-org/GLM-5',
  'glm5.1': 'zai-org/GLM-5.1',
  'glm5.2': 'zai-org/GLM-5.2',
  'glm5.3': 'zai-org/GLM-5.3',
  // Same architecture as GLM-4.7.
  'glm4.5': 'zai-org/GLM-4.7',
  'glm4.6': 'zai-org/GLM-4.7',
  'glm4.7': 'zai-org/GLM-4.7',
  llama70b: 'meta-llama/Llama-3.1-70B',
  'llama3.170b': 'meta-llama/Llama-3.1-70B',
  'llama3.370b': 'meta-llama/Llama-3.1-70B',
  'llamav3.370b': 'meta-llama/Llama-3.1-70B',
  'llama3.18b': 'meta-llama/Llama-3.1-8B',
  'llama3.1405b': 'meta-llama/Llama-3.1-405B',
  llama4scout: 'meta-llama/Llama-4-Scout-17B-16E-Instruct',
  llama4scout17b16e: 'meta-llama/Llama-4-Scout-17B-16E-Instruct',
  llama4maverick: 'meta-llama/Llama-4-Maverick-17B-128E-Instruct',
  llamav4maverick: 'meta-llama/Llama-4-Maverick-17B-128E-Instruct',
  llama270b: 'meta-llama/Llama-2-70b-hf',
  llama27b: 'meta-llama/Llama-2-7b-hf',
  mixtral8x7b: 'mistralai/Mixtral-8x7B-v0.1',
  mixtral8x22b: 'mistralai/Mixtral-8x22B-v0.1',
  mistral7b: 'mistralai/Mistral-7B-v0.1',
}

/** In TensorRT-LLM's v0.9 tables the bare names mean Llama 2. */
const bareLlamaNames: Readonly<Record<string, string>> = {
  'Llama 7B': 'meta-llama/Llama-2-7b-hf',
  'Llama 70B': 'meta-llama/Llama-2-70b-hf',
}

const precisionSuffixes =
  'nvfp4|mxfp4|fp8|fp4|int4|int8|bf16|fp16|w4a16|w8a8|w8a16|w4a4|awq|gptq|autoround|dynamic|block|kv|quantized(\\.w\\d+a\\d+)?'
const tuningSuffixes =
  'instruct|chat|base|it|hf|preview|exp|terminus|speciale|thinking|dspark|\\d{4}|v\\d|v0\\.\\d'

/** Repository names without what does not change the architecture: organisation, precision, release date, tuning. */
function plainModelName(name: string): string {
  return stripped(
    name,
    new RegExp(`[-_ ](${precisionSuffixes}|instruct|preview|hf|\\d{4}|v0\\.\\d)(?=[-_ ]|$)`, 'g'),
  )
}

/** As plainModelName, without variants that share an architecture: asked only when the plain name is unknown. */
function bareModelName(name: string): string {
  return stripped(name, new RegExp(`[-_ ](${precisionSuffixes}|${tuningSuffixes})(?=[-_ ]|$)`, 'g'))
}

function stripped(name: string, suffixes: RegExp): string {
  return name
    .replace(/^.*\//, '')
    .toLowerCase()
    .replace(/[()]/g, ' ')
    .trim()
    .replace(/ +/g, ' ')
    .replace(suffixes, '')
    .replace(/^(meta|nvidia)[-_ ](?=llama|nemotron)/, '')
    .replace(/[-_ ]/g, '')
}

/** Catalog ids by plain and bare names; ids come before aliases. What the files mean by a name (above) comes first. */
const catalogIds: ReadonlyMap<string, string> = new Map(
  [plainModelName, bareModelName].reverse().flatMap(form => {
    const entries = Object.entries(catalogModelNames)
    return [
      ...entries.flatMap(([id, aliases]) => aliases.map(alias => [form(alias), id] as const)),
      ...entries.map(([id]) => [form(id), id] as const),
    ]
  }),
)

/** Catalog id of a model; the name itself when unknown. */
export function modelIdOf(name: string): string {
  const plain = plainModelName(name)
  const bare = bareModelName(name)
  return (
    bareLlamaNames[name] ??
    modelIds[plain] ??
    catalogIds.get(plain) ??
    modelIds[bare] ??
    catalogIds.get(bare) ??
    name
  )
}

/** First match wins, so the longer names come first. */
const acceleratorPatterns: readonly (readonly [RegExp, string])[] = [
  [/gb300/, 'gb300-nvl72'],
  [/gb200/, 'gb200-nvl72'],
  [/gh200/, 'gh200'],
  [/rtxpro6000|rtx6000pro/, 'rtx-pro-6000'],
  [/h200nvl/, 'h200-nvl'],
  [/h100nvl/, 'h100-nvl'],
  [/h100pcie/, 'h100-pcie'],
  [/h20(?!0)/, 'h20-sxm'],
  [/h200/, 'h200-sxm'],
  [/h100/, 'h100-sxm'],
  [/h800/, 'h800-sxm'],
  [/b300/, 'b300-sxm'],
  [/b200/, 'b200-sxm'],
  [/a100.*40/, 'a100-40-sxm'],
  [/a100.*pcie/, 'a100-80-pcie'],
  [/a100/, 'a100-80-sxm'],
  [/mi300x/, 'mi300x'],
  [/mi325x/, 'mi325x'],
  [/mi350x/, 'mi350x'],
  [/mi455x|helios/, 'mi455x-helios'],
  [/^vr200|verarubin|vrnvl/, 'vr-nvl72'],
  [/mi355x/, 'mi355x'],
  [/l40s/, 'l40s'],
  [/l4$/, 'l4'],
  [/a10g/, 'a10g'],
  [/a30$/, 'a30'],
  [/gaudi3/, 'gaudi3'],
  [/(^|r)b60$/, 'arc-pro-b60'],
  [/trn2|trainium2/, 'trainium2'],
  [/trn3|trainium3/, 'trainium3'],
  [/tpu.*v?7|ironwood/, 'tpu-v7'],
  [/v6e|trillium/, 'tpu-v6e'],
  [/v5e/, 'tpu-v5e'],
  [/v5p/, 'tpu-v5p'],
]

/** Catalog id of an accelerator; the name itself when unknown. */
export function acceleratorIdOf(name: string): string {
  const plain = name.toLowerCase().replace(/[^a-z0-9]/g, '')
  return acceleratorPatterns.find(([pattern]) => pattern.test(plain))?.[1] ?? name
}

/** Orchestrators (Dynamo, Mori, llm-d) are named by the engine they run; null for engines not modelled. */
export function engineOf(name: string): Engine | null {
  const plain = name.toLowerCase()
  if (/vllm/.test(plain)) return 'vllm'
  if (/sglang/.test(plain)) return 'sglang'
  if (/trt|tensorrt/.test(plain)) return 'trtllm'
  if (/^atom/.test(plain)) return 'atom'
  return null
}
