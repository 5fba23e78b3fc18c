/**
 * The sockets of one replica's KV events: per rank a SUB for what happens and, when asked, a DEALER for what was missed. The protocol's other
 * side is vLLM's ZmqEventPublisher (vllm/distributed/kv_events.py at 0181ea31): three frames topic, number, payload;
 * rank r listens at port + r. An engine told to publish to an address without * connects, so that we listen.
 * Order, gaps and restarts are event-source.ts's; here is only what touches the network.
 */
import type { Dealer, Subscriber } from 'zeromq'
import { assert } from '../../core/assert.ts'
import { TokenwrightError } from '../../core/errors.ts'
import { offsetEndpoint } from '../../emulate/telemetry/cache-event-publisher.ts'
import { loadOptionalPackage } from '../../emulate/telemetry/optional-package.ts'
import { type DecodedBatch, decodeCacheEvents } from './cache-event-decoder.ts'
import type { EventSourceInput } from './event-source-types.ts'

export interface CacheEventEndpoints {
  /** Of rank 0, e.g. tcp://10.0.0.5:5557; rank r is at port + r. */
  readonly publish: string
  /** connect: the engine listens, as with `tcp://*:5557` in its --kv-events-config. listen: it connects to us. */
  readonly mode: 'connect' | 'listen'
  /** Of rank 0; null: the engine has none. Always the engine's to listen on. */
  readonly replay: string | null
  readonly ranks: number
  /** Prefix of topics that are wanted; '' takes all. */
  readonly topic: string
}

export interface CacheEventSubscriber {
  /** Resolves when all sockets are open; rejects with a TokenwrightError when one cannot be. */
  readonly ready: Promise<void>
  askReplay(rank: number, attempt: number, from: number): void
  /** Where rank 0 … n listen, in mode listen; a port 0 is the system's choice. */
  endpoints(): readonly string[]
  close(): void
}

export interface SubscriberListener {
  event(rank: number, input: EventSourceInput): void
  /** A socket failed after it was opened; it is closed then. */
  fault(rank: number, error: unknown): void
}

/** What is used of the optional packages. */
export interface EventPackages {
  readonly zeroMq: Pick<typeof import('zeromq'), 'Subscriber' | 'Dealer'>
  readonly decode: (payload: Uint8Array) => unknown
}

const purpose = 'KV events'

/** @throws TokenwrightError when zeromq or @msgpack/msgpack is not installed, saying how to. */
export async function loadEventPackages(): Promise<EventPackages> {
  const zeroMq = await loadOptionalPackage('zeromq', purpose, () => import('zeromq'))
  const { Decoder } = await loadOptionalPackage('@msgpack/msgpack', purpose, () => import('@msgpack/msgpack'))
  // 64-bit hashes do not fit into numbers.
  const decoder = new Decoder({ useBigInt64: true })
  return { zeroMq, decode: payload => decoder.decode(payload) }
}

/** What a payload says; bytes that are no msgpack are as undecodable as a form nobody knows. */
export function decodePayload(decode: EventPackages['decode'], payload: Uint8Array): DecodedBatch {
  let value: unknown
  try {
    value = decode(payload)
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error)
    return { kind: 'undecodable', reason: `no msgpack: ${cause}` }
  }
  return decodeCacheEvents(value)
}

/**
 * Reconnects are libzmq's, tried every 0.1 s and ever more seldom up to every 5 s (its default of 0.1 s for ever would be a
 * thousand attempts a second at 100 dead replicas: assumed). Keepalive finds peers that are gone without a word.
 */
const reconnectMs = 100
const mostReconnectMs = 5_000
const keepaliveSeconds = 30
/** A replay socket that hears nothing for so long is closed; the source has long given it up (assumed). */
const replayPatienceMs = 10_000

