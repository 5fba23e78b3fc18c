import { describe, expect, it } from 'vitest'
import { loadCatalog } from '../../catalog/index.ts'
import { catalogLookups } from '../catalog-lookups-file.ts'
import { catalogModelNames } from './catalog-names.ts'
import { acceleratorIdOf, modelIdOf } from './names.ts'

const catalog = loadCatalog()
const lookups = catalogLookups(catalog)
const layers = (id: string) => lookups.architecture(id)?.layers ?? null

describe('names of the catalog', () => {
  it('lists every shipped model', () => {
    expect(catalogModelNames).toEqual(
      Object.fromEntries(catalog.models.map(({ id, aliases }) => [id, aliases])),
    )
  })

  it.each(catalog.models.flatMap(({ id, aliases }) => [id, ...aliases].map(name => [name, id] as const)))(
    '%s resolves to the architecture of %s',
    (name, id) => {
      expect(layers(modelIdOf(name))).toBe(layers(id))
      expect(Object.keys(catalogModelNames)).toContain(modelIdOf(name))
    },
  )

  it.each([
    ['nvidia/GLM-5-NVFP4', 'zai-org/GLM-5'],
    ['amd/Kimi-K2.5-W4A16', 'moonshotai/Kimi-K2.5'],
    ['RedHatAI/Qwen3-8B-FP8-dynamic', 'Qwen/Qwen3-8B'],
    ['Qwen/Qwen3-14B-AWQ', 'Qwen/Qwen3-14B'],
    ['zai-org/GLM-5.2-FP8', 'zai-org/GLM-5.2'],
    ['moonshotai/Kimi-K2-Thinking-0711', 'moonshotai/Kimi-K2-Thinking'],
    ['moonshotai/Kimi-K2-Instruct-0905', 'moonshotai/Kimi-K2-Instruct'],
    ['amd/DeepSeek-R1-0528-MXFP4-Preview', 'deepseek-ai/DeepSeek-R1'],
    ['amd/Llama-3.1-405B-Instruct-MXFP4', 'meta-llama/Llama-3.1-405B'],
    ['RedHatAI/gemma-3-27b-it-quantized.w4a16', 'google/gemma-3-27b-it'],
    ['openai/gpt-oss-20b-BF16', 'openai/gpt-oss-20b'],
    ['meta-llama/Llama-9-70B', 'meta-llama/Llama-9-70B'],
  ])('%s is %s', (name, id) => {
    expect(modelIdOf(name)).toBe(id)
  })

  it.each(
    catalog.accelerators.flatMap(({ id, aliases }) => [id, ...aliases].map(name => [name, id] as const)),
  )('%s is %s', (name, id) => {
    expect(lookups.accelerator(acceleratorIdOf(name))?.id).toBe(id)
  })
})
