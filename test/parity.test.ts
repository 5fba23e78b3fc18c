/**
 * One code, two clocks: the same requests through the emulator, in real time over HTTP, and through the simulator's loop give
 * the same routing, the same steps with the same members, the same evictions, event for event and to the microsecond.
 */
import { describe, expect, test } from 'vitest'
import { createFleet } from '../src/fleet/fleet.ts'
import { askAll } from './parity-clients.ts'
import { type LiveRun, runLive, runVirtual } from './parity-clocks.ts'
import { decisionsOnRequests, firstDifference } from './parity-recording.ts'
import { type ParityWorld, parityFleet, parityTrace, parityWorlds } from './parity-worlds.ts'

const requests = 160
/** Seconds of the run per second on the wall: about 6 s of requests in less than one. */
const timeScale = 8
const maximumContextTokens = 1200

const fleetOf = (world: ParityWorld, skipEvents = false) => createFleet(parityFleet(world, skipEvents))

/** Every 20th client goes away when its answer begins. */
const givesUp = (id: number) => id % 20 === 7

function liveRun(world: ParityWorld): Promise<LiveRun> {
  const trace = parityTrace(requests, 'parity', 0)
  return runLive(fleetOf(world), trace, timeScale, maximumContextTokens, (port, sent, scale) =>
    askAll(port, sent, scale, ({ id }) => givesUp(id)),
  )
}

describe('both clocks decide alike', () => {
  test.for(parityWorlds)('$name', async world => {
    const live = await liveRun(world)
    const { inputs, decisions, counts } = live.recording
    const virtual = runVirtual(fleetOf(world), inputs)
    expect(firstDifference(decisions, virtual.recording.decisions)).toBeNull()

    // It was no easy run: caches were used and too small, clients went away, and requests shared their steps.
    expect(inputs.filter(({ input }) => input.kind === 'submit')).toHaveLength(requests)
    expect(inputs.filter(({ input }) => input.kind === 'cancel').length).toBeGreaterThan(0)
    expect(counts.routing).toBeGreaterThanOrEqual(requests - 8)
    expect(counts.batching).toBeGreaterThan(5 * requests)
    expect(counts.cachedTokens).toBeGreaterThan(0)
    expect(counts.evictions).toBeGreaterThan(0)

    // Who got how many tokens in which step: as virtual time has it, and never sent earlier.
    expect(live.truth).toHaveLength(requests)
    let chunks = 0
    let cut = 0
    let latestUs = 0
    for (const { id, chunks: sent } of live.truth) {
      const due = sent.map(([atUs, , tokens]) => [atUs, tokens])
      const emitted = virtual.emissions.get(id!)!
      // Whoever goes away misses the rest.
      expect(due).toEqual(emitted.slice(0, due.length))
      if (due.length < emitted.length) cut++
      for (const [dueUs, writtenUs] of sent) {
        expect(writtenUs).toBeGreaterThanOrEqual(dueUs)
        latestUs = Math.max(latestUs, writtenUs - dueUs)
      }
      chunks += sent.length
    }
    expect(cut).toBeLessThanOrEqual(requests / 20)
    expect(live.lateness.chunks).toBe(chunks)
    expect(live.lateness.maximumMs).toBeCloseTo(latestUs / 1000 / timeScale, 6)
    expect(live.clientChunks).toBeLessThanOrEqual(chunks)
    expect(live.clientChunks).toBeGreaterThan(0.8 * chunks)

    // Skipping steps in which nothing happens changes nothing, unless a router hears of evictions, which are then told late.
    if (world.router.kind === 'kv-aware') return
    const skipping = runVirtual(fleetOf(world, true), inputs)
    expect(
      firstDifference(decisionsOnRequests(decisions), decisionsOnRequests(skipping.recording.decisions)),
    ).toBeNull()
  })

  test('preemptions and moves between pools are among what was compared', () => {
    const trace = parityTrace(requests, 'parity', 0)
    const inputs = trace.map(request => ({
      atUs: request.arrivalUs,
      input: { kind: 'submit', request } as const,
    }))
    const counted = parityWorlds.map(world => runVirtual(fleetOf(world), inputs).recording)
    expect(Math.max(...counted.map(({ counts }) => counts.preemptions))).toBeGreaterThan(0)
    expect(counted.some(({ decisions }) => decisions.some(line => line.includes('transferred')))).toBe(true)
  })

  test('another world would be noticed', () => {
    const [world] = parityWorlds as readonly [ParityWorld]
    const trace = parityTrace(requests, 'parity', 0)
    const inputs = trace.map(request => ({
      atUs: request.arrivalUs,
      input: { kind: 'submit', request } as const,
    }))
    const lines = (change: Partial<ParityWorld>) =>
      runVirtual(fleetOf({ ...world, ...change }), inputs).recording.decisions
    const same = lines({})
    expect(firstDifference(same, lines({}))).toBeNull()
    expect(firstDifference(same, lines({ router: { kind: 'round-robin' } }))).not.toBeNull()
    expect(firstDifference(same, lines({ engine: { blocksPerRank: 91 } }))).not.toBeNull()
    expect(firstDifference(same, lines({ engine: { tokenBudget: 511 } }))).not.toBeNull()
  })
})
