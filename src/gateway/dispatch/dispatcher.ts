/** All aliases and all candidates of a gateway together, over changes of its configuration; timers, and what engines tell. */
import type { RandomSource } from '../../core/random.ts'
import type { MonotonicClock } from '../../live/clock.ts'
import type { PriceBook } from '../../market/index.ts'
import type { EngineCounters } from '../../measure/engine-counters.ts'
import { parseRouterSpec } from '../../routing/index.ts'
import type { GatewayConfig, ModelConfig } from '../config/gateway-config.ts'
import {
  createEngineState,
  type EngineStateListener,
  type EngineStateSettings,
} from '../engine-state/index.ts'
import type { CandidateEntry } from './candidate-entry.ts'
import {
  type CandidateChange,
  type CandidateSetSettings,
  isHeard,
  planCandidates,
  watch,
} from './candidate-set.ts'
import { statusOf } from './candidate-status.ts'
import { loadLocalTokenizer } from './local-encoder.ts'
import { Pool } from './model-pool.ts'
import { createPoolTimer, type SetTimer, setRealTimer } from './pool-timer.ts'
import type { Dispatcher } from './types.ts'

export interface DispatcherSettings {
  readonly config: GatewayConfig
  readonly clock: MonotonicClock
  readonly random: RandomSource
  readonly book: PriceBook
  /** What a person must hear of: candidate or alias, a name of few, what happened. */
  readonly onAlarm: (subject: string, name: string, detail: string) => void
  /** What an own replica's engine has counted since its start, about once a second; left out: nobody asks. */
  readonly onCounters?: (deployment: string, replica: string, counters: EngineCounters) => void
  /** Time of day, ms since 1970: for prices. */
  readonly nowMs: () => number
  /** How engines are polled and heard; left out: as engine-state does by itself. */
  readonly engines?: Pick<EngineStateSettings, 'poll' | 'source' | 'get'>
  /** Left out: real timers. */
  readonly setTimer?: SetTimer
}

/**
 * A dispatcher of this configuration. @throws TokenwrightError when an offer has no price, or a package for events or tokens is not installed.
 */
