/** `emulate`, from flags to the summary: opens the port, says so, waits for a signal, closes in order. */
import { loadCatalogWithFacts } from '../catalog/index.ts'
import { parseDurationMs } from '../core/parse-quantity.ts'
import { type Emulator, startEmulator } from '../emulate/index.ts'
import { type EmulatedDeployment, emulatedDeployment, questionsOf } from './emulate-deployment.ts'
import type { EmulateFlags } from './emulate-flags.ts'
import { byDeployment, servedNames } from './emulate-names.ts'
import { type ServerSettings, serverSettings } from './emulate-server.ts'
import { portsPerDeployment, sideChannels } from './emulate-side-channels.ts'
import { deploymentResult, type EmulationSummary } from './emulate-summary.ts'
import { startJson, startText, summaryJson, summaryText } from './emulate-text.ts'
import { reportFault } from './report-fault.ts'
import { refuseConflictingFlags } from './simulate-conflicts.ts'
import { terminalStyle } from './terminal.ts'
import { packageVersion } from './version-file.ts'

/** What is told when the port is open. */
export interface EmulationStart {
  readonly version: string
  readonly url: string
  readonly port: number
  readonly startedAt: string
  readonly server: ServerSettings
  readonly metrics: boolean
  /** Where KV events can be had, in words; null: nowhere. */
  readonly kvEvents: string | null
  readonly deployments: readonly EmulatedDeployment[]
  readonly notes: readonly string[]
}

/** Serves until a signal comes. Throws what is wrong with flags, files or the port before anything is served. */
export async function emulate(files: readonly string[], flags: EmulateFlags): Promise<void> {
  refuseConflictingFlags(flags, files[0])
  const server = serverSettings(flags, process.env.TOKENWRIGHT_API_KEY)
  const graceMs = flags.grace === undefined ? 0 : parseDurationMs(flags.grace, '--grace')
  const channels = sideChannels(flags)
  const onFault = faultTeller(flags.json ?? false)
  const deployments = await deploymentsOf(files, flags, channels, onFault)
  const version = packageVersion()
  const emulator = await startEmulator(
    {
      ...server,
      models: deployments.map(({ model }) => model),
      inputs: deployments.flatMap(({ inputs }) => inputs),
      onFault,
    },
    version,
  )
  const signal = nextSignal()
  const start: EmulationStart = {
    version,
    url: emulator.url,
    port: emulator.port,
    startedAt: emulator.startedAt,
    server,
    metrics: channels !== null,
    kvEvents: kvEventText(channels, deployments.length),
    deployments,
    notes: [...new Set(deployments.flatMap(({ question, prices }) => [...question.notes, ...prices.notes]))],
  }
  process.stdout.write(flags.json ? startJson(start) : startText(start, terminalStyle()))
  const name = await signal
  // The line on which the terminal shows ^C.
  if (name === 'SIGINT' && process.stdout.isTTY) process.stdout.write('\n')
  const summary = await closed(emulator, deployments, server, graceMs)
  process.stdout.write(flags.json ? summaryJson(summary, name) : summaryText(summary, terminalStyle()))
}

async function deploymentsOf(
  files: readonly string[],
  flags: EmulateFlags,
  channels: ReturnType<typeof sideChannels>,
  onFault: (error: unknown) => void,
): Promise<EmulatedDeployment[]> {
  const catalog = await loadCatalogWithFacts(flags.facts)
  const today = new Date().toISOString().slice(0, 10)
  const questions = questionsOf(files, flags, catalog)
  const names = servedNames(
    questions.map(({ modelId }) => modelId),
    flags.servedModelName,
  )
  const faults = byDeployment(names, flags.fault, '--fault')
  const autoscale = byDeployment(names, flags.autoscale, '--autoscale')
  const scaleAt = byDeployment(names, flags.scaleAt, '--scale-at')
  return questions.map((question, place) =>
    emulatedDeployment(
      question,
      flags,
      catalog,
      {
        place,
        names: names[place]!,
        faults: faults[place]!,
        autoscale: autoscale[place]!,
        scaleAt: scaleAt[place]!,
      },
      channels,
      today,
      onFault,
    ),
  )
}

/** Requests under way end first; the figures are those of the moment at which everything had. */
async function closed(
  emulator: Emulator,
  deployments: readonly EmulatedDeployment[],
  server: ServerSettings,
  graceMs: number,
): Promise<EmulationSummary> {
  await emulator.close(graceMs)
  const endUs = emulator.nowUs()
  return {
    seconds: endUs / 1e6,
    timeScale: server.timeScale,
    outcomes: emulator.outcomes(),
    lateness: emulator.lateness(),
    models: deployments.map(deployment => ({
      id: deployment.model.id,
      result: deploymentResult(deployment, endUs),
    })),
    truthLog: server.truthLog,
  }
}

/** 128 + 2, as shells tell of an interrupted program. */
const interruptedCode = 130

/** The first signal asks for an orderly end; the second one does not wait for it. */
function nextSignal(): Promise<'SIGINT' | 'SIGTERM'> {
  return new Promise(resolve => {
    let asked = false
    for (const name of ['SIGINT', 'SIGTERM'] as const) {
      process.on(name, () => {
        if (asked) process.exit(interruptedCode)
        asked = true
        resolve(name)
      })
    }
  })
}

/** Tells of each fault once: a full disk would say the same four times a second. */
function faultTeller(json: boolean): (error: unknown) => void {
  const told = new Set<string>()
  return error => {
    const message = error instanceof Error ? error.message : String(error)
    if (told.has(message)) return
    told.add(message)
    reportFault(error, { json })
  }
}

function kvEventText(channels: ReturnType<typeof sideChannels>, deployments: number): string | null {
  const plan = channels?.cacheEvents ?? null
  if (plan === null) return null
  const replay = plan.replayEndpoint === null ? '' : `, replayed on ${plan.replayEndpoint}`
  const further = deployments > 1 ? `, each further deployment ${portsPerDeployment} later` : ''
  return `${plan.endpoint}${replay} (replica r at port + r${further})`
}
