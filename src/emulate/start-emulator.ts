/** Starts an emulator: an OpenAI-compatible server whose timings are those of the fleets behind it. */
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { assert } from '../core/assert.ts'
import { TokenwrightError } from '../core/errors.ts'
import { isSystemFault } from '../core/file-fault.ts'
import { mix32 } from '../core/random.ts'
import type { FleetInput } from '../fleet/types.ts'
import type { RequestRecord } from '../metrics/record.ts'
import type { RequestOutcome, WorkloadRequest } from '../workload/request.ts'
import { createFleetLane, type EmulatorCore, type FleetLane, type ServedModel } from './core.ts'
import { createFaultLottery } from './fault-spec.ts'
import { createLatenessMeter, type LatenessReport } from './lateness.ts'
import { startClock } from './live-clock.ts'
import { createLiveDriver } from './live-driver.ts'
import { createEmulatorServer } from './server.ts'
import { checkSettings, type EmulatorSettings } from './settings.ts'
import { openTruthLog, type TruthLog } from './truth-log-file.ts'

export interface Emulator {
  /** The port it listens on. */
  readonly port: number
  /** http://host:port, IPv6 addresses in brackets. */
  readonly url: string
  readonly startedAt: string
  /** µs of the run now. */
  nowUs(): number
  /** Requests under way. */
  readonly inFlight: number
  /** How late streamed tokens left so far. */
  lateness(): LatenessReport
  /** What became of the requests that are over: the lines of the truth log, whether or not one is written. */
  outcomes(): Readonly<Record<RequestOutcome, number>>
  /**
   * Gives a request to a model's fleet as if it arrived at atUs, now or later, without HTTP: for replays and for comparing
   * with virtual time. Call in the order of arrival. Resolves when it is over, never when the emulator closes before.
   */
  submit(request: Omit<WorkloadRequest, 'id' | 'arrivalUs'>, atUs: number): Promise<RequestRecord>
  /** A fault or a change of size, now: what planned inputs are, for those who cannot plan. */
  apply(model: string, input: FleetInput): void
  /**
   * Takes no more connections, lets requests under way go on for so many milliseconds, breaks off the others, and writes
   * the truth log to its end.
   */
  close(graceMs?: number): Promise<void>
}

/**
 * Starts listening; the run's time 0 is now. Throws a TokenwrightError for settings that make no sense, a port that is taken
 * and a truth log that cannot be written.
 */