export async function createDispatcher(settings: DispatcherSettings): Promise<Dispatcher> {
  const { clock, random, book, nowMs, onAlarm } = settings
  const moment = { nowMs: nowMs() }
  let entries: ReadonlyMap<string, CandidateEntry> = new Map()
  let byId: ReadonlyMap<number, CandidateEntry> = new Map()
  let pools: readonly Pool[] = []
  let byName: ReadonlyMap<string, Pool> = new Map()
  let nextId = 0
  let closed = false

  /** Candidates that are watched and in no pool yet: what they tell is kept until they are. */
  let early: ReadonlySet<number> = new Set()
  let kept: (() => void)[] = []

  const listener: EngineStateListener = {
    cacheChanged(id, event) {
      if (early.has(id)) kept.push(() => listener.cacheChanged(id, event))
      for (const pool of poolsOf(id)) if (pool.index?.told != null) pool.router.cacheChanged(id, event)
    },
    toldChanged(id, isTold, state, reason) {
      if (early.has(id)) kept.push(() => listener.toldChanged(id, isTold, state, reason))
      const entry = byId.get(id)
      if (entry === undefined) return
      entry.isTold = isTold
      // What was wrong with its events is over.
      if (isTold) entry.alarms.clear()
      for (const { index } of poolsOf(id)) index?.told?.setTold(index.columns.take(id), isTold)
    },
    readyChanged(id) {
      byId.get(id)?.load.stale()
      for (const pool of poolsOf(id)) pool.moved(clock.nowUs())
    },
    counted(id, counters) {
      const target = byId.get(id)?.candidate.target
      if (target?.kind === 'deployment') settings.onCounters?.(target.deployment, target.replica, counters)
    },
    alarm(id, name, detail) {
      const entry = byId.get(id)
      entry?.alarms.set(name, detail)
      onAlarm(entry?.candidate.name ?? String(id), name, detail)
    },
  }
  const engines = createEngineState({ clock, random, ...settings.engines }, listener)
  const timer = createPoolTimer(clock, settings.setTimer ?? setRealTimer, () => pools)
  const sets: CandidateSetSettings = { clock, book, nowMs, moment, engines, onAlarm }
  const poolSettings = { clock, random, nowMs, moment, onAlarm, onSchedule: timer.schedule }

  function* poolsOf(id: number): Iterable<Pool> {
    for (const pool of pools) if (pool.has(id)) yield pool
  }

  async function reconfigure(config: GatewayConfig): Promise<void> {
    // Whatever could be wrong is found before anything changes.
    for (const { alias, router } of config.models) parseRouterSpec(router, `models.${alias}.router`)
    for (const { tokenizer } of config.models)
      if (tokenizer === 'o200k' || tokenizer === 'cl100k') await loadLocalTokenizer(tokenizer)
    const change = planCandidates(config, entries, () => nextId++, sets)
    const watched: CandidateEntry[] = []
    const before = byId
    // Both are known meanwhile, and requests go on to the old ones.
    early = new Set(change.added.map(({ candidate }) => candidate.id))
    byId = new Map([...byId.values(), ...change.added].map(entry => [entry.candidate.id, entry]))
    try {
      for (const entry of change.added) {
        watched.push(entry)
        await watch(engines, entry, config)
      }
    } catch (error) {
      for (const { candidate } of watched) engines.remove(candidate.id)
      byId = before
      tellKept(false)
      throw error
    }
    if (closed) return
    const untold = takePools(config, change)
    tellKept(true)
    entries = change.entries
    byId = new Map([...entries.values()].map(entry => [entry.candidate.id, entry]))
    for (const { candidate } of change.gone) engines.remove(candidate.id)
    await tellAgain(config, untold)
    for (const entry of change.added) sayUnheard(entry, config)
  }

  function tellKept(isWanted: boolean): void {
    const told = kept
    early = new Set()
    kept = []
    if (isWanted) for (const tell of told) tell()
  }

  /** Pools of the configuration; answers whose events some index has not heard from the beginning. */
  function takePools(config: GatewayConfig, { entries: all, added }: CandidateChange): Set<CandidateEntry> {
    const untold = new Set<CandidateEntry>()
    const present = new Map(pools.map(pool => [pool.config.alias, pool]))
    for (const { aliases } of all.values()) aliases.clear()
    const next = config.models.map(model => {
      const own = entriesOf(model, all)
      for (const { aliases } of own) aliases.add(model.alias)
      const known = present.get(model.alias)
      present.delete(model.alias)
      const before = new Set(known?.entries)
      const pool = known ?? new Pool(model, own, poolSettings)
      const isNew = known === undefined || known.update(model, own)
      if (pool.index?.told != null)
        for (const entry of own)
          if (!added.includes(entry) && (isNew || !before.has(entry))) untold.add(entry)
      return pool
    })
    pools = next
    byName = new Map(
      next.flatMap(pool => [pool.config.alias, ...pool.config.aliases].map(name => [name, pool] as const)),
    )
    for (const pool of present.values()) pool.close()
    return untold
  }

  /** Indexes that missed what engines told are told again: these are heard anew, from the beginning. */
  async function tellAgain(config: GatewayConfig, untold: ReadonlySet<CandidateEntry>): Promise<void> {
    for (const entry of untold) {
      if (!isHeard(entry, config)) continue
      const { id, name } = entry.candidate
      engines.remove(id)
      listener.toldChanged(id, false, 'connecting', null)
      await watch(engines, entry, config).catch(error => onAlarm(name, 'event-socket-failed', String(error)))
    }
  }

  function sayUnheard(entry: CandidateEntry, config: GatewayConfig): void {
    const { source, candidate } = entry
    if (source.kind !== 'replica' || source.replica.events === null || isHeard(entry, config)) return
    onAlarm(
      candidate.name,
      'events-unused',
      'its events are not heard: no alias with a prefix index names prompts by tokens',
    )
  }

  await reconfigure(settings.config).catch(error => {
    engines.close()
    throw error
  })

  /** One after another: the later configuration wins. */
  let last: Promise<void> = Promise.resolve()
  return {
    pool: name => byName.get(name) ?? null,
    get pools() {
      return pools
    },
    get candidates() {
      return [...entries.values()].map(({ candidate }) => candidate)
    },
    status: () => [...entries.values()].map(entry => statusOf(entry, clock.nowUs(), nowMs())),
    reconfigure(config) {
      const done = last.catch(() => {}).then(() => reconfigure(config))
      last = done
      return done
    },
    close() {
      closed = true
      timer.close()
      for (const pool of pools) pool.close()
      engines.close()
    },
  }
}

/** Candidates of an alias: an offer, or all replicas of a deployment. */
function entriesOf({ candidates }: ModelConfig, all: ReadonlyMap<string, CandidateEntry>): CandidateEntry[] {
  const wanted = new Set(candidates)
  return [...all.values()].filter(({ source }) =>
    wanted.has(source.kind === 'offer' ? source.offer.name : source.deployment.name),
  )
}
