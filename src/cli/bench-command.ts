/** `bench`, from the URL and flags to the printed answer. */
import { probePrompts } from '../bench/probe-prompts.ts'
import { loadTokenizer } from '../bench/prompts/tokenizers.ts'
import { type BenchListener, type BenchPlan, runBench } from '../bench/run-bench.ts'
import { findMetrics } from '../bench/server/detect-server.ts'
import { TokenwrightError } from '../core/errors.ts'
import { parseCount } from '../core/parse-quantity.ts'
import type { BenchResult, SelfTestErrors } from '../measure/bench-result.ts'
import { energyMeters, parseMeter } from '../measure/energy-meters.ts'
import { shapeOfLengths } from '../measure/prediction-check.ts'
import { createTranscriptionTally } from '../measure/transcription-tally.ts'
import type { LatencyClock } from '../metrics/objective.ts'
import { renderBenchCsv } from '../report/bench-csv.ts'
import { benchJson } from '../report/bench-json.ts'
import { renderBenchText } from '../report/bench-text.ts'
import { refuseConflictingBenchFlags } from './bench-conflicts.ts'
import { type OpenedEndpoint, openEndpoint } from './bench-endpoint.ts'
import type { BenchFlags } from './bench-flags.ts'
import { measuredLayout } from './bench-layout.ts'
import { loadSettings } from './bench-load.ts'
import { benchMoney } from './bench-money.ts'
import { benchObjectives } from './bench-objectives.ts'
import { type BenchOutput, openBenchOutput, writeWhole } from './bench-output.ts'
import { startBenchProgress } from './bench-progress.ts'
import { benchLoads } from './bench-search.ts'
import { type SuppliedPrompts, suppliedPrompts } from './bench-supply.ts'
import { NoFeasibleConfiguration } from './report-fault.ts'
import { terminalStyle, terminalWidth } from './terminal.ts'
import { packageVersion } from './version-file.ts'

/** Throws what is wrong with flags, files or the server before any load is sent. */
export async function bench(url: string | undefined, flags: BenchFlags, folder?: string): Promise<void> {
  if (url === 'report') return (await import('./bench-report.ts')).reportBench(folder, flags)
  if (folder !== undefined)
    throw new TokenwrightError('usage', `"${folder}" is one word too many`, {
      where: 'tokenwright bench',
      fix: 'one endpoint is measured at a time',
    })
  if (url === 'self-test') return (await import('./bench-self-test.ts')).printSelfTest(flags)
  if (url === 'quick') return (await import('./bench-quick.ts')).quickBench(flags)
  if (url === undefined)
    throw new TokenwrightError('usage', 'nothing says which endpoint is measured', {
      where: 'tokenwright bench',
      fix: 'give its address, e.g. http://localhost:8000, or say quick to look for a server on this machine',
    })
  await measureAndPrint(url, flags)
}

/** Measures, prints, keeps; the exit code follows from what was found. */
export async function measureAndPrint(url: string, flags: BenchFlags): Promise<void> {
  const result = await measureEndpoint(url, flags)
  if (flags.html !== undefined) {
    const { renderBenchHtml } = await import('../report/bench-html.ts')
    writeWhole(flags.html, renderBenchHtml(result))
  }
  process.stdout.write(
    flags.json
      ? benchJson(result)
      : flags.csv
        ? renderBenchCsv(result)
        : renderBenchText(result, { width: terminalWidth(), style: terminalStyle() }),
  )
  judgeExit(result, flags)
}

