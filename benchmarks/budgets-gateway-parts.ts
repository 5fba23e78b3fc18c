/** What benchmarks/budgets-gateway.ts puts together: an upstream that sends bills, gateway processes, and bursts of requests. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { NanoUsd } from '../src/core/money.ts'
import type { RandomStream } from '../src/core/random.ts'
import { keyHasher } from '../src/gateway/tenants/virtual-key.ts'

/** Dollars per million tokens; nano-dollars a token. */
const price = { uncachedInput: '3', output: '15' }
const inputNanoUsd = 3000n
const outputNanoUsd = 15_000n

export interface BilledUpstream {
  readonly url: string
  /** Since the last call. */
  takeBilled(): NanoUsd
  close(): Promise<void>
}

/** Uses 20 to 100 % of the prompt's bytes as tokens, and 5 to 100 % of the limit: never more than the worst case. */
export async function startBilledUpstream(random: RandomStream): Promise<BilledUpstream> {
  let billed = 0n
  const server = createServer((incoming, response) => {
    const pieces: Buffer[] = []
    incoming.on('data', (piece: Buffer) => pieces.push(piece))
    incoming.on('error', () => {})
    incoming.on('end', () => {
      const { messages, max_tokens } = JSON.parse(Buffer.concat(pieces).toString())
      const input = Math.max(1, Math.floor(messages[0].content.length * (0.2 + 0.8 * random.uniform())))
      const output = Math.max(1, Math.floor(max_tokens * (0.05 + 0.95 * random.uniform())))
      billed += BigInt(input) * inputNanoUsd + BigInt(output) * outputNanoUsd
      const usage = { prompt_tokens: input, completion_tokens: output, total_tokens: input + output }
      const choices = [{ index: 0, message: { role: 'assistant', content: 'word' }, finish_reason: 'stop' }]
      const answer = { id: 'x', object: 'chat.completion', created: 1, model: 'up', choices, usage }
      setTimeout(() => {
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
      }, random.integer(30))
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    takeBilled() {
      const taken = billed
      billed = 0n
      return taken
    },
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export interface BudgetGateway {
  readonly url: string
  /** Beyond reservations, of this tenant's budget at this gateway. */
  overspent(tenant: string): Promise<NanoUsd>
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>
}

export interface BudgetGatewaySettings {
  readonly folder: string
  readonly upstream: string
  readonly tenants: readonly { readonly name: string; readonly key: string; readonly cap: NanoUsd }[]
  readonly reservation: 'worst-case' | { readonly kind: 'expected'; readonly margin: number }
  /** null: each gateway by itself. */
  readonly redis: { readonly url: string; readonly leaseTermMs: number } | null
}

const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
const nanoDigits = 9

export async function startBudgetGateway(settings: BudgetGatewaySettings): Promise<BudgetGateway> {
  const { folder, upstream, tenants, reservation, redis } = settings
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'gateway.json')
  const decimal = (nano: NanoUsd): string =>
    `${nano / 10n ** BigInt(nanoDigits)}.${String(nano % 10n ** BigInt(nanoDigits)).padStart(nanoDigits, '0')}`
  const configuration = {
    listen: { port: 0 },
    control: { port: 0 },
    ledger: { kind: 'sqlite', path: join(folder, 'ledger.sqlite'), durability: 'normal' },
    ...(redis === null
      ? {}
      : { authority: { kind: 'redis', url: redis.url, policy: { leaseTermMs: redis.leaseTermMs } } }),
    reservation,
    offers: { api: { url: upstream, apiKey: 'none', price } },
    models: { budget: { candidates: ['api'] } },
    tenants: Object.fromEntries(
      tenants.map(({ name, cap }) => [name, { limits: [{ per: 'month', usd: decimal(cap) }] }]),
    ),
    keys: tenants.map(({ name, key }) => ({ id: name, tenant: name, ...keyHasher()(key) })),
  }
  writeFileSync(file, JSON.stringify(configuration))
  const child: ChildProcess = spawn(process.execPath, [main, 'gateway', file, '--log-level', 'error'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const { promise: ready, resolve, reject } = Promise.withResolvers<{ url: string; controlUrl: string }>()
  let said = ''
  child.stdout!.on('data', (piece: Buffer) => {
    said += piece.toString()
    const url = /^gateway\s+(http:\/\/\S+)\/v1/m.exec(said)?.[1]
    const controlUrl = /^control\s+(http:\/\/\S+)/m.exec(said)?.[1]
    if (url !== undefined && controlUrl !== undefined) resolve({ url, controlUrl })
  })
  let isOver = false
  const ended = new Promise<void>(done => {
    child.once('close', code => {
      isOver = true
      reject(new Error(`the gateway ended with ${code}: ${said}`))
      done()
    })
  })
  const { url, controlUrl } = await ready
  return {
    url,
    async overspent(tenant) {
      const answer = await fetch(`${controlUrl}/api/budgets`)
      const { budgets } = (await answer.json()) as { budgets: { tenant: string; overspent: string | null }[] }
      const told = budgets.find(budget => budget.tenant === tenant)?.overspent ?? '0'
      return BigInt(Math.round(Number(told) * 10 ** nanoDigits))
    },
    async end(signal) {
      if (isOver) return
      child.kill(signal)
      await ended
    },
  }
}

export interface BurstCounts {
  served: number
  refused: number
  broken: number
}

/** All at once, each to a gateway of its own choice. */
export async function sendBurst(
  gateways: readonly BudgetGateway[],
  key: string,
  count: number,
  random: RandomStream,
): Promise<BurstCounts> {
  const agent = new Agent({ keepAlive: false })
  const counts: BurstCounts = { served: 0, refused: 0, broken: 0 }
  await Promise.all(
    Array.from({ length: count }, async () => {
      const { url } = gateways[random.integer(gateways.length)]!
      const content = 'w '.repeat(250 + random.integer(1750))
      const body = JSON.stringify({
        model: 'budget',
        messages: [{ role: 'user', content }],
        max_tokens: 50 + random.integer(950),
      })
      const status = await ask(agent, `${url}/v1/chat/completions`, key, body)
      if (status === 200) counts.served++
      else if (status === 429) counts.refused++
      else counts.broken++
    }),
  )
  agent.destroy()
  return counts
}

/** 0: no whole answer. */
function ask(agent: Agent, url: string, key: string, body: string): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const outgoing = request(url, { method: 'POST', agent, headers }, response => {
    response.on('error', () => {})
    response.on('close', () => resolve(response.complete ? (response.statusCode ?? 0) : 0))
    response.resume()
  })
  outgoing.on('error', () => resolve(0))
  outgoing.end(body)
  return promise
}
