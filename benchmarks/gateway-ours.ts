/** Our gateway as benchmarks/gateway.ts starts it: with everything on that costs something. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { keyHasher, mintKey } from '../src/gateway/tenants/virtual-key.ts'
import { type Gateway, listening, outputOf, upstreamModel } from './gateway-adapters.ts'
import { freePort } from './gateway-processes.ts'

/** From the sources; GATEWAY_MAIN=…/dist/cli/main.js measures it as it is published (npm run build), which needs some 40 MB less: Node strips no types. */
const main = process.env.GATEWAY_MAIN ?? fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
const packageFile = new URL('../package.json', import.meta.url)

/** What the ledger costs: full (default), normal, or memory for none on disk. */
const durability = process.env.GATEWAY_LEDGER ?? 'full'

/** For profiles: `GATEWAY_NODE_FLAGS="--cpu-prof --cpu-prof-dir=/tmp/profiles"`. */
const nodeFlags = process.env.GATEWAY_NODE_FLAGS?.split(' ') ?? []

/** Far away: reservations and settlements are made for every request, none is refused. */
const limits = [
  { per: 'month', usd: 1_000_000 },
  { per: 'minute', requests: 1_000_000_000, totalTokens: 1_000_000_000_000 },
]

export const tokenwright: Gateway = {
  name: 'tokenwright',
  missing: () =>
    outputOf(process.execPath, [main, 'gateway', '--help']) === null
      ? 'this version of tokenwright has no gateway command'
      : null,
  version: () => (JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }).version,
  setUp: `one process; virtual key checked, budget and limits reserved and settled, every request in the ledger (${durability === 'memory' ? 'in memory only' : `SQLite, durability ${durability}`}) and in the log, default policy (cost; prefix-aware for long prompts)`,
  routes: 'all',
  async start({ upstreams, folder, prefixAware }) {
    const key = mintKey()
    const controlPort = await freePort()
    return listening(
      'tokenwright',
      port => {
        const file = join(folder, 'gateway.json')
        writeFileSync(
          file,
          JSON.stringify({
            listen: { host: '127.0.0.1', port },
            control: { host: '127.0.0.1', port: controlPort },
            authentication: 'keys',
            ledger:
              durability === 'memory'
                ? { kind: 'memory' }
                : { kind: 'sqlite', path: join(folder, 'ledger.sqlite'), durability },
            deployments: {
              engines: {
                replicas: upstreams.map((url, index) => ({ url, name: `replica-${index}`, metrics: false })),
                cost: { usdPerReplicaHour: 2 },
                upstreamModel,
              },
            },
            models: {
              benchmark: { candidates: ['engines'], ...(prefixAware ? { policy: 'prefix-aware' } : {}) },
            },
            tenants: { benchmark: { limits } },
            keys: [{ id: 'benchmark', tenant: 'benchmark', ...keyHasher()(key) }],
          }),
        )
        return {
          program: process.execPath,
          words: [...nodeFlags, main, 'gateway', file],
          log: join(folder, 'log'),
        }
      },
      { headers: { authorization: `Bearer ${key}` }, model: 'benchmark' },
    )
  },
}
