/** Traces from text, and a server of constant speed, for the tests of this room. */
import { EventHeap } from '../core/event-heap.ts'
import type { RequestEnd, RequestOutcome, Workload, WorkloadRequest } from './request.ts'
import { TraceReader } from './trace-reader.ts'
import { SessionBook } from './trace-sessions.ts'
import { type TraceTable, TraceTableBuilder } from './trace-table.ts'

export function tableOf(text: string): TraceTable {
  const notes = new Set<string>()
  const reader = new TraceReader('test', new SessionBook(), notes)
  const builder = new TraceTableBuilder()
  for (const line of text.split('\n')) reader.read(line, builder)
  reader.finish(builder)
  return builder.finish('test', reader.format, notes)
}

export interface Served {
  readonly request: WorkloadRequest
  readonly endUs: number
}

/** Runs a workload against a server where every request takes `serviceUs`; stops after `most` requests. */
export function serve(
  workload: Workload,
  serviceUs: (request: WorkloadRequest) => number = () => 1e6,
  outcome: (request: WorkloadRequest) => RequestOutcome = () => 'served',
  most = 100_000,
): Served[] {
  const ends = new EventHeap<RequestEnd>()
  const served: Served[] = []
  const out: WorkloadRequest[] = []
  while (served.length < most) {
    const nowUs = Math.min(workload.nextUs(), ends.nextUs())
    if (!Number.isFinite(nowUs)) break
    while (ends.nextUs() <= nowUs) workload.accept(nowUs, ends.pop()!, out)
    if (workload.nextUs() <= nowUs) workload.wake(nowUs, out)
    for (const request of out) {
      const endUs = nowUs + serviceUs(request)
      served.push({ request, endUs })
      ends.push(endUs, { request, outcome: outcome(request) })
    }
    out.length = 0
  }
  return served
}
