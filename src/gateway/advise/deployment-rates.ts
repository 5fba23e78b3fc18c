/** What a deployment's time is worth and how fast it works, from what the ledger charged: no model of the hardware. */
import { type NanoUsd, nanoUsdFromNumber, usdFromNano } from '../../core/money.ts'
import { median } from '../../core/statistics.ts'
import type { AttemptFacts, IntervalFacts, WindowFacts } from './window-facts.ts'

const hourMs = 3_600_000

export interface HourFacts {
  readonly fromMs: number
  /** µs of all replicas. */
  readonly busyUs: number
  readonly idleUs: number
}

export interface DeploymentRates {
  readonly deployment: string
  readonly nanoUsd: NanoUsd
  readonly idleNanoUsd: NanoUsd
  /** Of one replica; and of one that stands idle, which draws less power. */
  readonly usdPerHour: number
  readonly idleUsdPerHour: number
  /** Most at a time: engine time there was ÷ time. */
  readonly replicas: number
  readonly hours: readonly HourFacts[]
  /** Engine time charged per token; NaN where nothing was charged. */
  readonly usPerPromptToken: number
  readonly usPerOutputToken: number
  readonly requests: number
  readonly medianTtftMs: number | null
}

export function deploymentRates(facts: WindowFacts): DeploymentRates[] {
  const groups = Map.groupBy(facts.intervals, ({ deployment }) => deployment)
  return [...groups].map(([deployment, intervals]) => {
    const attempts = facts.attempts.filter(
      ({ target, prefillUs, decodeUs }) =>
        target.kind === 'deployment' && target.deployment === deployment && prefillUs + decodeUs > 0,
    )
    const sum = (of: (interval: IntervalFacts) => number) =>
      intervals.reduce((total, interval) => total + of(interval), 0)
    const nanoUsd = intervals.reduce((total, interval) => total + interval.nanoUsd, 0n)
    const idleNanoUsd = intervals.reduce((running, interval) => running + interval.idleNanoUsd, 0n)
    const idleHours = sum(({ idleUs }) => idleUs) / 3600e6
    const engineUs = sum(({ busyUs, idleUs }) => busyUs + idleUs)
    const total = (of: (attempt: AttemptFacts) => number) =>
      attempts.reduce((running, attempt) => running + of(attempt), 0)
    const computed = total(({ usage }) => usage.uncachedInput + usage.cacheWrite + usage.inputAudio)
    const output = total(({ usage }) => usage.output + usage.outputAudio)
    return {
      ...{ deployment, nanoUsd },
      idleNanoUsd,
      idleUsdPerHour: idleHours > 0 ? usdFromNano(idleNanoUsd) / idleHours : 0,
      usdPerHour: engineUs > 0 ? usdFromNano(nanoUsd) / (engineUs / 3600e6) : 0,
      replicas: Math.max(
        1,
        ...intervals.map(({ busyUs, idleUs, fromMs, toMs }) =>
          Math.round((busyUs + idleUs) / 1000 / (toMs - fromMs)),
        ),
      ),
      hours: hoursOf(intervals),
      usPerPromptToken: total(({ prefillUs }) => prefillUs) / computed,
      usPerOutputToken: total(({ decodeUs }) => decodeUs) / output,
      requests: attempts.length,
      medianTtftMs: medianOf(attempts.flatMap(({ ttftMs }) => (ttftMs === null ? [] : [ttftMs]))),
    }
  })
}

/** Engine time of an attempt there, µs: as many tokens to compute as where it was served. NaN where nothing is known. */
export function engineUsOf(rates: DeploymentRates, { usage }: AttemptFacts): number {
  const computed = usage.uncachedInput + usage.cacheWrite + usage.inputAudio
  return rates.usPerPromptToken * computed + rates.usPerOutputToken * (usage.output + usage.outputAudio)
}

/** Its share of the bill by engine time; null where nothing is known. */
export function engineNanoUsd(rates: DeploymentRates, attempt: AttemptFacts): NanoUsd | null {
  const us = engineUsOf(rates, attempt)
  return Number.isNaN(us) ? null : nanoUsdFromNumber((us / 3600e6) * rates.usdPerHour)
}

/** Whole hours since 1970; an interval counts in the hour it begins. */
function hoursOf(intervals: readonly IntervalFacts[]): HourFacts[] {
  const groups = Map.groupBy(intervals, ({ fromMs }) => Math.floor(fromMs / hourMs) * hourMs)
  return [...groups]
    .map(([fromMs, own]) => ({
      fromMs,
      busyUs: own.reduce((sum, { busyUs }) => sum + busyUs, 0),
      idleUs: own.reduce((sum, { idleUs }) => sum + idleUs, 0),
    }))
    .sort((a, b) => a.fromMs - b.fromMs)
}

/** null of nothing. */
export function medianOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : median(values)
}
