/**
 * Events of the Trace Event Format, as far as we write them ("Trace Event Format", Google, October 2016: complete, async,
 * counter, instant and metadata events). ui.perfetto.dev and chrome://tracing read them. Times in µs of the run.
 */

export type TraceEvent = CompleteEvent | AsyncEvent | CounterEvent | InstantEvent | MetadataEvent

export type TraceArgs = Readonly<Record<string, string | number | boolean>>

/** Something that lasts, on a track; those of one track may not overlap. */
export interface CompleteEvent {
  readonly ph: 'X'
  readonly name: string
  readonly cat: string
  readonly pid: number
  readonly tid: number
  readonly ts: number
  readonly dur: number
  readonly args: TraceArgs
}

/** Begin and end of something that overlaps with others of its kind; pairs and nesting by category and id. */
export interface AsyncEvent {
  readonly ph: 'b' | 'e'
  readonly name: string
  readonly cat: string
  readonly id: string
  readonly pid: number
  readonly tid: number
  readonly ts: number
  readonly args: TraceArgs
}

/** Values from ts on, one series per argument. */
export interface CounterEvent {
  readonly ph: 'C'
  readonly name: string
  readonly pid: number
  readonly tid: number
  readonly ts: number
  readonly args: Readonly<Record<string, number>>
}

export interface InstantEvent {
  readonly ph: 'i'
  /** Drawn over the whole process. */
  readonly s: 'p'
  readonly name: string
  readonly cat: string
  readonly pid: number
  readonly tid: number
  readonly ts: number
  readonly args: TraceArgs
}

export interface MetadataEvent {
  readonly ph: 'M'
  readonly name: 'process_name' | 'process_sort_index' | 'thread_name' | 'thread_sort_index'
  readonly pid: number
  readonly tid: number
  readonly ts: 0
  readonly args: TraceArgs
}

/** The fleet as a whole; 0 is the idle process of Linux, which viewers treat as something else. */
export const fleetProcess = 1
/** Track of what has no track of its own. */
export const mainTrack = 1

/** A replica's process. */
export function replicaProcess(replica: number): number {
  return fleetProcess + 1 + replica
}

export function processName(pid: number, name: string): MetadataEvent[] {
  return [
    { ph: 'M', name: 'process_name', pid, tid: mainTrack, ts: 0, args: { name } },
    { ph: 'M', name: 'process_sort_index', pid, tid: mainTrack, ts: 0, args: { sort_index: pid } },
  ]
}

export function trackName(pid: number, tid: number, name: string): MetadataEvent[] {
  return [
    { ph: 'M', name: 'thread_name', pid, tid, ts: 0, args: { name } },
    { ph: 'M', name: 'thread_sort_index', pid, tid, ts: 0, args: { sort_index: tid } },
  ]
}
