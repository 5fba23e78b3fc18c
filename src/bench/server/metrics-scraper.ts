/**
 * Reads metrics beside a run, seldom and cheaply: engine counters for the reconciliation, gauges for the timeline, meters for
 * energy. Nothing of a text is kept but these numbers: memory grows by the meters' readings alone, and those have a bound.
 * A scrape that fails is counted and left out; it never breaks a run.
 */
import type { CounterSpan } from '../../measure/counter-reconciliation.ts'
import { createMeterLog, type DeviceSeries } from '../../measure/energy-integral.ts'
import { type EnergyMeter, isMetered, meterOf, readMeter } from '../../measure/energy-meters.ts'
import {
  type EngineCounters,
  type EngineGauges,
  readCounters,
  resetBetween,
  sameCounts,
} from '../../measure/engine-counters.ts'
import { isEngineMetric } from '../../measure/engine-metrics.ts'
import { parseExposition } from '../../measure/prometheus-text.ts'
import { type Get, getOrNull } from './http-get.ts'

export interface ScraperSettings {
  /** Addresses of metrics, engines' and meters' alike; one text may hold both. */
  readonly urls: readonly string[]
  readonly intervalMs: number
  /** Served model's name, to leave others out; null: all. */
  readonly model: string | null
  /** Null: whichever built-in meter speaks. */
  readonly meter: EnergyMeter | null
  readonly get: Get
  /** The run's clock, µs: readings are placed on it. */
  readonly nowUs: () => number
  /** Hears of gauges, summed over the addresses, after every round; null: nobody. */
  readonly onGauges: ((atUs: number, gauges: EngineGauges) => void) | null
  /** Between the last rounds; a quarter of a second unless said otherwise. */
  readonly settlePauseMs?: number
}

/** Every two seconds: below the largest gap that an integral of power may have (energy-integral.ts). */
export const defaultScrapeIntervalMs = 2_000

export interface ScrapeRecord {
  /** One for each address with engine counters at the beginning and the end. */
  readonly spans: readonly CounterSpan[]
  /** Between any two readings, at any address: for the verdict. */
  readonly resetSeen: boolean
  readonly meter: EnergyMeter | null
  /** Seconds of the run's clock. */
  readonly devices: readonly DeviceSeries[]
  readonly scrapes: number
  readonly failures: number
  readonly badLines: number
  /** What to tell the user: addresses that did not answer, readings without room. */
  readonly notes: readonly string[]
}

export interface Scraper {
  /** First round, and the beginning of the others. What is counted from here on is the run's. */
  start(): Promise<void>
  /** A round out of turn, e.g. at the edges of the measured window. */
  scrape(): Promise<void>
  /** Last rounds until counters stand still, then the record. */
  stop(): Promise<ScrapeRecord>
}

/**
 * Counters may lag behind answers by a step or a log interval: at the end they are read until two rounds agree, at most so
 * often and so far apart (assumed: engines fold a request within a second of its last byte).
 */
const settleRounds = 8
const defaultSettlePauseMs = 250

/** What is known of one address. */
interface Target {
  readonly url: string
  first: EngineCounters | null
  /** The first round answered, even if nothing was counted yet. */
  answered: boolean
  last: EngineCounters | null
  resetSeen: boolean
  failures: number
}

