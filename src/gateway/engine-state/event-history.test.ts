/** Whatever happens to messages on their way, and to engines: the index ends as the engine's cache is. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CacheEvent } from '../../engine/types.ts'
import type { DecodedBatch, DecodedCacheEvent } from './cache-event-decoder.ts'
import { batch, listener, removedBlock, storedBlock } from './event-source.fixture.ts'
import type { EventSourceOutput } from './event-source-types.ts'
import { createEventTranslator } from './event-translator.ts'

/** An engine process's life, and what becomes of its messages on the way. */
interface Engine {
  log: DecodedBatch[]
  held: Map<number, number>
  parents: (number | null)[]
}

describe('any history', () => {
  const step = fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({ kind: fc.constant('emit' as const), pick: fc.nat(), remove: fc.boolean() }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('reconnect' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear' as const) }) },
  )
  const fate = fc.constantFrom('arrives', 'arrives', 'arrives', 'lost', 'twice', 'late')

  test('of loss, order and restarts ends with the truth when replays can be had', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(step, fate), { minLength: 1, maxLength: 60, size: 'max' }),
        fc.boolean(),
        (steps, slowReplay) => {
          const l = listener({ maximumBuffered: 1000 })
          let clock = 1000
          let nextBlock = 1
          let engine: Engine = { log: [], held: new Map(), parents: [] }
          let truth = createEventTranslator(1e6)
          let true_ = new Set<number>()
          let lateOnes: [number, DecodedBatch][] = []
          let asked: EventSourceOutput[] = []
          const answer = () => {
            while (asked.length > 0) {
              const all = asked
              asked = []
              for (const one of all) {
                if (one.kind !== 'ask-replay') continue
                engine.log.forEach((kept, sequence) => {
                  if (sequence >= one.from)
                    asked.push(
                      ...l.tell(0, { kind: 'replayed', attempt: one.attempt, sequence, batch: kept }),
                    )
                })
                asked.push(...l.tell(0, { kind: 'replay-ended', attempt: one.attempt }))
              }
            }
          }
          const emit = (event: DecodedCacheEvent, how: string) => {
            const one = batch(clock++, event)
            const events: CacheEvent[] = []
            truth.apply(0, event, events)
            for (const told of events) {
              if (told.kind === 'blocks-stored') for (const key of told.hashes) true_.add(key)
              else if (told.kind === 'blocks-removed') for (const key of told.hashes) true_.delete(key)
              else true_.clear()
            }
            const sequence = engine.log.push(one) - 1
            if (how === 'late') lateOnes.push([sequence, one])
            else if (how !== 'lost') {
              asked.push(...l.live(sequence, one))
              if (how === 'twice') asked.push(...l.live(sequence, one))
              for (const [number, late] of lateOnes) asked.push(...l.live(number, late))
              lateOnes = []
            }
            if (!slowReplay) answer()
          }
          asked.push(...l.tell(0, { kind: 'connected' }))
          for (const [action, how] of steps) {
            if (action.kind === 'emit') {
              const blocks = [...engine.held.keys()]
              const leaf = blocks[action.pick % Math.max(1, blocks.length)]
              if (action.remove && leaf !== undefined && ![...engine.held.values()].includes(leaf)) {
                engine.held.delete(leaf)
                emit(removedBlock(leaf), how)
              } else {
                const block = nextBlock++
                const parent = action.pick % 4 === 0 ? undefined : leaf
                engine.held.set(block, parent ?? 0)
                emit(storedBlock(block, parent ?? null), how)
              }
            } else if (action.kind === 'clear') {
              engine.held.clear()
              emit({ kind: 'cleared' }, how)
            } else {
              // What the old connection still held is gone, and a replay under way with it.
              lateOnes = []
              if (action.kind === 'restart') {
                asked = []
                engine = { log: [], held: new Map(), parents: [] }
                truth = createEventTranslator(1e6)
                true_ = new Set()
                clock += 100
                const due = l.source.nextUs()
                if (Number.isFinite(due)) asked.push(...l.wake(due))
              }
              asked.push(...l.tell(0, { kind: 'connected' }))
              if (!slowReplay) answer()
            }
          }
          answer()
          emit(storedBlock(nextBlock, null), 'arrives')
          answer()
          expect(l.source.state).toBe('live')
          expect([...l.keys].sort()).toEqual([...true_].sort())
        },
      ),
      { numRuns: 300 },
    )
  })
})
