/** One pass over the ledger: requests with all they cost, and what deployments were billed, busy and idle, of a window. */
import type { NanoUsd } from '../../core/money.ts'
import type { EngineCharge } from '../ledger/events.ts'
import type {
  Bearer,
  LedgerEvent,
  LedgerStore,
  PredictedAndRealised,
  RequestAdjusted,
  RequestSettled,
  Target,
} from '../ledger/index.ts'
import type { UsageClasses, UsageState } from '../usage.ts'

/** One attempt, with adjustments and charges that are in the ledger by now. */
export interface AttemptFacts {
  readonly requestId: string
  readonly attempt: number
  readonly tenant: string
  readonly alias: string
  readonly target: Target
  readonly bearer: Bearer
  readonly final: boolean
  readonly state: UsageState
  /** When it was sent, as far as known: settled − duration. */
  readonly atMs: number
  readonly usage: UsageClasses
  /** Of an offer. */
  readonly priceRuleId: string
  /** All it cost so far: offer's price, or engine time and energy. */
  readonly nanoUsd: NanoUsd
  /** Of that, engine time; µs of a replica's time. */
  readonly prefillUs: number
  readonly decodeUs: number
  readonly ttftMs: number | null
  readonly durationMs: number | null
  readonly sample: PredictedAndRealised | null
}

/** A deployment in a closed interval. */
export interface IntervalFacts {
  readonly deployment: string
  readonly fromMs: number
  readonly toMs: number
  readonly nanoUsd: NanoUsd
  readonly idleNanoUsd: NanoUsd
  readonly busyUs: number
  readonly idleUs: number
}

export interface WindowFacts {
  /** From the first to the last thing in it; a window asked for may begin before the ledger does. */
  readonly fromMs: number
  readonly toMs: number
  readonly attempts: readonly AttemptFacts[]
  readonly intervals: readonly IntervalFacts[]
  /** Between the two. */
  readonly coveredHours: number
}

/** Events read at once. Chosen, as the audit's: some 10 MB. */
const pageEvents = 2000

interface Mutable {
  readonly settled: RequestSettled
  usage: UsageClasses
  nanoUsd: NanoUsd
  prefillUs: number
  decodeUs: number
}

