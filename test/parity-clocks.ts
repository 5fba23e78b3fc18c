/**
 * One trace through both clocks. Real time: an emulator behind a port, asked by clients over HTTP. Virtual time: the
 * simulator's loop, with what the emulator's fleet was told and when. Used by the parity test and by benchmarks/parity.ts.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDispatcher, type GenerationObserver } from '../src/emulate/dispatcher.ts'
import {
  defaultEmulatorSettings,
  type LatenessReport,
  startEmulator,
  type TruthRecord,
} from '../src/emulate/index.ts'
import type { Fleet, FleetEvent, FleetInput } from '../src/fleet/types.ts'
import { type SimulationOptions, simulate } from '../src/sim/driver.ts'
import type { Workload, WorkloadRequest } from '../src/workload/request.ts'
import { type Recording, recorded } from './parity-recording.ts'

/** Tokens that a step gave to a request: [handed over, µs of the run; tokens]. */
type Emission = readonly [atUs: number, tokens: number]

export interface LiveRun {
  readonly recording: Recording
  /** By request, in the order of their ids. */
  readonly truth: readonly TruthRecord[]
  readonly lateness: LatenessReport
  /** Chunks with tokens that clients got. */
  readonly clientChunks: number
}

export interface VirtualRun {
  readonly recording: Recording
  readonly emissions: ReadonlyMap<number, readonly Emission[]>
}

/** Sends the requests when they are due and reads the answers; how many chunks with text came. */
export type Clients = (
  port: number,
  requests: readonly WorkloadRequest[],
  timeScale: number,
) => Promise<number>

/** Has every request sent over HTTP when it is due, `timeScale` times as fast, and waits until all are over. */
export async function runLive(
  fleet: Fleet,
  requests: readonly WorkloadRequest[],
  timeScale: number,
  maximumContextTokens: number,
  clients: Clients,
): Promise<LiveRun> {
  const folder = mkdtempSync(join(tmpdir(), 'tokenwright-parity-'))
  const truthLog = join(folder, 'truth.jsonl')
  const recording = recorded(fleet)
  const emulator = await startEmulator({
    ...defaultEmulatorSettings,
    models: [
      {
        id: 'parity',
        aliases: [],
        fleet: recording.fleet,
        maximumContextTokens,
        meanOutputTokens: null,
        telemetry: null,
        autoscaler: null,
        observer: null,
      },
    ],
    port: 0,
    timeScale,
    truthLog,
    onFault: error => {
      throw error
    },
  })
  const clientChunks = await clients(emulator.port, requests, timeScale)
  await emulator.close(60_000)
  const lines = readFileSync(truthLog, 'utf8').trimEnd().split('\n').slice(1, -1)
  rmSync(folder, { recursive: true })
  const truth = lines.map(line => JSON.parse(line) as TruthRecord)
  return {
    recording,
    truth: truth.toSorted((a, b) => a.id! - b.id!),
    lateness: emulator.lateness(),
    clientChunks,
  }
}

/** The same in virtual time: what a live fleet was told, at the times at which it was told. */
export function runVirtual(fleet: Fleet, told: Recording['inputs']): VirtualRun {
  const requests: WorkloadRequest[] = []
  const inputs: NonNullable<SimulationOptions['inputs']>[number][] = []
  for (const { atUs, input } of told) {
    if (input.kind !== 'submit') inputs.push({ atUs, input })
    else requests.push(input.request)
  }
  const recording = recorded(fleet)
  const dispatcher = createDispatcher(recording.fleet)
  const emissions = new Map<number, Emission[]>()
  for (const request of requests)
    dispatcher.track(request.id, request.inputTokens, listenerOf(request.id, emissions))
  // As the emulator does: told after every instant, when the fleet can still say how far each request is.
  const listened = Object.assign(Object.create(recording.fleet) as Fleet, {
    wake(nowUs: number, out: FleetEvent[]) {
      const from = out.length
      recording.fleet.wake(nowUs, out)
      dispatcher.onEvents(out.slice(from))
    },
    accept(nowUs: number, input: FleetInput, out: FleetEvent[]) {
      const from = out.length
      recording.fleet.accept(nowUs, input, out)
      dispatcher.onEvents(out.slice(from))
    },
  })
  simulate(scheduled(requests), listened, () => {}, { inputs })
  return { recording, emissions }
}

function listenerOf(id: number, emissions: Map<number, Emission[]>): GenerationObserver {
  const own: Emission[] = []
  emissions.set(id, own)
  let before = 0
  const add = (tokens: number, atUs: number): void => {
    if (tokens > before) own.push([atUs, tokens - before])
    before = Math.max(before, tokens)
  }
  return {
    streams: true,
    scheduled() {},
    emitted: add,
    ended({ record }) {
      if (record.outcome === 'served') add(record.outputTokens, record.lastTokenUs)
    },
  }
}

/** Requests at the times at which they were submitted. */
function scheduled(requests: readonly WorkloadRequest[]): Workload {
  let next = 0
  return {
    totalRequests: requests.length,
    accept() {},
    nextUs: () => requests[next]?.arrivalUs ?? Number.POSITIVE_INFINITY,
    wake: (nowUs, out) => {
      while (next < requests.length && requests[next]!.arrivalUs <= nowUs) out.push(requests[next++]!)
    },
  }
}
