import { describe, expect, it } from 'vitest'
import { startTestEmulator } from '../../emulate/emulator.fixture.ts'
import { detectServer, findMetrics } from './detect-server.ts'
import { createGet, type Get, serverRoot } from './http-get.ts'
import { findLocalServers, usualPorts } from './local-servers.ts'

/** A server that answers these paths and nothing else. */
function answering(paths: Readonly<Record<string, unknown>>): Get {
  return async url => {
    const answer = paths[new URL(url).pathname]
    if (answer === undefined) throw new Error('HTTP 404')
    return typeof answer === 'string' ? answer : JSON.stringify(answer)
  }
}

const models = (owned_by: string | undefined, rest = {}) => ({
  object: 'list',
  data: [{ id: 'm', object: 'model', ...(owned_by === undefined ? {} : { owned_by }), ...rest }],
})
const detected = async (paths: Readonly<Record<string, unknown>>) =>
  detectServer('http://localhost:8000/v1/', answering(paths))

describe('detectServer', () => {
  it('goes by the owner of the models', async () => {
    expect(
      await detected({
        '/v1/models': models('vllm', { max_model_len: 8192 }),
        '/version': { version: '0.13.0' },
      }),
    ).toEqual({
      url: 'http://localhost:8000',
      engine: 'vllm',
      version: '0.13.0',
      models: [{ id: 'm', maximumContextTokens: 8192 }],
      metricsUrl: null,
    })
    expect(
      await detected({ '/v1/models': models('sglang'), '/server_info': { version: '0.6', model_path: 'm' } }),
    ).toMatchObject({ engine: 'sglang', version: '0.6' })
    expect(
      await detected({ '/v1/models': models('llamacpp'), '/props': { build_info: 'b10519' } }),
    ).toMatchObject({ engine: 'llamacpp', version: 'b10519' })
    expect(
      await detected({ '/v1/models': models('library'), '/api/version': { version: '0.30' } }),
    ).toMatchObject({ engine: 'ollama', version: '0.30' })
    expect(await detected({ '/v1/models': models('organization_owner') })).toMatchObject({
      engine: 'lmstudio',
      version: null,
    })
  })

  it('asks further where the owner says nothing', async () => {
    expect(
      await detected({ '/v1/models': models('me'), '/metrics': 'vllm:prompt_tokens_total 5\n' }),
    ).toMatchObject({ engine: 'vllm', metricsUrl: 'http://localhost:8000/metrics' })
    expect(
      await detected({
        '/v1/models': models(undefined),
        '/metrics': [{ iter: 1 }],
        '/prometheus/metrics': 'trtllm_prompt_tokens_total 5\n',
        '/version': { version: '1.3' },
      }),
    ).toMatchObject({
      engine: 'trtllm',
      version: '1.3',
      metricsUrl: 'http://localhost:8000/prometheus/metrics',
    })
    const asked = async (paths: Readonly<Record<string, unknown>>) =>
      (await detected({ '/v1/models': models('constructor'), ...paths }))?.engine
    expect(await asked({ '/get_server_info': { model_path: 'm' } })).toBe('sglang')
    expect(await asked({ '/props': { default_generation_settings: {} } })).toBe('llamacpp')
    expect(await asked({ '/api/v0/models': { data: [] } })).toBe('lmstudio')
    expect(await asked({ '/api/version': { version: '1' } })).toBe('ollama')
    expect(await asked({})).toBeNull()
  })

  it('answers null where there is no such server', async () => {
    expect(await detected({})).toBeNull()
    expect(await detected({ '/v1/models': '<html>' })).toBeNull()
    expect(await detected({ '/v1/models': { data: 'none' } })).toBeNull()
    expect(await detected({ '/v1/models': { data: [] } })).toMatchObject({ engine: null, models: [] })
    expect(await detectServer('http://127.0.0.1:1', createGet({ timeoutMs: 1000 }))).toBeNull()
    expect(await findMetrics('http://localhost:8000', answering({ '/metrics': 'up 1' }))).toBeNull()
  })

  it('knows the emulator, over real HTTP', async () => {
    const emulator = await startTestEmulator()
    try {
      const get = createGet()
      const server = await detectServer(emulator.url, get)
      expect(server).toMatchObject({ engine: 'tokenwright', metricsUrl: null })
      expect(server!.models).toContainEqual({ id: 'test-model', maximumContextTokens: 32_768 })
      const { port } = new URL(emulator.url)
      const ports = [
        { port: 1, who: 'nobody' },
        { port: Number(port), who: 'the emulator' },
      ]
      expect((await findLocalServers(get, ports)).map(({ url }) => url)).toEqual([`http://127.0.0.1:${port}`])
      await expect(get(`${emulator.url}/nowhere`)).rejects.toThrow('HTTP 404')
    } finally {
      await emulator.truth()
    }
  })
})

describe('serverRoot', () => {
  it.each([
    ['localhost:8000', 'http://localhost:8000'],
    ['http://h/v1', 'http://h'],
    ['https://h/openai/v1/?a=b', 'https://h/openai'],
    ['http://h:1/', 'http://h:1'],
  ])('of %s is %s', (text, root) => {
    expect(serverRoot(text)).toBe(root)
  })
})

it('usual ports are apart', () => {
  expect(new Set(usualPorts.map(({ port }) => port)).size).toBe(usualPorts.length)
})
