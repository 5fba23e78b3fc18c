/**
 * KV events of all replicas: gathers what happens at one moment into a batch, as engines send one per step, and gives it
 * to the replica's publisher.
 */
import { assert } from '../../core/assert.ts'
import type { CacheEvent } from '../../engine/types.ts'
import { type CacheEventPublisher, createCacheEventPublisher } from './cache-event-publisher.ts'
import type { CacheEventSettings } from './cache-event-settings.ts'
import { wireBatch, wireEvent } from './cache-event-wire.ts'
import { loadOptionalPackage } from './optional-package.ts'

const purpose = 'KV events'

export interface CacheEvents {
  /** A replica appears: its sockets open. Resolves when they listen. */
  open(replica: number, modelName: string): Promise<void>
  add(replica: number, blockTokens: number, event: CacheEvent): void
  /** Everything of the moment has been told: batches go out. */
  flush(): void
  /** The replica's engine died. */
  restart(replica: number): void
  endpoints(replica: number): ReturnType<CacheEventPublisher['endpoints']> | null
  close(): void
}

interface Channel {
  readonly publisher: CacheEventPublisher
  atUs: number
  events: ReturnType<typeof wireEvent>[]
}

/**
 * Loads zeromq and @msgpack/msgpack. onFault hears of sockets that fail after they were opened.
 * @throws TokenwrightError when a package is missing.
 */
export async function openCacheEvents(
  settings: CacheEventSettings,
  epochSeconds: number,
  onFault: (error: unknown) => void,
): Promise<CacheEvents> {
  const zeroMq = await loadOptionalPackage('zeromq', purpose, () => import('zeromq'))
  const { Encoder } = await loadOptionalPackage('@msgpack/msgpack', purpose, () => import('@msgpack/msgpack'))
  const encoder = new Encoder({ useBigInt64: true })
  const channels = new Map<number, Channel>()

  const flush = (replica: number, channel: Channel): void => {
    if (channel.events.length === 0) return
    const seconds = epochSeconds + channel.atUs / 1e6
    channel.publisher.publish(encoder.encode(wireBatch(seconds, channel.events, replica, settings.format)))
    channel.events = []
  }

  return {
    open: (replica, modelName) => {
      assert(!channels.has(replica), `KV events of replica ${replica} are open already`)
      const topic = settings.topic
        .replaceAll('{replica}', String(replica))
        .replaceAll('{model}', modelName)
        .replaceAll('{pod}', settings.pod)
      const publisher = createCacheEventPublisher(zeroMq, settings, replica, topic, onFault)
      channels.set(replica, { publisher, atUs: 0, events: [] })
      return publisher.ready
    },
    add: (replica, blockTokens, event) => {
      const channel = channels.get(replica)
      if (channel === undefined) return
      if (event.atUs !== channel.atUs) flush(replica, channel)
      channel.atUs = event.atUs
      channel.events.push(wireEvent(event, blockTokens, settings))
    },
    flush: () => {
      for (const [replica, channel] of channels) flush(replica, channel)
    },
    restart: replica => {
      const channel = channels.get(replica)
      if (channel === undefined) return
      channel.events = []
      channel.publisher.restart()
    },
    endpoints: replica => channels.get(replica)?.publisher.endpoints() ?? null,
    close: () => {
      for (const { publisher } of channels.values()) publisher.close()
      channels.clear()
    },
  }
}
