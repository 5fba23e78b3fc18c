/**
 * The sockets of one replica's KV events: PUB for batches, ROUTER for replays. Protocol of vLLM's ZmqEventPublisher
 * (vllm/distributed/kv_events.py at 0181ea31): three frames topic, 8-byte big-endian sequence number from 0, payload; a
 * replay is asked for with an empty frame and a start number, and answered by [empty, number, payload] per batch kept and
 * [empty, −1, empty] at the end. Other requests are ignored.
 */
import type { Publisher, Router } from 'zeromq'
import { TokenwrightError } from '../../core/errors.ts'
import type { CacheEventSettings } from './cache-event-settings.ts'
import { append, createReplayBuffer, type ReplayBuffer, replay } from './replay-buffer.ts'

/** What of the zeromq package is used; it is loaded lazily. */
export type ZeroMq = Pick<typeof import('zeromq'), 'Publisher' | 'Router'>

export interface CacheEventPublisher {
  /** Resolves when the sockets listen; rejects with a TokenwrightError when they cannot. */
  readonly ready: Promise<void>
  /** Where they listen; a port 0 is the system's choice, known when ready. */
  endpoints(): { readonly publish: string; readonly replay: string | null }
  publish(payload: Uint8Array): void
  /** The engine died: numbers begin at 0 again and nothing old can be replayed. */
  restart(): void
  close(): void
}

const endOfReplay = Buffer.alloc(8, 0xff)
const empty = Buffer.alloc(0)

type PublisherSettings = Pick<
  CacheEventSettings,
  'endpoint' | 'replayEndpoint' | 'bufferSteps' | 'highWaterMark' | 'maximumQueue'
>

/**
 * rank: offset of the ports. topic: as it goes out. onFault hears of what fails later, when nobody waits.
 */
export function createCacheEventPublisher(
  zeroMq: ZeroMq,
  settings: PublisherSettings,
  rank: number,
  topic: string,
  onFault: (error: unknown) => void,
): CacheEventPublisher {
  const publisher = new zeroMq.Publisher({ sendHighWaterMark: settings.highWaterMark, linger: 0 })
  // Without a limit: a ROUTER drops what is beyond it, and a replay with gaps is none.
  const router =
    settings.replayEndpoint === null ? null : new zeroMq.Router({ sendHighWaterMark: 0, linger: 0 })
  let buffer = createReplayBuffer(settings.bufferSteps)
  const queue: [string, Buffer, Uint8Array][] = []
  let open = false
  let closed = false
  let sending = false

  // One send at a time, which is what the package asks for.
  const pump = async (): Promise<void> => {
    if (sending || !open) return
    sending = true
    try {
      for (let message = queue.shift(); message !== undefined && !closed; message = queue.shift())
        await publisher.send(message)
    } catch (error) {
      if (!closed) onFault(error)
    } finally {
      sending = false
    }
  }

  const start = async (): Promise<void> => {
    await attach(publisher, offsetEndpoint(settings.endpoint, rank))
    if (router !== null) {
      const endpoint = offsetEndpoint(settings.replayEndpoint!, rank)
      await listen(router, endpoint)
      serveReplays(router, () => buffer).catch(error => {
        if (!closed) onFault(error)
      })
    }
    open = true
    void pump()
  }
  const close = (): void => {
    if (closed) return
    closed = true
    publisher.close()
    router?.close()
  }

  return {
    ready: start().catch(error => {
      close()
      throw error
    }),
    endpoints: () => ({
      publish: publisher.lastEndpoint ?? '',
      replay: router === null ? null : (router.lastEndpoint ?? ''),
    }),
    publish: payload => {
      const sequence = append(buffer, payload)
      if (closed || queue.length >= settings.maximumQueue) return
      queue.push([topic, sequenceFrame(sequence), payload])
      void pump()
    },
    restart: () => {
      buffer = createReplayBuffer(settings.bufferSteps)
      queue.length = 0
    },
    close,
  }
}

/** 8 bytes, big-endian. */
function sequenceFrame(sequence: number): Buffer {
  const frame = Buffer.allocUnsafe(8)
  frame.writeBigUInt64BE(BigInt(sequence))
  return frame
}

async function serveReplays(router: Router, buffer: () => ReplayBuffer): Promise<void> {
  for await (const frames of router) {
    if (frames.length !== 3) continue
    const [client, , startFrame] = frames as [Buffer, Buffer, Buffer]
    const start = BigInt(`0x${startFrame.toString('hex') || '0'}`)
    for (const { sequence, payload } of replay(buffer(), start))
      await router.send([client, empty, sequenceFrame(sequence), payload])
    await router.send([client, empty, endOfReplay, empty])
  }
}

async function attach(socket: Publisher, endpoint: string): Promise<void> {
  if (/\*|::|^ipc:\/\/|^inproc:\/\//.test(endpoint)) await listen(socket, endpoint)
  else
    try {
      socket.connect(endpoint)
    } catch (error) {
      throw endpointFault('connect to', endpoint, error)
    }
}

async function listen(socket: Publisher | Router, endpoint: string): Promise<void> {
  try {
    await socket.bind(endpoint)
  } catch (error) {
    throw endpointFault('listen on', endpoint, error)
  }
}

function endpointFault(what: string, endpoint: string, error: unknown): TokenwrightError {
  const cause = error instanceof Error ? error.message : String(error)
  return new TokenwrightError('usage', `cannot ${what} ${endpoint}: ${cause}`, {
    where: 'endpoint of KV events',
    fix: 'give a free port (replica r takes port + r), such as tcp://*:5557',
  })
}

/** The endpoint of a rank: port + rank; ipc and inproc get a suffix. Port 0 stays: the system chooses. */
export function offsetEndpoint(endpoint: string, rank: number): string {
  if (rank === 0) return endpoint
  if (!endpoint.startsWith('tcp://')) return `${endpoint}_dp${rank}`
  const match = /^(.*):(\d+)$/.exec(endpoint)
  if (match === null || match[2] === '0') return endpoint
  return `${match[1]}:${Number(match[2]) + rank}`
}
