/** An event source with a translator behind it, for tests. */
import type { CacheEvent } from '../../engine/types.ts'
import type { DecodedBatch, DecodedCacheEvent } from './cache-event-decoder.ts'
import { createEventSource } from './event-source.ts'
import type { EventSourceInput, EventSourceOutput, EventSourceSettings } from './event-source-types.ts'
import { createEventTranslator } from './event-translator.ts'

const blockTokens = 64

export function storedBlock(block: number, parent: number | null): DecodedCacheEvent {
  return {
    kind: 'stored',
    hashes: Int32Array.of(block, 7),
    parent: parent === null ? null : Int32Array.of(parent, 7),
    tokens: Array.from({ length: blockTokens }, () => block),
    blockTokens,
    tier: 'device',
    loraName: null,
    extraKeys: null,
    group: null,
    groupKind: null,
  }
}

export function removedBlock(block: number): DecodedCacheEvent {
  return { kind: 'removed', hashes: Int32Array.of(block, 7), tier: 'device', group: null }
}

export function batch(seconds: number, ...events: DecodedCacheEvent[]): DecodedBatch {
  return { kind: 'batch', seconds, rank: 0, events, unknownEvents: 0, unknownMedia: 0 }
}

export const undecodable: DecodedBatch = { kind: 'undecodable', reason: 'test' }

/** A source with a translator behind it, and the set of keys the index would hold. */
export function listener(settings: Partial<EventSourceSettings> = {}) {
  const source = createEventSource(settings)
  const translator = createEventTranslator(1e6)
  const keys = new Set<number>()
  const said: EventSourceOutput[] = []
  const take = (out: EventSourceOutput[]): EventSourceOutput[] => {
    said.push(...out)
    const events: CacheEvent[] = []
    for (const output of out) {
      if (output.kind === 'apply') for (const event of output.events) translator.apply(0, event, events)
      else if (output.kind === 'forget') translator.clear(0, events)
    }
    for (const event of events) {
      if (event.kind === 'blocks-stored') for (const key of event.hashes) keys.add(key)
      else if (event.kind === 'blocks-removed') for (const key of event.hashes) keys.delete(key)
      else keys.clear()
    }
    return out.filter(({ kind }) => kind === 'ask-replay')
  }
  return {
    source,
    keys,
    said,
    translator,
    tell(nowUs: number, input: EventSourceInput) {
      const out: EventSourceOutput[] = []
      source.accept(nowUs, input, out)
      return take(out)
    },
    wake(nowUs: number) {
      const out: EventSourceOutput[] = []
      source.wake(nowUs, out)
      return take(out)
    },
    live(sequence: number, one: DecodedBatch, nowUs = 0) {
      return this.tell(nowUs, { kind: 'live', sequence, batch: one })
    },
  }
}

export function states(said: readonly EventSourceOutput[]) {
  return said.flatMap(output => (output.kind === 'state' ? [[output.state, output.reason]] : []))
}
