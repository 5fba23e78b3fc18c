/** The whole gateway from a configuration: books first, then routing, then the two ports; and everything back again in reverse. */
import { createHash } from 'node:crypto'
import { dirname } from 'node:path'
import { RandomSource } from '../../core/random.ts'
import { startMonotonicClock } from '../../live/index.ts'
import type { PriceBook } from '../../market/index.ts'
import { type Billing, createBilling, recoverOpenRequests } from '../billing/index.ts'
import type { GatewayConfig, ReloadOutcome } from '../config/index.ts'
import { type ControlFiles, type RefusedReload, startControlPlane } from '../control/index.ts'
import { createDispatcher, type Dispatcher } from '../dispatch/index.ts'
import type { LedgerStore } from '../ledger/index.ts'
import { openLedgerRecorder } from '../ledger/journal/ledger-recorder.ts'
import { type LiveCost, meteredLedger, type SummarySink } from '../observe/index.ts'
import { startDataPlane } from '../proxy/data-plane.ts'
import { createUpstreamClients } from '../proxy/upstream-clients.ts'
import { openObservation, wordsOf } from './observation.ts'
import { openLedger } from './open-ledger.ts'
import { openTenancy } from './tenancy.ts'

export interface GatewaySettings {
  readonly config: GatewayConfig
  /** Where it is from, for status and messages; files of state lie beside it. */
  readonly source: string
  readonly version: string
  readonly book: PriceBook
  readonly seed: string
  /** One line a request; null: none. */
  readonly log: SummarySink | null
  /** Lines that the log had to drop, for metrics. */
  readonly droppedLogLines?: () => number
  /** What a person must hear of: names and numbers, no prompts, no secrets. */
  readonly onNotice: (
    level: 'info' | 'warn' | 'error',
    event: string,
    fields: Readonly<Record<string, string | number>>,
  ) => void
  /** Reads the configuration again; null: it came from no file. */
  readonly reload?: (() => Promise<ReloadOutcome>) | null
  readonly assets?: ControlFiles
}

export interface Gateway {
  /** Of the data plane, and of the control plane. */
  readonly url: string
  readonly controlUrl: string
  readonly inFlight: number
  readonly ledger: LedgerStore
  /** Events on their way to it. */
  readonly ledgerWaiting: number
  /** What it costs now. */
  readonly live: Pick<LiveCost, 'snapshot' | 'series'>
  /** In one sentence each: what whoever runs it should know (limits of one replica, recovered requests). */
  readonly statements: readonly string[]
  /** Two gateways with the same one do the same. */
  readonly configDigest: string
  /** Waits until the ledger has all that is over, and closes the intervals that are due: for reports of right now. */
  settleBooks(): Promise<void>
  reconfigure(config: GatewayConfig): Promise<void>
  refused(refusal: RefusedReload): void
  /** Takes no more requests, lets those under way end for so long, writes the books to their end. */
  close(graceMs: number): Promise<void>
}

/** For a ledger that is away when the gateway ends: what is not brought by then is brought by the next one. Assumed. */
const closeLedgerMs = 10_000

