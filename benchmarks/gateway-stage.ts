/** The stage of benchmarks/gateway.ts: an upstream, a client, and gateways that are asked in turn. */
import { type ChildProcess, fork } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Endpoint, type Gateway, type Running, upstreamModel } from './gateway-adapters.ts'
import type { Block, BlockResult } from './gateway-client.ts'
import type { UpstreamReady, UpstreamTally } from './gateway-upstream.ts'

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))

export type Load = Omit<Block, keyof Endpoint | 'gatewayPid' | 'upstreamPid'>

/** What a block of requests is sent to. */
export interface Target {
  readonly name: string
  /** Null: the upstream itself. */
  readonly gateway: Gateway | null
  /** Throws when the gateway has ended meanwhile. */
  measure(load: Load): Promise<Measured>
  stop(): Promise<void>
}

export interface Measured extends BlockResult {
  readonly upstream: UpstreamTally
}

export interface Stage {
  readonly direct: Target
  /** Starts it. Throws when it does not start or does not answer. */
  open(gateway: Gateway, prefixAware: boolean): Promise<Target>
  close(): Promise<void>
}

export interface StageSettings {
  readonly upstreams: number
  readonly gapMs: number
  readonly promptTokens: number
}

export async function createStage({ upstreams, gapMs, promptTokens }: StageSettings): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'tokenwright-gateways-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  const upstream = fork(here('gateway-upstream.ts'), [upstreams, gapMs, promptTokens].map(String))
  const client = fork(here('gateway-client.ts'))
  const { ports } = await messageOf<UpstreamReady>(upstream)
  const urls = ports.map(port => `http://127.0.0.1:${port}`)

  const targetOf = (gateway: Gateway | null, running: Running | null): Target => ({
    name: gateway?.name ?? 'direct',
    gateway,
    async measure(load) {
      const { url, headers, model } = running ?? { url: urls[0]!, headers: {}, model: upstreamModel }
      upstream.send('begin')
      await messageOf(upstream)
      client.send({
        ...load,
        ...{ url, headers, model },
        gatewayPid: running?.started.pid ?? null,
        upstreamPid: upstream.pid!,
      } satisfies Block)
      const result = await messageOf<BlockResult>(client)
      upstream.send('end')
      const tally = await messageOf<UpstreamTally>(upstream)
      const started = running?.started
      if (started !== undefined && started.child.exitCode !== null)
        throw new Error(`it ended with ${started.child.exitCode}\n${started.complaints()}`)
      return { ...result, upstream: tally }
    },
    stop: async () => running?.started.stop(),
  })

  return {
    direct: targetOf(null, null),
    async open(gateway, prefixAware) {
      const own = join(folder, gateway.name)
      mkdirSync(own, { recursive: true })
      const running = await gateway.start({ upstreams: urls, folder: own, prefixAware })
      return targetOf(gateway, running)
    },
    async close() {
      upstream.disconnect()
      client.disconnect()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The next message of a child; throws when it ends instead. */
function messageOf<Message>(child: ChildProcess): Promise<Message> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`${child.spawnargs[1]} ended with ${code}`))
    child.once('exit', ended)
    child.once('message', message => {
      child.off('exit', ended)
      resolve(message as Message)
    })
  })
}