export function createCacheEventSubscriber(
  packages: EventPackages,
  endpoints: CacheEventEndpoints,
  listener: SubscriberListener,
): CacheEventSubscriber {
  const { zeroMq, decode } = packages
  const subscribers: Subscriber[] = []
  /** By rank: the replay under way; a newer one takes its place. */
  const dealers = new Map<number, Dealer>()
  let closed = false

  const fault = (rank: number, error: unknown): void => {
    if (!closed) listener.fault(rank, error)
  }

  async function open(rank: number): Promise<void> {
    // No limit: what is dropped here only has to be asked for again.
    const subscriber = new zeroMq.Subscriber({
      receiveHighWaterMark: 0,
      linger: 0,
      reconnectInterval: reconnectMs,
      reconnectMaxInterval: mostReconnectMs,
      tcpKeepalive: 1,
      tcpKeepaliveIdle: keepaliveSeconds,
    })
    subscribers[rank] = subscriber
    const connected = (): void => {
      if (!closed) listener.event(rank, { kind: 'connected' })
    }
    subscriber.events.on(endpoints.mode === 'connect' ? 'handshake' : 'accept', connected)
    subscriber.subscribe(endpoints.topic)
    const address = offsetEndpoint(endpoints.publish, rank)
    try {
      if (endpoints.mode === 'connect') subscriber.connect(address)
      else await subscriber.bind(address)
    } catch (error) {
      throw endpointFault(endpoints.mode === 'connect' ? 'connect to' : 'listen on', address, error)
    }
    read(subscriber, rank).catch(error => {
      // Open and unread it would fill the memory.
      if (!subscriber.closed) subscriber.close()
      fault(rank, error)
    })
  }

  async function read(subscriber: Subscriber, rank: number): Promise<void> {
    for await (const frames of subscriber) {
      if (closed) return
      const [, number, payload] = frames
      // Other messages under the same topic are not ours to judge.
      if (frames.length !== 3 || number!.length !== 8) continue
      listener.event(rank, {
        kind: 'live',
        sequence: Number(number!.readBigUInt64BE()),
        batch: decodePayload(decode, payload!),
      })
    }
  }

  async function replay(rank: number, attempt: number, from: number): Promise<void> {
    // One socket a replay: what an earlier one still sends cannot mix with it.
    dealers.get(rank)?.close()
    const dealer = new zeroMq.Dealer({ receiveHighWaterMark: 0, linger: 0, receiveTimeout: replayPatienceMs })
    dealers.set(rank, dealer)
    try {
      dealer.connect(offsetEndpoint(endpoints.replay!, rank))
      const start = Buffer.alloc(8)
      start.writeBigUInt64BE(BigInt(from))
      await dealer.send([Buffer.alloc(0), start])
      for await (const frames of dealer) {
        if (closed) return
        const [, number, payload] = frames
        if (frames.length !== 3 || number!.length !== 8) continue
        if (number!.readBigInt64BE() === -1n) {
          listener.event(rank, { kind: 'replay-ended', attempt })
          return
        }
        const sequence = Number(number!.readBigUInt64BE())
        listener.event(rank, { kind: 'replayed', attempt, sequence, batch: decodePayload(decode, payload!) })
      }
    } finally {
      if (dealers.get(rank) === dealer) dealers.delete(rank)
      if (!dealer.closed) dealer.close()
    }
  }

  function close(): void {
    if (closed) return
    closed = true
    for (const subscriber of subscribers)
      if (subscriber !== undefined && !subscriber.closed) subscriber.close()
    for (const dealer of dealers.values()) dealer.close()
  }

  const ready = Promise.all(Array.from({ length: endpoints.ranks }, (_, rank) => open(rank))).then(
    () => {},
    error => {
      close()
      throw error
    },
  )
  return {
    ready,
    askReplay(rank, attempt, from) {
      if (closed) return
      assert(endpoints.replay !== null, 'replays are asked of engines that have an endpoint for them')
      // A late failure of an earlier attempt means nothing to the source any more.
      replay(rank, attempt, from).catch(() => {
        if (!closed) listener.event(rank, { kind: 'replay-failed', attempt })
      })
    },
    endpoints: () => subscribers.map(({ lastEndpoint }) => lastEndpoint ?? ''),
    close,
  }
}

function endpointFault(what: string, endpoint: string, error: unknown): TokenwrightError {
  const cause = error instanceof Error ? error.message : String(error)
  return new TokenwrightError('usage', `cannot ${what} ${endpoint}: ${cause}`, {
    where: 'KV events of a replica',
    fix: 'give the address of rank 0 as tcp://host:port; rank r is taken to be at port + r',
  })
}