/** @throws TokenwrightError for ports that are taken, a ledger that cannot be opened, a package that is missing. */
export async function startGateway(settings: GatewaySettings): Promise<Gateway> {
  const { source, version, book, onNotice } = settings
  const startedMs = Date.now()
  const nowMs = (): number => Date.now()
  const clock = startMonotonicClock()
  const random = new RandomSource(settings.seed)
  const ending: (() => Promise<unknown> | unknown)[] = []
  let config = settings.config
  let loadedMs = startedMs
  let refusedReload: RefusedReload | null = null
  const statements: string[] = []
  const parts: { dispatcher: Dispatcher | null; billing: Billing | null } = {
    dispatcher: null,
    billing: null,
  }

  try {
    const { metrics, live, recent, observer } = await openObservation({
      version,
      config: () => config,
      parts,
      nowMs,
      log: settings.log,
      droppedLogLines: settings.droppedLogLines ?? (() => 0),
      onFault: (part, message) => onNotice('error', 'observer-fault', { part, message }),
    })
    ending.push(() => metrics.close())
    metrics.configLoaded(startedMs)
    const opened = await openLedger(config.ledger, dirname(source))
    const { pendingFolder } = opened
    const store = meteredLedger(opened.store, metrics, () => performance.now())
    ending.push(() => store.close())
    let ledgerFault: string | null = null
    const recorder = await openLedgerRecorder({
      ledger: store,
      folder: pendingFolder,
      nowMs,
      onAway: error => {
        ledgerFault = error === null ? null : error.message
        onNotice(error === null ? 'info' : 'error', error === null ? 'ledger-back' : 'ledger-away', {
          message: error?.message ?? 'the ledger is back',
        })
      },
      onRefused: (event, error) =>
        onNotice('error', 'ledger-refused', { kind: event.kind, message: error.message }),
    })
    ending.push(() => recorder.close(closeLedgerMs))
    const recovered = await recoverOpenRequests(store, { nowMs: nowMs(), olderThanMs: recoveryAgeMs(config) })
    if (recorder.recovered.events > 0)
      statements.push(
        `${recorder.recovered.events} events of a gateway that ended early were brought to the ledger.`,
      )
    if (recovered.settled > 0)
      statements.push(`${recovered.settled} requests that had no end were marked as estimated.`)

    const billing = createBilling({
      config,
      ledger: store,
      nowMs,
      onProblem: ({ level, kind, deployment, message }) =>
        onNotice(level, `billing-${kind}`, { deployment: deployment ?? '', message }),
    })
    parts.billing = billing
    ending.push(() => billing.close())
    const tenancy = await openTenancy({
      config,
      ledger: store,
      nowMs,
      keyFile:
        pendingFolder === null || config.ledger.kind !== 'sqlite' ? null : `${config.ledger.path}.keys`,
      onAlert: ({ account, share, window }) =>
        onNotice('warn', 'budget-alert', { account: account.id, share, window }),
      onAway: message => onNotice('warn', 'limits-away', { message }),
    })
    ending.push(() => tenancy.close())
    if (tenancy.budgets().length > 0) statements.push(tenancy.statement)

    const dispatcher = await createDispatcher({
      config,
      clock,
      random,
      book,
      nowMs,
      // With several gateways on one ledger each knows a part of what an engine did.
      onCounters: (deployment, replica, counters) => {
        if (config.ledger.kind !== 'postgres') billing.compareCounters(deployment, replica, counters)
      },
      onAlarm: (subject, name, detail) => {
        metrics.eventAlarm(name)
        onNotice('warn', name, { subject, detail })
      },
    })
    parts.dispatcher = dispatcher
    ending.push(() => dispatcher.close())

    const clients = createUpstreamClients(clock)
    ending.push(() => clients.close())
    const dataPlane = await startDataPlane({
      config: () => config,
      dispatcher,
      gate: () => tenancy.gate,
      anonymous: () => tenancy.anonymous,
      ledger: recorder,
      billing,
      observer,
      clients,
      clock,
      nowMs,
      onProblem: error => onNotice('error', 'internal', { message: wordsOf(error) }),
      random: random.stream('samples'),
    })
    let graceMs = 0
    ending.push(() => dataPlane.drain(graceMs))

    const close = async (grace: number): Promise<void> => {
      graceMs = grace
      for (const end of ending.splice(0).reverse()) await end()
    }
    const control = await startControlPlane(config.control, {
      nowMs,
      status: () => ({
        version,
        startedMs,
        isDraining: dataPlane.isDraining,
        inFlight: dataPlane.inFlight,
        config: { digest: digestOf(config), loadedMs, source },
        refusedReload,
      }),
      config: () => config,
      candidates: () => dispatcher.status(),
      live,
      recent,
      metrics,
      ledger: store,
      comparisons: () => billing.comparisons(),
      ledgerFault: () =>
        recorder.accepts ? ledgerFault : (ledgerFault ?? 'too many events wait for the ledger'),
      budgets: () => tenancy.budgets(),
      keys: {
        store: tenancy.keys,
        hasher: tenancy.hasher,
        isWritable: tenancy.isWritable,
        tenants: () => Object.keys(config.tenants.tenants),
      },
      reload: settings.reload ?? (async () => ({ kind: 'unchanged' as const })),
      drain: () => void dataPlane.drain(drainGraceMs),
      ...(settings.assets === undefined ? {} : { assets: settings.assets }),
      changed: ({ kind, ...fields }) => onNotice('info', kind, textFields(fields)),
    })
    ending.push(() => control.close())

    return {
      url: dataPlane.url,
      controlUrl: control.url,
      get inFlight() {
        return dataPlane.inFlight
      },
      live,
      ledger: store,
      get ledgerWaiting() {
        return recorder.waiting
      },
      statements,
      get configDigest() {
        return digestOf(config)
      },
      async settleBooks() {
        const until = performance.now() + closeLedgerMs
        while ((dataPlane.inFlight > 0 || recorder.waiting > 0) && performance.now() < until)
          await new Promise(resolve => setTimeout(resolve, 20))
        await billing.close()
      },
      async reconfigure(next) {
        await dispatcher.reconfigure(next)
        billing.reconfigure(next)
        tenancy.reconfigure(next)
        config = next
        loadedMs = nowMs()
        metrics.configLoaded(loadedMs)
      },
      refused(refusal) {
        refusedReload = refusal
        metrics.configRefused()
      },
      close,
    }
  } catch (error) {
    for (const end of ending.reverse()) await Promise.resolve(end()).catch(() => {})
    throw error
  }
}

/** A drain that the control plane asked for gives requests as long as they may take at most by default: ten minutes. */
const drainGraceMs = 600_000

/** With several gateways on one ledger the requests of the others still run. */
function recoveryAgeMs(config: GatewayConfig): number {
  if (config.ledger.kind !== 'postgres') return 0
  return Math.max(0, ...config.models.map(({ attempts }) => attempts.totalTimeoutMs))
}

/** Short, of what is in force: two gateways with the same digest do the same. */
function digestOf(config: GatewayConfig): string {
  const text = JSON.stringify(config, (_, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  )
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}

function textFields(fields: object): Record<string, string | number> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, String(value)]))
}