export async function startEmulator(settings: EmulatorSettings, version = '0.0.0'): Promise<Emulator> {
  checkSettings(settings)
  const drawFault = createFaultLottery(settings.faultRates, settings.seed)
  const clock = startClock(settings.timeScale)
  const driver = createLiveDriver(clock)
  const lateness = createLatenessMeter()
  const outcomes: Record<RequestOutcome, number> = { served: 0, rejected: 0, failed: 0, cancelled: 0 }
  let truthLog: TruthLog | null = null
  const lanes = new Map<unknown, FleetLane>()
  const models = new Map<string, ServedModel>()
  for (const model of settings.models) {
    const lane = lanes.get(model.fleet) ?? createFleetLane(driver, model)
    lanes.set(model.fleet, lane)
    const { id, aliases, maximumContextTokens } = model
    const meanOutputTokens = model.meanOutputTokens ?? settings.meanOutputTokens
    const served: ServedModel = { id, aliases, maximumContextTokens, meanOutputTokens, lane }
    for (const name of [id, ...aliases]) models.set(name, served)
  }
  const core: EmulatorCore = {
    settings,
    clock,
    models,
    firstModel: models.get(settings.models[0]!.id)!,
    lanes: [...lanes.values()],
    lateness,
    drawFault,
    truth: (record, chunks) => {
      outcomes[record.outcome]++
      truthLog?.write(record, chunks)
    },
    nextId: createIds(settings.seed),
    later: (milliseconds, action) => {
      setTimeout(action, clock.wallMs(milliseconds * 1000))
    },
  }
  const server = createEmulatorServer(core, version)
  try {
    await listen(server, settings.host, settings.port)
    await openTelemetry(settings, lanes, clock.startedAt)
    if (settings.truthLog !== null) {
      const { timeScale, startedAt } = clock
      const names = settings.models.map(({ id }) => id)
      const header = {
        kind: 'start',
        version: 1,
        startedAt,
        timeScale,
        seed: String(settings.seed),
        models: names,
      } as const
      truthLog = await openTruthLog(settings.truthLog, header, settings.onFault)
    }
  } catch (error) {
    driver.close()
    server.close()
    for (const lane of core.lanes) lane.telemetry?.close()
    throw error
  }
  for (const { model, atUs, input } of settings.inputs) {
    const served = models.get(model)
    if (served !== undefined) served.lane.lane.accept(input, served.lane.lane.stamp(atUs))
  }

  const { port } = server.address() as AddressInfo
  const inFlight = () => core.lanes.reduce((sum, { dispatcher }) => sum + dispatcher.tracked, 0)
  let closing: Promise<void> | null = null

  async function shut(graceMs: number): Promise<void> {
    const closed = new Promise<void>(resolve => server.close(() => resolve()))
    server.closeIdleConnections()
    const deadline = performance.now() + graceMs
    while (inFlight() > 0 && performance.now() < deadline) await sleep(5)
    // A moment for answers on their way out, then the rest is cut.
    await sleep(5)
    server.closeAllConnections()
    await closed
    while (inFlight() > 0 && performance.now() < deadline + longestCancelMs) await sleep(1)
    driver.close()
    for (const lane of core.lanes) lane.telemetry?.close()
    await truthLog?.close(clock.nowUs())
  }

  return {
    port,
    url: `http://${settings.host.includes(':') ? `[${settings.host}]` : settings.host}:${port}`,
    startedAt: clock.startedAt,
    nowUs: clock.nowUs,
    get inFlight() {
      return inFlight()
    },
    lateness: lateness.report,
    outcomes: () => ({ ...outcomes }),
    submit(request, atUs) {
      const served = models.get(request.model)
      assert(served !== undefined, `there is no model ${request.model}`)
      return new Promise(resolve => {
        served.lane.replay({ ...request, model: served.id }, atUs, {
          streams: false,
          scheduled() {},
          emitted() {},
          ended: ({ record }) => resolve(record),
        })
      })
    },
    apply(model, input) {
      const served = models.get(model)
      assert(served !== undefined, `there is no model ${model}`)
      const { lane } = served.lane
      lane.accept(input, lane.stamp(clock.nowUs()))
    },
    close(graceMs = 0) {
      closing ??= shut(graceMs)
      return closing
    },
  }
}

/** Cancelled requests are over at the latest with the step in progress; more than a second on the wall is a fault. */
const longestCancelMs = 1000

function sleep(milliseconds: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, milliseconds))
}

function createIds(seed: string | number): (prefix: string) => string {
  let number = 0
  let salt = 0
  for (const character of String(seed)) salt = mix32(salt ^ character.charCodeAt(0))
  const hex = (value: number) => (value >>> 0).toString(16).padStart(8, '0')
  return prefix => {
    const id = number++
    return `${prefix}${hex(id)}${hex(mix32(id ^ salt))}${hex(mix32(~id ^ salt))}`
  }
}

const anotherPort = 'choose another port, or 0 for any that is free'
const noAddress = ['this machine has no such address', '--host', 'say 127.0.0.1, or 0.0.0.0 for all'] as const

/** By the system's code: what is wrong, where, what to do. */
const listenFaults: Readonly<Record<string, readonly [reason: string, where: string, fix: string]>> = {
  EADDRINUSE: ['another program listens there', '--port', anotherPort],
  EACCES: ['no permission: ports below 1024 are for the system', '--port', 'choose one from 1024 on'],
  EADDRNOTAVAIL: noAddress,
  ENOTFOUND: noAddress,
  EAI_AGAIN: noAddress,
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', error => {
      const code = isSystemFault(error) ? error.code : ''
      const [reason, where, fix] = listenFaults[code] ?? [error.message, '--port', anotherPort]
      reject(new TokenwrightError('usage', `cannot listen on ${host}:${port}: ${reason}`, { where, fix }))
    })
    server.listen(port, host, resolve)
  })
}

async function openTelemetry(
  settings: EmulatorSettings,
  lanes: ReadonlyMap<unknown, FleetLane>,
  startedAt: string,
): Promise<void> {
  for (const { fleet, telemetry } of settings.models) {
    const lane = lanes.get(fleet)!
    if (telemetry === null || lane.telemetry !== null) continue
    const epochSeconds = Date.parse(startedAt) / 1000
    lane.telemetry = await telemetry({ fleet, epochSeconds, tokensOf: lane.tokensOf })
  }
}
