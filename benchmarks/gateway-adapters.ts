/**
 * What benchmarks/gateway.ts measures: how each gateway is found, set up for an upstream, and started. None is part of this project; each is
 * installed elsewhere, by the command that `missing` tells, and found by its environment variable or on the PATH.
 */
import { spawnSync } from 'node:child_process'
import { type Command, freePort, type Started, start, until } from './gateway-processes.ts'

export interface Asked {
  /** Base addresses of the engine's replicas, without /v1. */
  readonly upstreams: readonly string[]
  /** Empty, for its configuration, state and log. */
  readonly folder: string
  /** 100,000-token prompts to many replicas: who can route by prefix does. */
  readonly prefixAware: boolean
}

/** Where clients ask: `url`/v1/chat/completions. */
export interface Endpoint {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly model: string
}

export interface Running extends Endpoint {
  readonly started: Started
}

export interface Gateway {
  readonly name: string
  /** Null: it is here. Else how to get it. */
  missing(): string | null
  version(): string
  /** What it does and how it was set up beyond its defaults: printed, so that nobody has to guess. */
  readonly setUp: string
  /** all: spreads requests over the upstreams. first: is given one only. */
  readonly routes: 'all' | 'first'
  /** Returns when it listens. */
  start(asked: Asked): Promise<Running>
}

/** Engines know no more than this one. */
export const upstreamModel = 'benchmark'

/** A cold LiteLLM compiles its modules: 35 s were seen on two busy cores. */
const startSeconds = 180

/** Starts a command on a free port and waits until it has answered a request. */
export async function listening(
  name: string,
  command: (port: number) => Command,
  endpoint: Omit<Endpoint, 'url'>,
): Promise<Running> {
  const port = await freePort()
  const running = { ...endpoint, url: `http://127.0.0.1:${port}`, started: start(command(port)) }
  try {
    await until(running.started, name, startSeconds, () => answers(running))
  } catch (error) {
    await running.started.stop()
    throw error
  }
  return running
}

async function answers({ url, headers, model }: Endpoint): Promise<boolean> {
  try {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Ready?' }], max_tokens: 16 }),
      signal: AbortSignal.timeout(5000),
    })
    await response.arrayBuffer()
    return response.status === 200
  } catch {
    return false
  }
}

/** Whether a program runs at all; its output, for the version in it. */
export function outputOf(program: string, words: readonly string[]): string | null {
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8' })
  return status === 0 ? `${stdout}${stderr}` : null
}

export function versionIn(output: string | null): string {
  return /\d+\.\d+(?:\.\d+)?(?:[-.+]\w+)*/.exec(output ?? '')?.[0] ?? 'unknown'
}