export async function measureEndpoint(url: string, flags: BenchFlags): Promise<BenchResult> {
  refuseConflictingBenchFlags(flags)
  const seed = seedOf(flags)
  const objectives = benchObjectives(flags)
  const settings = loadSettings(flags)
  const loads = await benchLoads(settings, objectives)
  const opened = await openEndpoint(url, flags)
  const money = await benchMoney(flags, opened.endpoint.model, new Date().toISOString().slice(0, 10))
  const tokenizer = await loadTokenizer(flags.tokenizer ?? 'none')
  const supplied = await suppliedPrompts(flags, seed)
  const metricsUrls = await metricsOf(flags, opened)
  const meter = flags.powerMetric === undefined ? null : parseMeter(flags.powerMetric, '--power-metric')
  const { endpoint, scale, strict } = await probePrompts(opened.endpoint, seed, supplied?.supply ?? null)
  if (strict)
    process.stderr.write(
      'the server refuses ignore_eos and min_tokens: answers may be shorter than asked for\n',
    )
  const selfTest = flags.selfTest === true ? await selfTestErrors() : null
  const startedAt = new Date().toISOString()
  const output = flags.out === undefined ? null : openBenchOutput(flags.out, startedAt, arrivalOf(flags))
  const interruption = interruptible()
  const progress = startBenchProgress()
  try {
    const plan: BenchPlan = {
      common: {
        endpoint,
        scale,
        supply: supplied?.supply ?? null,
        supplySource: supplied?.source ?? null,
        workers: flags.workers === undefined ? null : parseCount(flags.workers, '--workers'),
        keepsText: supplied?.clipOf != null,
        tokenizer,
        seed,
        objectives,
        clock: clockOf(loads),
        metricsUrls,
        meter,
        get: opened.get,
        signal: interruption.signal,
      },
      loads,
      money,
      facts: {
        url: endpoint.url,
        endpoint: endpoint.kind.name,
        streaming: endpoint.streaming,
        model: endpoint.model,
        engine: opened.server?.engine ?? null,
        engineVersion: opened.server?.version ?? null,
      },
      version: packageVersion(),
      command: commandLine(),
      startedAt,
      selfTest,
      listener: listenerOf(progress, output, supplied),
    }
    const result = await runBench(plan)
    progress.finish()
    const layout = output === null ? null : measuredLayout(flags, result.endpoint, startedAt.slice(0, 10))
    const written = (await output?.finish(result, layout)) ?? []
    if (written.length > 0)
      process.stderr.write(`written: ${flags.out} (${written.length} files, report.html among them)\n`)
    return result
  } catch (error) {
    output?.abort()
    throw error
  } finally {
    progress.finish()
    interruption.release()
  }
}

function listenerOf(
  progress: ReturnType<typeof startBenchProgress>,
  output: BenchOutput | null,
  supplied: SuppliedPrompts | null,
): BenchListener {
  const clipOf = supplied?.clipOf ?? null
  let tally: ReturnType<typeof createTranscriptionTally> | null = null
  return {
    onLoad(load, index, of) {
      progress.begin(load.point.name, index, of)
      output?.onLoad(load.point.name)
    },
    onRequest(observation, { texts }) {
      output?.onRequest(observation)
      if (clipOf === null || tally === null) return
      if (observation.phase !== 'measured' || observation.outcome !== 'served') return
      const clip = clipOf(observation.id)
      tally.add({
        fileName: clip.fileName,
        language: clip.language,
        audioSeconds: clip.seconds,
        latencyMs: (observation.times.endedUs - observation.times.sentUs) / 1000,
        text: texts?.content ?? '',
        reference: clip.reference,
      })
    },
    onProgress: state => progress.update(state),
    onPoint(point, measurement) {
      progress.done(point)
      for (const note of measurement.notes) process.stderr.write(`  ${note}\n`)
      output?.onPoint(point, measurement.startedAt, shapeOfLengths(measurement.recorder.lengths))
    },
    transcription() {
      tally = clipOf === null ? null : createTranscriptionTally()
      return tally
    },
  }
}

/** Open loops are judged from the schedule: a queue before the client is the user's wait, too. */
function clockOf(loads: BenchPlan['loads']): LatencyClock {
  const points = loads.kind === 'list' ? loads.loads : [loads.loadOf(loads.settings.start, 1)]
  return points.some(({ point }) => point.requestsPerSecond !== null || point.kind === 'schedule')
    ? 'response'
    : 'service'
}

