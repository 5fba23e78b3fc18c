/** A replica's KV events over real sockets: an engine played by the emulator, and what an index would hold of it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type CacheEventFormat,
  type CacheEventSettings,
  defaultCacheEventSettings,
} from '../../emulate/telemetry/cache-event-settings.ts'
import { openCacheEvents } from '../../emulate/telemetry/cache-events.ts'
import type { CacheEvent } from '../../engine/types.ts'
import {
  type CacheEventEndpoints,
  type CacheEventSubscriber,
  createCacheEventSubscriber,
  loadEventPackages,
} from './cache-event-subscriber.ts'
import type { EventSourceSettings } from './event-source-types.ts'
import { absorb, emptyPrefix, prefixKey } from './prefix-hash.ts'
import { createReplicaEvents, type ReplicaEvents } from './replica-events.ts'

/** The test's own folder, for sockets of its own. */
let folder = ''
/** What to close after the test. */
export const closers: (() => void)[] = []

export function openFolder(): void {
  folder = mkdtempSync(join(tmpdir(), 'tokenwright-kv-'))
}

export function inFolder(name: string): string {
  return `ipc://${folder}/${name}`
}

/** Every socket is closed: an open one aborts the process when its worker thread ends (zeromq 6.8). */
export function closeAll(): void {
  for (const close of closers.splice(0).reverse()) close()
  rmSync(folder, { recursive: true, force: true })
}

export const blockTokens = 64
/** Conversation requestId's tokens, without an end. */
const tokenOf = (requestId: number, index: number) => requestId * 1000 + index

export async function engine(format: CacheEventFormat, change: Partial<CacheEventSettings> = {}, ranks = 1) {
  const settings: CacheEventSettings = {
    ...defaultCacheEventSettings,
    endpoint: `ipc://${folder}/events`,
    replayEndpoint: `ipc://${folder}/replay`,
    format,
    tokensOf: (requestId, firstBlock, count, size) =>
      Array.from({ length: count * size }, (_, index) => tokenOf(requestId, firstBlock * size + index)),
    ...change,
  }
  const events = await openCacheEvents(settings, 1_700_000_000, error => {
    throw error
  })
  closers.push(() => events.close())
  for (let rank = 0; rank < ranks; rank++) await events.open(rank, 'org/model')
  return events
}

/** A conversation's blocks, numbered so that parents are known by their number. */
export function stored(
  atUs: number,
  requestId: number,
  firstBlock: number,
  count: number,
  more = {},
): CacheEvent {
  const number = (block: number) => requestId * 1000 + block + 1
  return {
    kind: 'blocks-stored',
    atUs,
    requestId,
    hashes: Array.from({ length: count }, (_, index) => number(firstBlock + index)),
    parentHash: firstBlock === 0 ? null : number(firstBlock - 1),
    firstBlock,
    tier: 'device',
    ...more,
  }
}

/** Keys of a conversation's first blocks, computed from its tokens alone. */
export function keysOf(requestId: number, blocks: number): number[] {
  const state = emptyPrefix()
  return Array.from({ length: blocks }, (_, block) => {
    const tokens = Array.from({ length: blockTokens }, (_, index) =>
      tokenOf(requestId, block * blockTokens + index),
    )
    absorb(state, tokens, 0, blockTokens)
    return prefixKey(state.a, state.b)
  })
}

export interface Heard {
  readonly keys: Map<number, Set<string>>
  readonly said: string[]
  readonly replica: ReplicaEvents
  readonly subscriber: CacheEventSubscriber
  until(condition: () => boolean): Promise<void>
}

export async function listen(
  change: Partial<CacheEventEndpoints> = {},
  source: Partial<EventSourceSettings> = {},
  ranks = 1,
): Promise<Heard> {
  const keys = new Map<number, Set<string>>()
  const said: string[] = []
  const endpoints: CacheEventEndpoints = {
    publish: `ipc://${folder}/events`,
    replay: `ipc://${folder}/replay`,
    mode: 'connect',
    ranks,
    topic: '',
    ...change,
  }
  let changed = () => {}
  const replica = createReplicaEvents(
    { ranks, maximumBlocks: 1e5, source: { canReplay: endpoints.replay !== null, ...source } },
    {
      cacheChanged(event) {
        if (event.kind === 'blocks-cleared') keys.clear()
        else
          for (const key of event.hashes) {
            const tiers = keys.get(key) ?? new Set()
            if (event.kind === 'blocks-stored') keys.set(key, tiers.add(event.tier))
            else if (tiers.delete(event.tier) && tiers.size === 0) keys.delete(key)
          }
        changed()
      },
      askReplay: (rank, attempt, from) => subscriber.askReplay(rank, attempt, from),
      stateChanged: (state, reason) => {
        said.push(reason === null ? state : `${state}: ${reason}`)
        changed()
      },
      alarm: (name, rank, reason) => {
        said.push(`${name} of ${rank}: ${reason}`)
        changed()
      },
    },
  )
  const subscriber = createCacheEventSubscriber(await loadEventPackages(), endpoints, {
    event: (rank, input) => replica.accept(0, rank, input),
    fault: (_, error) => {
      throw error
    },
  })
  closers.push(() => subscriber.close())
  await subscriber.ready
  return {
    keys,
    said,
    replica,
    subscriber,
    until: condition =>
      new Promise(resolve => {
        changed = () => {
          if (condition()) resolve()
        }
        changed()
      }),
  }
}

export const sorted = (keys: Iterable<number>) => [...keys].sort((one, other) => one - other)
export const holds = ({ keys }: Heard, wanted: readonly number[]) =>
  String(sorted(keys.keys())) === String(sorted(wanted))
