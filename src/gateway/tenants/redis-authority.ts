/**
 * Leases kept in Redis or Valkey, for any number of replicas: one atomic script per exchange, on Redis's clock. `ioredis` is an
 * optional dependency and is loaded here only.
 */
import { createRequire } from 'node:module'
import { TokenwrightError } from '../../core/errors.ts'
import type { AccountSpec } from './account.ts'
import { type ExchangeReply, keepWindowMs, type LeaseAuthority } from './lease-authority.ts'
import { exchangeScript, seedScript } from './lease-script.ts'
import type { Window } from './window.ts'

/** The part of ioredis that is used. */
export interface RedisClient {
  evalsha(hash: string, keyCount: number, ...keysAndArguments: (string | number)[]): Promise<unknown>
  script(command: 'LOAD', source: string): Promise<unknown>
  hgetall(key: string): Promise<Record<string, string>>
  on(event: 'error', listener: (error: Error) => void): unknown
  once(event: 'ready', listener: () => void): unknown
  disconnect(): void
}

export interface RedisAuthorityOptions {
  /** redis:// or rediss://, with user and password where there are any. */
  readonly url: string
  /** Begins every key. */
  readonly keyPrefix: string
  /** An answer that takes longer counts as none; the exchange may have happened all the same, which does no harm. */
  readonly timeoutMs: number
  /** Only in tests: connects, instead of ioredis. */
  readonly connect?: (url: string, timeoutMs: number) => RedisClient
}

/** A quarter of a second is far above any answer of a Redis nearby and below what a client notices (assumed). */
export const redisDefaults = { keyPrefix: 'tokenwright:', timeoutMs: 250 } as const

/**
 * Waits for the connection at most four time-outs long, then goes on without: Redis away at the start is like Redis away later.
 * @throws TokenwrightError when ioredis is not installed.
 */
export async function redisAuthority(options: RedisAuthorityOptions): Promise<LeaseAuthority> {
  const redis = (options.connect ?? connectIoredis)(options.url, options.timeoutMs)
  // Without a listener ioredis prints; every command that fails is reported to its caller anyway.
  redis.on('error', () => {})
  await new Promise<void>(resolve => {
    const timer = setTimeout(resolve, 4 * options.timeoutMs)
    redis.once('ready', () => {
      clearTimeout(timer)
      resolve()
    })
  })
  const run = scriptRunner(redis)
  const keyOf = (spec: AccountSpec, window: Window): string =>
    `${options.keyPrefix}lease:{${spec.id}}:${window.id}`
  return {
    kind: 'redis',
    statement: 'Limits and budgets are leased from Redis: any number of replicas share them.',
    exchange: async (spec, window, policy, request) =>
      readReply(
        await run(
          exchangeScript('redis'),
          keyOf(spec, window),
          exchangeArguments(spec, window, policy, request),
        ),
      ),
    seed: async (spec, window, used) => {
      // Kept past the end of any window; the next exchange sets it right.
      await run(seedScript, keyOf(spec, window), [used.toString(), String(32 * keepWindowMs)])
    },
    standing: async (spec, window) => {
      let [used, held, overspent] = [0n, 0n, 0n]
      const leases: Record<string, bigint> = {}
      for (const [field, value] of Object.entries(await redis.hgetall(keyOf(spec, window)))) {
        if (field.startsWith('u:')) used += BigInt(value)
        else if (field.startsWith('l:')) {
          leases[field.slice(2)] = BigInt(value.split(' ')[0]!)
          held += leases[field.slice(2)]!
        } else overspent = BigInt(value)
      }
      return { used, held, leases, overspent }
    },
    close: async () => redis.disconnect(),
  }
}

/** ARGV of the exchange, in its order. */
export function exchangeArguments(
  ...[spec, window, policy, request]: Parameters<LeaseAuthority['exchange']>
): string[] {
  const sliding = window.slotMs !== null
  return [
    request.replica,
    request.sequence,
    request.total,
    request.baseline,
    request.keep,
    request.need,
    request.desire,
    spec.cap,
    sliding ? '' : window.startMs,
    sliding ? '' : window.endMs,
    window.slotMs ?? '',
    window.slots,
    policy.termMs,
    policy.minimum,
    policy.divisor,
    policy.expired,
    keepWindowMs,
  ].map(String)
}

export function readReply(reply: unknown): ExchangeReply {
  if (!Array.isArray(reply)) throw new Error('Redis answered something else than the script does')
  const fields: string[] = reply.map(String)
  if (fields[0] === 'blank') return { kind: 'blank' }
  if (fields[0] === 'wrong-window') return { kind: 'wrong-window', nowMs: Number(fields[1]) }
  const amount = (at: number): bigint => BigInt(fields[at]!)
  return {
    kind: 'granted',
    grant: {
      held: amount(1),
      total: amount(2),
      usedBefore: amount(3),
      used: amount(4),
      heldByOthers: amount(5),
      overspent: amount(6),
      short: fields[7] === '1',
      retryMs: fields[8] === '' ? null : Number(fields[8]),
      nowMs: Number(fields[9]),
    },
  }
}

/** By hash, and loaded when Redis does not know it (first use, a restart, a flush). */
export function scriptRunner(
  redis: Pick<RedisClient, 'evalsha' | 'script'>,
): (source: string, key: string, values: readonly string[]) => Promise<unknown> {
  const hashes = new Map<string, string>()
  const load = async (source: string): Promise<string> => {
    const hash = String(await redis.script('LOAD', source))
    hashes.set(source, hash)
    return hash
  }
  return async (source, key, values) => {
    const hash = hashes.get(source) ?? (await load(source))
    try {
      return await redis.evalsha(hash, 1, key, ...values)
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
      return redis.evalsha(await load(source), 1, key, ...values)
    }
  }
}

interface IoredisModule {
  readonly Redis: new (url: string, options: object) => RedisClient
}

function connectIoredis(url: string, timeoutMs: number): RedisClient {
  let module: IoredisModule
  try {
    module = createRequire(import.meta.url)('ioredis') as IoredisModule
  } catch {
    throw new TokenwrightError('usage', 'limits shared over Redis need the package ioredis', {
      where: 'redis',
      fix: 'npm install ioredis, or run one replica without Redis',
    })
  }
  return new module.Redis(url, {
    // Nothing is queued or sent again: the next exchange says all that matters.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: timeoutMs,
    connectTimeout: 4 * timeoutMs,
    retryStrategy: (attempt: number) => Math.min(1000, 50 * attempt),
  })
}