/** Attempts settled and intervals begun in fromMs ≤ time < toMs. About 500 bytes of memory an attempt. */
export async function readWindowFacts(
  store: Pick<LedgerStore, 'scan'>,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Promise<WindowFacts> {
  const attempts = new Map<string, Mutable>()
  const intervals: IntervalFacts[] = []
  const late: (RequestAdjusted | EngineCharge)[] = []
  let firstMs = Number.POSITIVE_INFINITY
  let lastMs = Number.NEGATIVE_INFINITY
  const seen = (from: number, to: number): void => {
    firstMs = Math.min(firstMs, from)
    lastMs = Math.max(lastMs, to)
  }
  const take = (event: LedgerEvent): void => {
    if (event.kind === 'requestSettled') {
      if (event.atMs < fromMs || event.atMs >= toMs) return
      seen(event.atMs, event.atMs)
      attempts.set(keyOf(event), { settled: event, usage: event.usage, ...costsOf(event) })
    } else if (event.kind === 'requestAdjusted') {
      if (event.atMs >= fromMs && event.atMs < toMs) late.push(event)
    } else if (event.kind === 'intervalClosed') {
      if (event.fromMs < fromMs || event.fromMs >= toMs) return
      seen(event.fromMs, Math.min(toMs, event.toMs))
      const parts = [event, ...event.corrections]
      for (const { charges } of parts) late.push(...charges)
      const charges = parts.flatMap(part => part.charges)
      const idle = parts.map(part => part.idle)
      intervals.push({
        deployment: event.deployment,
        fromMs: event.fromMs,
        toMs: event.toMs,
        nanoUsd: event.deviceNanoUsd + event.energyNanoUsd,
        idleNanoUsd: idle.reduce((sum, part) => sum + part.deviceNanoUsd + part.energyNanoUsd, 0n),
        busyUs: charges.reduce((sum, { prefillUs, decodeUs }) => sum + prefillUs + decodeUs, 0),
        idleUs: idle.reduce((sum, part) => sum + part.idleUs, 0),
      })
    }
  }
  await eachEvent(store, take)
  // Charges are written at the end of an interval, often before the request that began in it is settled.
  for (const event of late) {
    const attempt = attempts.get(keyOf(event))
    if (attempt === undefined) continue
    if ('kind' in event) {
      attempt.usage = sumOf(attempt.usage, event.usage)
      attempt.nanoUsd += totalOf(event.costNanoUsd)
    } else {
      attempt.nanoUsd += chargeOf(event)
      attempt.prefillUs += event.prefillUs
      attempt.decodeUs += event.decodeUs
    }
  }
  return {
    fromMs: lastMs > firstMs ? firstMs : fromMs,
    toMs: lastMs > firstMs ? lastMs : toMs,
    attempts: [...attempts.values()].map(factsOf),
    intervals,
    coveredHours: lastMs > firstMs ? (lastMs - firstMs) / 3_600_000 : 0,
  }
}

async function eachEvent(
  store: Pick<LedgerStore, 'scan'>,
  take: (event: LedgerEvent) => void,
): Promise<void> {
  let cursor = 0
  for (;;) {
    const page = await store.scan(cursor, pageEvents)
    if (page.length === 0) return
    for (const { sequence, event } of page) {
      cursor = sequence
      take(event)
    }
  }
}

function keyOf({ requestId, attempt }: { readonly requestId: string; readonly attempt: number }): string {
  return `${attempt} ${requestId}`
}

function costsOf(event: RequestSettled) {
  return { nanoUsd: totalOf(event.costNanoUsd), prefillUs: 0, decodeUs: 0 }
}

function totalOf(costs: Readonly<Record<string, NanoUsd | undefined>>): NanoUsd {
  return Object.values(costs).reduce<NanoUsd>((sum, amount) => sum + (amount ?? 0n), 0n)
}

function chargeOf(charge: EngineCharge): NanoUsd {
  return (
    charge.prefillNanoUsd + charge.decodeNanoUsd + charge.prefillEnergyNanoUsd + charge.decodeEnergyNanoUsd
  )
}

function sumOf(a: UsageClasses, b: UsageClasses): UsageClasses {
  return Object.fromEntries(
    (Object.keys(a) as (keyof UsageClasses)[]).map(name => [name, a[name] + b[name]]),
  ) as UsageClasses
}

function factsOf({ settled, usage, nanoUsd, prefillUs, decodeUs }: Mutable): AttemptFacts {
  return {
    requestId: settled.requestId,
    attempt: settled.attempt,
    tenant: settled.tenant,
    alias: settled.modelAlias,
    target: settled.target,
    bearer: settled.bearer,
    final: settled.final,
    state: settled.state,
    atMs: settled.atMs - (settled.durationMs ?? 0),
    usage,
    priceRuleId: settled.priceRuleId,
    nanoUsd,
    prefillUs,
    decodeUs,
    ttftMs: settled.ttftMs,
    durationMs: settled.durationMs,
    sample: settled.sample,
  }
}

/** Served and counted: what can be compared with another way to serve it. */
export function isComparable({ final, state, usage }: AttemptFacts): boolean {
  return final && state !== 'voided' && promptTokens(usage) > 0
}

/** Length of the whole prompt, cached part included. */
export function promptTokens({ uncachedInput, cachedInput, cacheWrite, inputAudio }: UsageClasses): number {
  return uncachedInput + cachedInput + cacheWrite + inputAudio
}

export function allTokens(usage: UsageClasses): number {
  return promptTokens(usage) + usage.output + usage.outputAudio
}

/** `h200`, `openai/gpt-5.4`. */
export function targetName(target: Target): string {
  return target.kind === 'deployment' ? target.deployment : target.offer
}
