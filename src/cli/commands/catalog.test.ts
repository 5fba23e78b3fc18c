import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { catalogCommand } from './catalog.ts'

const folder = mkdtempSync(join(tmpdir(), 'catalog-'))

async function run(...words: string[]): Promise<string> {
  const written: string[] = []
  const program = new Command('tokenwright').exitOverride()
  program.addCommand(catalogCommand(text => written.push(text)))
  await program.parseAsync(['node', 'tokenwright', 'catalog', ...words])
  return written.join('')
}

const llama = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 4096,
  intermediate_size: 14336,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  vocab_size: 128256,
  max_position_embeddings: 131072,
  tie_word_embeddings: false,
  torch_dtype: 'bfloat16',
}

describe('tokenwright catalog', () => {
  it('counts what there is', async () => {
    expect(await run()).toMatch(/accelerators +4\d/)
    expect(JSON.parse(await run('--json')).sections).toHaveLength(8)
  })

  it.each(['models', 'accelerators', 'systems', 'prices', 'electricity', 'pue'])(
    '%s prints JSON',
    async section => {
      expect(JSON.parse(await run(section, '--json'))).toBeInstanceOf(Array)
    },
  )

  it('filters tables and says when nothing is left', async () => {
    expect(await run('accelerators', 'h200')).toMatch(/h200-sxm +hopper/)
    expect(await run('accelerators', 'h200')).not.toContain('mi300x')
    expect(await run('prices', 'h2000')).toContain('no prices contain "h2000"')
  })

  it('shows an entry with its source', async () => {
    expect(await run('show', 'h200')).toContain('source: SemiAnalysisAI/InferenceX-app')
    expect(JSON.parse(await run('show', 'us-east-1', '--json')).id).toBe('us-va')
    expect(await run('show', 'norway')).toContain('low confidence')
    await expect(run('show', 'h999')).rejects.toMatchObject({ code: 'unknown-entry' })
  })

  it('reads a config.json or its folder', async () => {
    const path = join(folder, 'config.json')
    writeFileSync(path, JSON.stringify(llama))
    const shown = JSON.parse(await run('show', path, '--json'))
    expect(shown.parameters).toMatchObject({ total: 8_030_261_248, active: expect.any(Number) })
    expect(shown.kvBytesPerToken).toEqual({ 1024: 131_072, 32768: 131_072, 131072: 131_072 })
    expect(shown.perSequenceStateBytes).toBe(0)
    expect(JSON.parse(await run('show', folder, '--json'))).toEqual(shown)
    await expect(run('show', join(folder, 'none.json'))).rejects.toMatchObject({ code: 'file' })
  })

  it('reads hf_quant_config.json beside it', async () => {
    const quantised = join(folder, 'quantised')
    mkdirSync(quantised)
    writeFileSync(join(quantised, 'config.json'), JSON.stringify(llama))
    writeFileSync(
      join(quantised, 'hf_quant_config.json'),
      JSON.stringify({ quantization: { quant_algo: 'FP8', kv_cache_quant_algo: 'FP8' } }),
    )
    const shown = JSON.parse(await run('show', quantised, '--json'))
    expect(shown.kvFormat).toBe('fp8')
  })

  it('takes a facts file on every subcommand', async () => {
    const path = join(folder, 'facts.yaml')
    writeFileSync(path, 'source: test\nasOf: 2026\npue: [{id: our-hall, scope: our hall, pue: 1.2}]\n')
    expect(await run('pue', 'hall', '--facts', path)).toContain('our-hall')
    expect(await run('--facts', path, 'show', 'our-hall')).toContain('pue: 1.2')
  })

  it('shows examples in its help', () => {
    let text = ''
    const command = catalogCommand().configureOutput({
      writeOut: part => {
        text += part
      },
    })
    command.outputHelp()
    expect(text).toContain('tokenwright catalog show ./config.json --json')
  })
})
