/** Which reader understands which model_type; a class name leads here when model_type is absent or unknown. */
import type { ConfigFields } from '../config-fields.ts'
import type { FamilyReader } from '../text-model.ts'
import { readBloom, readChatGlm, readFalcon, readGpt2, readGptNeoX, readOpt } from './classic.ts'
import { readDecoder } from './decoder.ts'
import { decoderTraits } from './decoder-traits.ts'
import { readDeepSeek } from './deepseek.ts'
import { readDeepSeekV4 } from './deepseek-v4.ts'
import { readGemma4 } from './gemma4.ts'
import { readKimiLinear } from './kimi-linear.ts'
import { readLlama4 } from './llama4.ts'
import { readJamba, readLfm2, readMamba2Hybrid } from './mamba-hybrid.ts'
import { readMiMoV2 } from './mimo-v2.ts'
import { readMiniMaxLightning, readMiniMaxM3 } from './minimax.ts'
import { readNemotronH } from './nemotron-h.ts'
import { readNemotronNas } from './nemotron-nas.ts'
import { readQwenHybrid } from './qwen-hybrid.ts'
import { readStep3 } from './step3.ts'

const specialReaders: Readonly<Record<string, FamilyReader>> = {
  llama4: readLlama4,
  llama4_text: readLlama4,
  deepseek_v2: readDeepSeek,
  deepseek_v3: readDeepSeek,
  deepseek_v32: readDeepSeek,
  kimi_k2: readDeepSeek,
  glm_moe_dsa: readDeepSeek,
  glm4_moe_lite: readDeepSeek,
  mistral_large_3: readDeepSeek,
  deepseek_v4: readDeepSeekV4,
  qwen3_next: readQwenHybrid,
  qwen3_5: readQwenHybrid,
  qwen3_5_text: readQwenHybrid,
  qwen3_5_moe: readQwenHybrid,
  qwen3_5_moe_text: readQwenHybrid,
  kimi_linear: readKimiLinear,
  kimi_k3: readKimiLinear,
  minimax_m3: readMiniMaxM3,
  minimax_m3_text: readMiniMaxM3,
  minimax_m3_sparse: readMiniMaxM3,
  minimax: readMiniMaxLightning,
  minimax_text_01: readMiniMaxLightning,
  minimax_m1: readMiniMaxLightning,
  gemma4: readGemma4,
  gemma4_text: readGemma4,
  'nemotron-nas': readNemotronNas,
  deci: readNemotronNas,
  nemotron_h: readNemotronH,
  bamba: readMamba2Hybrid,
  granitemoehybrid: readMamba2Hybrid,
  jamba: readJamba,
  lfm2: readLfm2,
  lfm2_moe: readLfm2,
  mimo_v2_flash: readMiMoV2,
  mimo_v2: readMiMoV2,
  step3_text: readStep3,
  gpt2: readGpt2,
  gpt_bigcode: readGpt2,
  gpt_neox: readGptNeoX,
  falcon: readFalcon,
  bloom: readBloom,
  opt: readOpt,
  chatglm: readChatGlm,
}

/** Class names that differ from their model_type by more than case, underscores and the "For…" ending. */
const classAliases: Readonly<Record<string, string>> = {
  decilm: 'nemotron-nas',
  kimik25: 'kimi_k2',
  kimik2: 'kimi_k2',
  mistrallarge3: 'mistral_large_3',
  pixtral: 'mistral',
  mistral3: 'mistral',
}

const byPlainName = new Map(
  [...Object.keys(specialReaders), ...Object.keys(decoderTraits)].map(type => [plainName(type), type]),
)

function plainName(name: string): string {
  return name
    .replace(/For[A-Z].*$/, '')
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
}

function knownType(name: string): string | null {
  return byPlainName.get(plainName(name)) ?? classAliases[plainName(name)] ?? null
}

/** First name that leads to a reader: the section's own type and class, then the wrapper's. */
export function findReader(
  text: ConfigFields,
  root: ConfigFields,
): { reader: FamilyReader; modelType: string; unknownClass: boolean; className: string } {
  const className = classNameOf(root) ?? classNameOf(text) ?? modelTypeOf(text) ?? modelTypeOf(root)
  if (className === null) root.fail('architectures', 'is missing, and so is model_type')
  const names = [modelTypeOf(text), classNameOf(text), modelTypeOf(root), classNameOf(root)]
  for (const name of names) {
    const modelType = name === null ? null : knownType(name)
    if (modelType !== null) {
      const reader = specialReaders[modelType] ?? readDecoder
      return { reader, modelType, unknownClass: false, className }
    }
  }
  const modelType = modelTypeOf(text) ?? modelTypeOf(root) ?? className
  return { reader: readDecoder, modelType, unknownClass: true, className }
}

function modelTypeOf(fields: ConfigFields): string | null {
  return fields.optionalString('model_type')
}

function classNameOf(fields: ConfigFields): string | null {
  const classes = fields.optionalList('architectures')
  if (classes === null || classes.length === 0) return null
  const first = classes[0]
  if (typeof first !== 'string') fields.fail('architectures', 'must list class names')
  return first
}
