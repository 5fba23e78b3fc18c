/** Gateways for language models that can be measured beside ours: Portkey, LiteLLM, Bifrost. Where they are: TOKENWRIGHT_PEERS, or each by itself. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Gateway, listening, outputOf, upstreamModel, versionIn } from './gateway-adapters.ts'

/** A folder with one folder for each peer, as the commands below make it. */
const peers = process.env.TOKENWRIGHT_PEERS ?? join(tmpdir(), 'peers')

const portkeyFolder = process.env.PORTKEY ?? join(peers, 'portkey/node_modules/@portkey-ai/gateway')
const portkeyProgram = join(portkeyFolder, 'build/start-server.js')

/**
 * Its streams fail with "TypeError: immutable" on newer @hono/node-server (Portkey-AI/gateway#1389), so that one is held at 1.13.8. Its
 * first event of a stream waits 25 ms by a timer of its own.
 */
export const portkey: Gateway = {
  name: 'Portkey',
  missing: () =>
    existsSync(portkeyProgram)
      ? null
      : `in a folder ${join(peers, 'portkey')} with a package.json of {"dependencies": {"@portkey-ai/gateway": "1.15.2"}, "overrides": {"@hono/node-server": "1.13.8"}}: npm install --ignore-scripts; or PORTKEY=/path/to/@portkey-ai/gateway`,
  version: () => versionIn(readFileSync(join(portkeyFolder, 'package.json'), 'utf8').slice(0, 200)),
  setUp: 'one process on this Node, --headless, provider openai with a custom host, no keys and no books',
  routes: 'first',
  start: ({ upstreams, folder }) =>
    listening(
      'Portkey',
      port => ({
        program: process.execPath,
        words: [portkeyProgram, '--headless', `--port=${port}`],
        environment: { NODE_ENV: 'production' },
        log: join(folder, 'log'),
      }),
      {
        headers: {
          'x-portkey-provider': 'openai',
          'x-portkey-custom-host': `${upstreams[0]}/v1`,
          authorization: 'Bearer none',
        },
        model: upstreamModel,
      },
    ),
}

const litellmProgram = process.env.LITELLM ?? join(peers, 'litellm/bin/litellm')
const litellmKey = 'sk-benchmark'

/** Its own check of keys is the master key; spend in a database is left out, which is to its advantage. */
export const litellm: Gateway = {
  name: 'LiteLLM',
  missing: () =>
    existsSync(litellmProgram)
      ? null
      : `python3 -m venv ${join(peers, 'litellm')} && ${join(peers, 'litellm')}/bin/pip install 'litellm[proxy]'; or LITELLM=/path/to/litellm`,
  version: () =>
    versionIn(
      outputOf(litellmProgram.replace(/litellm$/, 'python3'), [
        '-c',
        'from importlib.metadata import version; print(version("litellm"))',
      ]),
    ),
  setUp:
    'LITELLM_MODE=PRODUCTION, log of errors only, a Granian worker per processor, master key, no database',
  routes: 'all',
  start: ({ upstreams, folder }) =>
    listening(
      'LiteLLM',
      port => {
        const file = join(folder, 'litellm.yaml')
        const models = upstreams.map(
          url =>
            `  - { model_name: ${upstreamModel}, litellm_params: { model: openai/${upstreamModel}, api_base: ${url}/v1, api_key: none } }`,
        )
        writeFileSync(
          file,
          `model_list:\n${models.join('\n')}\ngeneral_settings: { master_key: ${litellmKey} }\n`,
        )
        return {
          program: litellmProgram,
          words: [
            ...['--config', file, '--host', '127.0.0.1', '--port', String(port)],
            ...['--num_workers', String(availableParallelism())],
          ],
          environment: {
            LITELLM_MODE: 'PRODUCTION',
            LITELLM_LOG: 'ERROR',
            // Its list of prices is looked for on the internet otherwise.
            LITELLM_LOCAL_MODEL_COST_MAP: 'True',
          },
          folder,
          log: join(folder, 'log'),
        }
      },
      { headers: { authorization: `Bearer ${litellmKey}` }, model: upstreamModel },
    ),
}

const bifrostProgram = process.env.BIFROST ?? join(peers, 'bifrost/bin/bifrost-http')

/** Set up by its documentation (docs.getbifrost.ai, config.json); it could not be had where this was written, so it is untried. */
export const bifrost: Gateway = {
  name: 'Bifrost',
  missing: () =>
    existsSync(bifrostProgram)
      ? null
      : `GOBIN=${join(peers, 'bifrost/bin')} go install github.com/maximhq/bifrost/transports/bifrost-http@latest; or BIFROST=/path/to/bifrost-http`,
  version: () => versionIn(outputOf(bifrostProgram, ['-version'])),
  setUp: 'provider openai with a base URL, no stores, no request log, no keys',
  routes: 'first',
  start: ({ upstreams, folder }) =>
    listening(
      'Bifrost',
      port => {
        writeFileSync(
          join(folder, 'config.json'),
          JSON.stringify({
            client: { drop_excess_requests: false, enable_logging: false },
            providers: {
              openai: {
                keys: [{ name: 'benchmark', value: 'none', models: ['*'], weight: 1 }],
                network_config: { base_url: upstreams[0], allow_private_network: true, max_retries: 0 },
              },
            },
            config_store: { enabled: false },
            logs_store: { enabled: false },
          }),
        )
        return {
          program: bifrostProgram,
          words: [
            ...['-app-dir', folder, '-host', '127.0.0.1', '-port', String(port)],
            ...['-log-level', 'error'],
          ],
          log: join(folder, 'log'),
        }
      },
      { headers: {}, model: `openai/${upstreamModel}` },
    ),
}
