import { describe, expect, it } from 'vitest'
import { hasHiddenSpeculation, type SpeculationClues } from './hidden-speculation.ts'

const deepSeek: SpeculationClues = {
  modelId: 'deepseek-ai/DeepSeek-R1',
  engine: 'trtllm',
  version: '1.2.0rc6.post3',
  date: '2026-02-05',
  inDatabaseDump: false,
}
const qwen: SpeculationClues = {
  modelId: 'Qwen/Qwen3.5-397B-A17B',
  engine: 'sglang',
  version: '0.5.9',
  date: '2026-03-20',
  inDatabaseDump: false,
}

describe('hasHiddenSpeculation', () => {
  it.each<[string, SpeculationClues, boolean]>([
    ['a TensorRT-LLM release that had it on', deepSeek, true],
    ['the same in the db dump', { ...deepSeek, inDatabaseDump: true }, false],
    [
      'an older release before it was switched on',
      { ...deepSeek, version: '1.1.0rc2.post2', date: '2025-12-15' },
      false,
    ],
    ['an older release after', { ...deepSeek, version: '1.1.0rc2.post2', date: '2026-01-14' }, true],
    ['the older release undated', { ...deepSeek, version: '1.1.0rc2.post2', date: null }, false],
    [
      'DeepSeek on SGLang in spring',
      { ...deepSeek, engine: 'sglang', version: '0.5.9', date: '2026-03-25' },
      true,
    ],
    [
      'DeepSeek on SGLang before',
      { ...deepSeek, engine: 'sglang', version: '0.5.6', date: '2025-12-31' },
      false,
    ],
    ['Qwen3.5 from 20 March', qwen, true],
    ['Qwen3.5 before', { ...qwen, date: '2026-03-04' }, false],
    ['an undated copy of that release', { ...qwen, date: null }, true],
    ['an undated copy of an older build', { ...qwen, version: 'nightly-dev', date: null }, false],
    ['another model', { ...deepSeek, modelId: 'openai/gpt-oss-120b' }, false],
  ])('%s', (_title, clues, expected) => {
    expect(hasHiddenSpeculation(clues)).toBe(expected)
  })
})
