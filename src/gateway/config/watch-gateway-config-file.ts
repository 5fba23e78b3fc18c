/**
 * A changed configuration is taken over while the gateway runs; a bad one is told of, and the old one stays.
 *
 * Files are looked at every second, not listened to: editors put a new file in the old one's place, Kubernetes swaps a link two folders
 * away, network file systems tell nothing.
 */
import { type FileHandle, open } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import { TokenwrightError } from '../../core/errors.ts'
import { type ConfigSource, createChangeDetector } from './change-detector.ts'
import type { GatewayConfig } from './gateway-config.ts'
import {
  type ConfigReading,
  type LoadConfigOptions,
  mostSourceBytes,
  readConfigSources,
} from './load-gateway-config-file.ts'
import { restartNeeded } from './restart-fields.ts'

export interface WatchConfigOptions extends LoadConfigOptions {
  /** Takes over a new configuration. When it throws or rejects, the change counts as refused. */
  readonly onConfig: (config: GatewayConfig) => void | Promise<void>
  /** Once for each bad content, however long it stays. */
  readonly onRefused: (error: TokenwrightError) => void
  /** Between two looks. Default 1,000. 0: none, only reload(). */
  readonly intervalMs?: number
}

export type ReloadOutcome =
  | { readonly kind: 'applied'; readonly config: GatewayConfig }
  /** It says what it said: nothing was done. */
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'refused'; readonly error: TokenwrightError }

export interface ConfigWatch {
  /** The one in force. */
  readonly config: GatewayConfig
  /** Reads the files now, whether they changed or not: for SIGHUP and the admin API. onConfig and onRefused are called as well; rejects only if onRefused throws. */
  reload(): Promise<ReloadOutcome>
  /** No more looks; what is being taken over is finished. */
  close(): void
}

/** A second: as long as somebody who has just saved a file waits without wondering (assumed). */
const defaultIntervalMs = 1000

/**
 * Loads the configuration and watches it.
 * @throws TokenwrightError as loadGatewayConfig does, when the first one is bad.
 */
export function watchGatewayConfig(path: string, options: WatchConfigOptions): ConfigWatch {
  const first = readConfigSources(path, options)
  if (first.outcome.kind === 'refused') throw first.outcome.error
  let config = first.outcome.config
  const changes = createChangeDetector(first.sources)
  let running: Promise<unknown> = Promise.resolve()
  let timer: ReturnType<typeof setTimeout> | null = null
  let closed = false

  async function takeOver(): Promise<ReloadOutcome> {
    const outcome = await outcomeOf(readNow())
    if (outcome.kind === 'applied') config = outcome.config
    if (outcome.kind === 'refused') options.onRefused(outcome.error)
    return outcome
  }

  function readNow(): ConfigReading['outcome'] {
    try {
      const { sources, outcome } = readConfigSources(path, options)
      changes.read(sources)
      return outcome
    } catch (error) {
      // A fault of ours must not end a gateway that serves.
      return { kind: 'refused', error: internalFault(error, path) }
    }
  }

  async function outcomeOf(outcome: ConfigReading['outcome']): Promise<ReloadOutcome> {
    if (outcome.kind === 'refused') return outcome
    if (isDeepStrictEqual(outcome.config, config)) return { kind: 'unchanged' }
    const error = restartNeeded(config, outcome.config, path, outcome.lineOf)
    if (error !== null) return { kind: 'refused', error }
    try {
      await options.onConfig(outcome.config)
      return { kind: 'applied', config: outcome.config }
    } catch (error) {
      return { kind: 'refused', error: internalFault(error, path) }
    }
  }

  /** One at a time, in the order in which they were asked for. */
  function reload(): Promise<ReloadOutcome> {
    const reloaded = running.then(takeOver)
    running = reloaded.catch(() => {})
    return reloaded
  }

  async function look(): Promise<void> {
    await running
    const seen = await Promise.all(changes.sources.map(readAgain))
    if (closed || !changes.look(seen)) return
    // Also if reading fails by a fault of ours: it is not tried again before the files change.
    changes.read(seen)
    await reload()
  }

  function schedule(intervalMs: number): void {
    timer = setTimeout(async () => {
      // Whatever a look meets, the next one comes: onRefused may throw.
      await look().catch(() => {})
      if (!closed) schedule(intervalMs)
    }, intervalMs)
    // Watching alone keeps no process alive.
    timer.unref()
  }

  const intervalMs = options.intervalMs ?? defaultIntervalMs
  if (intervalMs > 0) schedule(intervalMs)
  return {
    get config() {
      return config
    },
    reload,
    close() {
      closed = true
      if (timer !== null) clearTimeout(timer)
    },
  }
}

/** Asynchronous, because a network file system that hangs must not hold up requests. */
async function readAgain(known: ConfigSource): Promise<ConfigSource> {
  const { path } = known
  let file: FileHandle | null = null
  try {
    file = await open(path, 'r')
    const status = await file.stat()
    // A pipe is read only once: what it said holds.
    if (!status.isFile()) return known
    const bytes = Buffer.alloc(Math.min(status.size, mostSourceBytes))
    let length = 0
    while (length < bytes.length) {
      const { bytesRead } = await file.read(bytes, length, bytes.length - length, length)
      if (bytesRead === 0) break
      length += bytesRead
    }
    return { path, bytes: bytes.subarray(0, length) }
  } catch {
    return { path, bytes: null }
  } finally {
    await file?.close().catch(() => {})
  }
}

function internalFault(error: unknown, where: string): TokenwrightError {
  if (error instanceof TokenwrightError) return error
  const message = error instanceof Error ? error.message : String(error)
  return new TokenwrightError('internal', `the new configuration could not be taken over: ${message}`, {
    where,
  })
}