export function createScraper(settings: ScraperSettings): Scraper {
  const targets: Target[] = settings.urls.map(url => ({
    url,
    first: null,
    answered: false,
    last: null,
    resetSeen: false,
    failures: 0,
  }))
  const log = createMeterLog()
  let meter = settings.meter
  let timer: ReturnType<typeof setTimeout> | null = null
  let running: Promise<void> | null = null
  let stopped = false
  let scrapes = 0
  let badLines = 0

  async function read(target: Target, isFirst: boolean): Promise<EngineGauges | null> {
    scrapes++
    const text = await getOrNull(settings.get, target.url)
    if (text === null) {
      target.failures++
      return null
    }
    const atUs = settings.nowUs()
    const exposition = parseExposition(text, name => isEngineMetric(name) || isMetered(name, meter))
    badLines += exposition.badLines
    meter ??= meterOf(exposition.samples)
    if (meter !== null) log.add(atUs / 1e6, readMeter(exposition.samples, meter))
    const counters = readCounters(exposition.samples, settings.model)
    if (isFirst) {
      target.answered = true
      target.first = counters
    }
    if (counters === null) return null
    if (target.last !== null && resetBetween(target.last, counters)) target.resetSeen = true
    target.last = counters
    return counters.gauges
  }

  /** One round at a time: a slow server must not be asked twice at once. */
  function round(isFirst = false): Promise<void> {
    running ??= (async () => {
      try {
        const gauges = await Promise.all(targets.map(target => read(target, isFirst)))
        const known = gauges.filter(one => one !== null)
        if (known.length > 0) settings.onGauges?.(settings.nowUs(), sumGauges(known))
      } finally {
        running = null
      }
    })()
    return running
  }

  function schedule(): void {
    if (stopped) return
    timer = setTimeout(() => void round().then(schedule), settings.intervalMs)
    timer.unref()
  }

  /** Two rounds in a row that agree, with nothing running: what had ended has been counted. */
  async function settle(): Promise<void> {
    await round()
    for (let left = settleRounds; left > 0; left--) {
      const earlier = targets.map(({ last }) => last)
      await new Promise(resolve => setTimeout(resolve, settings.settlePauseMs ?? defaultSettlePauseMs))
      await round()
      const still = targets.every(({ last }, index) => {
        const before = earlier[index] ?? null
        return last === null || (before !== null && sameCounts(before, last) && !(last.gauges.running! > 0))
      })
      if (still) return
    }
  }

  return {
    async start() {
      if (targets.length === 0) return
      await round(true)
      schedule()
    },
    scrape: () => (targets.length === 0 ? Promise.resolve() : round()),
    async stop() {
      stopped = true
      if (timer !== null) clearTimeout(timer)
      if (targets.length > 0) {
        await running
        await settle()
      }
      return {
        spans: targets.flatMap(({ answered, first, last, resetSeen }) =>
          answered && last !== null ? [{ before: first, after: last, resetSeen }] : [],
        ),
        resetSeen: targets.some(target => target.resetSeen),
        meter,
        devices: log.devices,
        scrapes,
        failures: targets.reduce((sum, { failures }) => sum + failures, 0),
        badLines,
        notes: notesOf(targets, log.dropped),
      }
    },
  }
}

function sumGauges(all: readonly EngineGauges[]): EngineGauges {
  const sum = (values: readonly (number | null)[]) => {
    const known = values.filter(value => value !== null)
    return known.length === 0 ? null : known.reduce((running, value) => running + value, 0)
  }
  const used = all.filter(({ cacheUse }) => cacheUse !== null)
  const replicas = used.reduce((running, one) => running + Math.max(1, one.replicas), 0)
  const use = sum(used.map(one => one.cacheUse! * Math.max(1, one.replicas)))
  return {
    running: sum(all.map(one => one.running)),
    waiting: sum(all.map(one => one.waiting)),
    cacheUse: use === null ? null : use / replicas,
    replicas: all.reduce((running, one) => running + one.replicas, 0),
  }
}

function notesOf(targets: readonly Target[], dropped: number): string[] {
  const notes = targets.flatMap(({ url, answered, failures }) => {
    const shown = withoutCredentials(url)
    if (!answered) return [`${shown} did not answer when the run began: its counters are left out`]
    return failures === 0 ? [] : [`${failures} scrapes of ${shown} failed`]
  })
  if (dropped > 0) notes.push(`${dropped} readings of meters found no room: energy is of the time before`)
  return notes
}

function withoutCredentials(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//').replace(/\?.*$/, '')
}