async function metricsOf(flags: BenchFlags, { server, get, endpoint }: OpenedEndpoint): Promise<string[]> {
  const urls: string[] = []
  if (typeof flags.serverMetrics === 'string') urls.push(...flags.serverMetrics.split(','))
  else if (flags.serverMetrics !== false) {
    const { origin } = new URL(endpoint.url)
    const found = server?.metricsUrl ?? (server === null ? await findMetrics(origin, get) : null)
    if (found !== null) urls.push(found)
  }
  if (flags.gpuTelemetry !== undefined) urls.push(...flags.gpuTelemetry.split(','))
  else if (flags.powerMetric !== undefined && urls.length === 0)
    throw new TokenwrightError('usage', '--power-metric says nothing without a page to read it from', {
      where: '--power-metric',
      fix: `add --gpu-telemetry http://host:9400/metrics (without --power-metric, these are known: ${energyMeters.map(({ source }) => source).join(', ')})`,
    })
  return [...new Set(urls.map(text => text.trim()))]
}

/**
 * A new one for each run unless one is given: with the same one the server's prefix cache would find the prompts of the run
 * before. It stands in the answer, so that every run can be repeated.
 */
function seedOf({ randomSeed }: BenchFlags): string {
  const seed = randomSeed ?? new Date().toISOString().replaceAll(/[-:]|\.\d+Z/g, '')
  if (seed.trim() !== '') return seed
  throw new TokenwrightError('usage', 'the seed is empty', {
    where: '--random-seed',
    fix: 'give any word or number',
  })
}

function arrivalOf({ arrivalPattern, arrivalSmoothness }: BenchFlags): 'constant' | 'poisson' | 'gamma' {
  if (arrivalPattern === 'constant' || arrivalPattern === 'gamma') return arrivalPattern
  return arrivalSmoothness === undefined ? 'poisson' : 'gamma'
}

async function selfTestErrors(): Promise<SelfTestErrors> {
  const { runSelfTest } = await import('../bench/self-test.ts')
  process.stderr.write('self-test: measuring an endpoint of known timings first\n')
  return runSelfTest({})
}

/** Headers may hold keys, whatever the help says. */
function commandLine(): string {
  const words = ['tokenwright', ...process.argv.slice(2)]
  return words
    .map((word, index) => {
      const before = words[index - 1]
      if (before === '-H' || before === '--header') return `"${word.split(':')[0]}: …"`
      if (word.startsWith('--header=')) return '--header=…'
      return /[\s"'$]/.test(word) ? JSON.stringify(word) : word
    })
    .join(' ')
}

/** The first Ctrl-C ends the load in order and reports what there is; the second one does not wait. */
function interruptible(): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController()
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(130)
    process.stderr.write('\ninterrupted: reporting what was measured; again to leave at once\n')
    controller.abort()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return {
    signal: controller.signal,
    release() {
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
    },
  }
}

/** All failed is never a success; missed objectives and invalid measurements are failures where --require says so. */
function judgeExit(result: BenchResult, { require: required }: BenchFlags): void {
  const served = result.points.reduce((sum, { summary }) => sum + summary.requests.served, 0)
  if (served === 0) {
    const reasons = Object.entries(result.points[0]?.summary.requests.byReason ?? {})
    throw new TokenwrightError('measurements', 'no request was served: there is no measurement', {
      where: result.endpoint.url,
      fix:
        reasons.length === 0
          ? 'give it more time: --benchmark-duration, --request-timeout-seconds'
          : `requests ended by: ${reasons.map(([reason, count]) => `${reason} (${count})`).join(', ')}; look at the server's log`,
    })
  }
  if (required !== true) return
  const { verdict, search, points } = result
  const judged = search === null ? points : points.filter((_, index) => index === search.best)
  if (search !== null && search.best === null)
    throw new NoFeasibleConfiguration('no load met the objectives', 'relax --slo, or add hardware')
  const missed = judged.flatMap(({ summary }) => summary.objectives).filter(({ met }) => met !== true).length
  if (missed > 0)
    throw new NoFeasibleConfiguration(
      `${missed} ${missed === 1 ? 'objective' : 'objectives'} missed`,
      'lower the load, add replicas, or relax --slo',
    )
  if ((search === null ? verdict : judged[0]!.verdict).level === 'invalid')
    throw new NoFeasibleConfiguration('the measurement is invalid', 'see the verdict above')
}
