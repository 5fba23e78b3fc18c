/** What a fleet was told and what it decided, word for word, whichever clock drives it. */
import type { Fleet, FleetEvent, FleetInput } from '../src/fleet/types.ts'

export interface Recording {
  /** The same fleet; what goes through it is written down. */
  readonly fleet: Fleet
  readonly inputs: { readonly atUs: number; readonly input: FleetInput }[]
  /** One line per event, in order. Kept as text at once: the fleet may use its objects again. */
  readonly decisions: string[]
  readonly counts: DecisionCounts
}

/** How much was decided, by kind: that nothing differs says little where nothing happened. */
export interface DecisionCounts {
  /** Routed, rejected, moved between pools. */
  routing: number
  /** Steps, and requests entering and leaving them. */
  batching: number
  preemptions: number
  /** Blocks stored, evicted, cleared; of them, evictions. */
  cache: number
  evictions: number
  /** Prompt tokens that were found in a cache. */
  cachedTokens: number
}

export function recorded(fleet: Fleet): Recording {
  const inputs: Recording['inputs'] = []
  const decisions: string[] = []
  const counts: DecisionCounts = {
    routing: 0,
    batching: 0,
    preemptions: 0,
    cache: 0,
    evictions: 0,
    cachedTokens: 0,
  }
  const note = (event: FleetEvent): void => {
    count(event, counts)
    decisions.push(decision(event))
  }
  return {
    inputs,
    decisions,
    counts,
    // The fleet has getters: it must stay the receiver of what is not replaced.
    fleet: Object.assign(Object.create(fleet) as Fleet, {
      accept(nowUs: number, input: FleetInput, out: FleetEvent[]) {
        inputs.push({ atUs: nowUs, input })
        const from = out.length
        fleet.accept(nowUs, input, out)
        for (let index = from; index < out.length; index++) note(out[index]!)
      },
      wake(nowUs: number, out: FleetEvent[]) {
        const from = out.length
        fleet.wake(nowUs, out)
        for (let index = from; index < out.length; index++) note(out[index]!)
      },
      nextUs: () => fleet.nextUs(),
    }),
  }
}

/** An event as a line that is equal where the event is, times and energy to the last bit. */
function decision(event: FleetEvent): string {
  return JSON.stringify(event.kind === 'ended' ? { kind: event.kind, record: event.record } : event)
}

function count(event: FleetEvent, counts: DecisionCounts): void {
  switch (event.kind) {
    case 'routed':
    case 'rejected':
    case 'transferred':
      counts.routing++
      return
    case 'ended':
      counts.cachedTokens += event.record.cachedTokens
      return
    case 'engine':
      switch (event.event.kind) {
        case 'blocks-removed':
          counts.evictions += event.event.hashes.length
          counts.cache++
          return
        case 'blocks-stored':
        case 'blocks-cleared':
          counts.cache++
          return
        case 'preempted':
          counts.preemptions++
          break
      }
      counts.batching++
      return
    default:
      return
  }
}

/** Where two recordings first differ; null when they are equal. */
export function firstDifference(
  one: readonly string[],
  other: readonly string[],
): { readonly index: number; readonly one: string; readonly other: string } | null {
  const length = Math.max(one.length, other.length)
  for (let index = 0; index < length; index++) {
    if (one[index] !== other[index])
      return { index, one: one[index] ?? 'nothing', other: other[index] ?? 'nothing' }
  }
  return null
}

/** How many lines differ, place by place. */
export function differences(one: readonly string[], other: readonly string[]): number {
  let sum = Math.abs(one.length - other.length)
  for (let index = 0; index < Math.min(one.length, other.length); index++)
    if (one[index] !== other[index]) sum++
  return sum
}

const ofRequests = [
  '{"kind":"routed"',
  '{"kind":"rejected"',
  '{"kind":"transferred"',
  '{"kind":"ended"',
  '"event":{"kind":"scheduled"',
  '"event":{"kind":"preempted"',
  '"event":{"kind":"first-token"',
  '"event":{"kind":"finished"',
]

/**
 * What happened to requests, in an order of its own: what a run that skips uneventful steps has to decide as well, though
 * it tells steps and evictions of a row together, and later.
 */
export function decisionsOnRequests(decisions: readonly string[]): string[] {
  return decisions.filter(line => ofRequests.some(head => line.includes(head))).toSorted()
}
