/** `gateway`, from a file to its end: reads, starts both ports, says so, follows changes of the file, closes in order. */
import { TokenwrightError } from '../core/errors.ts'
import { parseDurationMs } from '../core/parse-quantity.ts'
import {
  describeConfig,
  type GatewayConfig,
  shippedFacts,
  watchGatewayConfig,
} from '../gateway/config/index.ts'
import { createLogWriter, createRequestLog, type RequestLog } from '../gateway/observe/index.ts'
import { type Gateway, startGateway } from '../gateway/start/index.ts'
import type { GatewayFlags } from './commands/gateway.ts'
import { dashboardFiles } from './gateway-dashboard.ts'
import { leanHeap } from './lean-heap.ts'
import { packageVersion } from './version-file.ts'

/** @throws TokenwrightError with what is wrong in flags, configuration, ports or ledger, before anything is served. */
export async function runGateway(path: string | undefined, flags: GatewayFlags): Promise<void> {
  const graceMs = parseDurationMs(flags.grace, '--grace')
  if (flags.demo) {
    if (path !== undefined)
      throw new TokenwrightError('usage', '--demo brings its own configuration', {
        fix: 'leave the file out, or --demo',
      })
    const { runGatewayDemo } = await import('./gateway-demo.ts')
    await runGatewayDemo(flags)
    return
  }
  if (path === undefined)
    throw new TokenwrightError('usage', 'which configuration?', {
      fix: 'tokenwright gateway gateway.yaml, or --demo to see one at work; docs/reference/gateway-config.md has an example',
    })
  if (flags.check) {
    const { loadGatewayConfig } = await import('../gateway/config/index.ts')
    console.log(
      JSON.stringify(describeConfig(loadGatewayConfig(path, { environment: process.env })), null, 2),
    )
    return
  }
  leanHeap(process.env)
  await serve(path, flags, graceMs)
}

async function serve(path: string, flags: GatewayFlags, graceMs: number): Promise<void> {
  const log = requestLog(flags)
  let gateway: Gateway | null = null
  const watch = watchGatewayConfig(path, {
    environment: process.env,
    onConfig: async (config: GatewayConfig) => {
      await gateway?.reconfigure(config)
      log.event('info', 'config-loaded', { source: path })
    },
    onRefused: error => {
      gateway?.refused(refusalOf(error))
      log.event('error', 'config-refused', {
        message: error.message,
        where: error.where ?? '',
        fix: error.fix ?? '',
      })
    },
  })
  try {
    const { config } = watch
    const assets = dashboardFiles()
    gateway = await startGateway({
      config,
      source: path,
      version: packageVersion(),
      book: shippedFacts.priceBook(),
      seed: flags.seed,
      log: flags.logFormat === 'none' ? null : log,
      onNotice: (level, event, fields) => log.event(level, event, fields),
      reload: () => watch.reload(),
      ...(assets === null ? {} : { assets }),
    })
    // It may have changed while the ports were being opened.
    if (watch.config !== config) await gateway.reconfigure(watch.config)
    tellStart(gateway, watch.config, assets !== null)
    process.on('SIGHUP', () => void watch.reload())
    await nextSignal()
    console.error('closing: no new requests, those under way may end')
    await gateway.close(graceMs)
  } finally {
    watch.close()
  }
}

function tellStart(gateway: Gateway, config: GatewayConfig, hasDashboard: boolean): void {
  console.log(`gateway  ${gateway.url}/v1   models: ${config.models.map(({ alias }) => alias).join(', ')}`)
  console.log(`control  ${gateway.controlUrl}   health, metrics, live cost`)
  if (hasDashboard) console.log(`dashboard  ${gateway.controlUrl}/#/live`)
  if (config.authentication === 'none') console.log('keys     none are needed: this machine only')
  for (const statement of gateway.statements) console.log(statement)
}

export function requestLog({
  logFormat,
  logLevel,
}: Pick<GatewayFlags, 'logFormat' | 'logLevel'>): RequestLog {
  return createRequestLog(createLogWriter(process.stderr), {
    level: logLevel,
    format: logFormat === 'json' ? 'json' : 'text',
    sampledRequests: 1,
    random: Math.random,
    nowMs: Date.now,
  })
}

function refusalOf(error: TokenwrightError) {
  return { atMs: Date.now(), message: error.message, where: error.where ?? null, fix: error.fix ?? null }
}

/** A second one ends the process at once. */
export function nextSignal(): Promise<void> {
  return new Promise(resolve => {
    let first = true
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        if (!first) process.exit(130)
        first = false
        resolve()
      })
    }
  })
}
