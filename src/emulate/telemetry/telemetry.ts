/**
 * The emulator's side channels: /metrics, /dcgm/metrics and KV events, all out of the fleet's events. The server calls
 * onSubmit before it hands a request to the fleet, onFleetEvent for every event, and flush at the end of each turn of its
 * loop; text is made when it is asked for. Times are µs of the run; nothing here waits or reads a clock, sockets and the
 * process's own figures apart. Names, versions and what is left out: docs/reference/emulator-telemetry.md.
 */
import type { FleetEvent } from '../../fleet/types.ts'
import type { WorkloadRequest } from '../../workload/request.ts'
import { createBook, type ReplicaEntry } from './book.ts'
import { openCacheEvents } from './cache-events.ts'
import { dcgmExposition } from './dcgm-metrics.ts'
import { readEnergy } from './device-energy.ts'
import type { ReplicaView } from './dialect.ts'
import { exposition } from './exposition.ts'
import { processFamilies } from './process-metrics.ts'
import type { RequestParameters, TelemetrySettings } from './settings.ts'
import { sglangFamilies } from './sglang-metrics.ts'
import { trtllmFamilies } from './trtllm-metrics.ts'
import { vllmFamilies } from './vllm-metrics.ts'

export interface Telemetry {
  /** A request is about to be given to the fleet. */
  onSubmit(request: WorkloadRequest, parameters: RequestParameters): void
  onFleetEvent(event: FleetEvent): void
  /** All events of this moment have been told: KV events go out. */
  flush(): void
  /** Prometheus text of all replicas that exist, or of these. Content-Type: prometheusContentType. */
  metricsText(nowUs: number, replicas?: readonly number[]): string
  /** The same for devices. */
  dcgmText(nowUs: number, replicas?: readonly number[]): string
  /** Where a replica's KV events can be had; null: nowhere. */
  cacheEventEndpoints(replica: number): { readonly publish: string; readonly replay: string | null } | null
  /** Closes the sockets. In a worker thread it must come before the thread ends, or zeromq 6.8 aborts the process. */
  close(): void
}

/**
 * Replicas the fleet has already draw idle watts from startUs on; its settings must let engine events through.
 * onFault hears of sockets that fail later on.
 * @throws TokenwrightError when KV events are on and a package is missing or a port is taken.
 */
export async function createTelemetry(
  settings: TelemetrySettings,
  startUs = 0,
  onFault: (error: unknown) => void = () => {},
): Promise<Telemetry> {
  const { fleet, epochSeconds } = settings
  const cacheEvents =
    settings.cacheEvents === null ? null : await openCacheEvents(settings.cacheEvents, epochSeconds, onFault)
  const opening: Promise<void>[] = []
  let listening = false
  const book = createBook(settings, {
    appeared: ({ id, pool }) => {
      const opened = cacheEvents?.open(id, pool.modelName)
      if (opened === undefined) return
      // Those ordered later open their sockets while they start; nobody waits for them.
      if (listening) opened.catch(onFault)
      else opening.push(opened)
    },
    crashed: ({ id }) => cacheEvents?.restart(id),
    cacheChanged: ({ id, pool }, event) => cacheEvents?.add(id, pool.engine.blockTokens, event),
  })
  for (const { id } of fleet.replicas) book.entry(id, startUs)
  listening = true
  try {
    await Promise.all(opening)
  } catch (error) {
    cacheEvents?.close()
    throw error
  }

  const existing = (ids: readonly number[] | undefined, nowUs: number): ReplicaEntry[] =>
    fleet.replicas
      .filter(({ id, lifecycle }) => lifecycle !== 'gone' && (ids === undefined || ids.includes(id)))
      .map(({ id }) => book.entry(id, nowUs))
  const engineState = (id: number) => fleet.replicas[id]!.engine.state
  const flush = (): void => {
    book.closeSteps()
    cacheEvents?.flush()
  }

  return {
    onSubmit: book.submit,
    onFleetEvent: book.record,
    flush,
    metricsText: (nowUs, ids) => {
      flush()
      const entries = existing(ids, nowUs)
      const of = (dialect: ReplicaEntry['dialect']): ReplicaView[] =>
        entries
          .filter(entry => entry.dialect === dialect)
          .map(({ id, pool, metrics }) => {
            const { waiting, running, cacheUse } = engineState(id)
            return { id, pool, metrics, waiting, running, cacheUse }
          })
      return exposition([
        ...vllmFamilies(of('vllm'), settings.legacyNames),
        ...sglangFamilies(of('sglang')),
        ...trtllmFamilies(of('trtllm')),
        ...processFamilies(epochSeconds),
      ])
    },
    dcgmText: (nowUs, ids) =>
      dcgmExposition(
        existing(ids, nowUs).map(({ id, pool, energy }) => ({
          hostname: `${settings.hostname}-${id}`,
          device: pool.device,
          devices: pool.devicesPerReplica,
          energy: readEnergy(energy, nowUs, engineState(id).running > 0),
        })),
      ),
    cacheEventEndpoints: replica => cacheEvents?.endpoints(replica) ?? null,
    close: () => cacheEvents?.close(),
  }
}
