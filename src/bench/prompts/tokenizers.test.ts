/** The client's own counts: what is there counts, what is missing says how to get it. */
import { describe, expect, test } from 'vitest'
import { countByServer, loadTokenizer, tokenizerNames } from './tokenizers.ts'

describe('tokenizers', () => {
  test('the emulator counts its own tokens', async () => {
    const tokenizer = await loadTokenizer('emulator')
    expect(tokenizer!.count('the quick fox')).toBe(3)
    expect(tokenizer!.count('')).toBe(0)
    expect(tokenizer!.count('😀é\ud83d')).toBeGreaterThan(0)
  })

  test('none and server have no local one', async () => {
    expect(await loadTokenizer('none')).toBe(null)
    expect(await loadTokenizer('server')).toBe(null)
  })

  test('other names are refused with the list', async () => {
    await expect(loadTokenizer('llama')).rejects.toMatchObject({
      code: 'usage',
      fix: expect.stringContaining(tokenizerNames.join(', ')),
    })
  })

  test.each(['o200k', 'cl100k', 'o200k-harmony'])(
    '%s without its package says what to install',
    async name => {
      const missing = () => import(['gpt-tokenizer', 'that', 'is', 'not', 'there'].join('-') as string)
      await expect(loadTokenizer(name, missing)).rejects.toMatchObject({
        code: 'usage',
        message: expect.stringContaining(name),
        fix: expect.stringContaining('npm install gpt-tokenizer'),
      })
      await expect(loadTokenizer(name, async () => ({}))).rejects.toMatchObject({ code: 'usage' })
    },
  )

  test('special tokens in an answer are text, not a fault', async () => {
    const asked: unknown[] = []
    const tokenizer = await loadTokenizer('o200k', async module => ({
      countTokens(text: string, options: unknown) {
        asked.push(module, text, options)
        return 4
      },
    }))
    expect(tokenizer!.count('<|endoftext|>')).toBe(4)
    expect(asked).toEqual([
      'gpt-tokenizer/encoding/o200k_base',
      '<|endoftext|>',
      { disallowedSpecial: new Set() },
    ])
  })
})

describe('asking the server', () => {
  const answering = (json: unknown, status = 200) => {
    const bodies: unknown[] = []
    const post = async (path: string, body: unknown) => {
      bodies.push(path, body)
      return { status, json }
    }
    return { bodies, count: () => countByServer(post, 'm', 'hello') }
  }

  test('vLLM counts, llama.cpp lists', async () => {
    const vllm = answering({ count: 3, tokens: [1, 2, 3], max_model_len: 9 })
    expect(await vllm.count()).toBe(3)
    expect(vllm.bodies).toMatchObject(['/tokenize', { model: 'm', prompt: 'hello', content: 'hello' }])
    expect(await answering({ tokens: [1, 2] }).count()).toBe(2)
  })

  test.each([
    ['not found', { error: { message: 'Not Found' } }, 404],
    ['another answer', { ok: true }, 200],
    ['no answer', null, 200],
  ])('%s', async (_name, json, status) => {
    await expect(answering(json, status).count()).rejects.toMatchObject({ code: 'measurements' })
  })
})
