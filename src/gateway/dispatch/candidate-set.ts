/** The candidates of a configuration: kept while their own configuration stays, watched where they tell something of themselves. */
import type { MonotonicClock } from '../../live/clock.ts'
import type { PriceBook } from '../../market/index.ts'
import { usesPrefixIndex } from '../../routing/index.ts'
import type { GatewayConfig } from '../config/gateway-config.ts'
import type { EngineState } from '../engine-state/index.ts'
import { type CandidateEntry, type CandidateSource, createEntry, keyOf, nameOf } from './candidate-entry.ts'
import { CandidateLoad } from './candidate-load.ts'
import type { Moment } from './estimate.ts'

export interface CandidateSetSettings {
  readonly clock: MonotonicClock
  readonly book: PriceBook
  readonly nowMs: () => number
  readonly moment: Moment
  readonly engines: EngineState
  readonly onAlarm: (candidate: string, name: string, detail: string) => void
}

export interface CandidateChange {
  /** All of the new configuration, by name. */
  readonly entries: ReadonlyMap<string, CandidateEntry>
  readonly added: readonly CandidateEntry[]
  readonly gone: readonly CandidateEntry[]
}

/** What a configuration asks for, beside what there is. Nothing is done yet but ids given out. */
export function planCandidates(
  config: GatewayConfig,
  present: ReadonlyMap<string, CandidateEntry>,
  nextId: () => number,
  settings: CandidateSetSettings,
): CandidateChange {
  const entries = new Map<string, CandidateEntry>()
  const added: CandidateEntry[] = []
  settings.moment.nowMs = settings.nowMs()
  for (const source of sourcesOf(config)) {
    const name = nameOf(source)
    const before = present.get(name) ?? null
    if (before !== null && before.key === keyOf(source)) {
      entries.set(name, before)
      continue
    }
    const entry = newEntry(source, nextId(), before, settings)
    entries.set(name, entry)
    added.push(entry)
  }
  const gone = [...present.values()].filter(entry => entries.get(entry.candidate.name) !== entry)
  return { entries, added, gone }
}

function* sourcesOf({ deployments, offers }: GatewayConfig): Iterable<CandidateSource> {
  for (const deployment of deployments)
    for (const replica of deployment.replicas) yield { kind: 'replica', deployment, replica }
  for (const offer of offers) yield { kind: 'offer', offer }
}

function newEntry(
  source: CandidateSource,
  id: number,
  before: CandidateEntry | null,
  { book, moment, engines, onAlarm }: CandidateSetSettings,
): CandidateEntry {
  const isPolled = source.kind === 'replica' && source.replica.metricsUrl !== null
  const capacity = source.kind === 'offer' ? source.offer.capacity : source.deployment.capacity
  const poll = isPolled ? (each: number) => engines.state(each) : null
  const load = new CandidateLoad(id, capacity, poll)
  if (source.kind === 'offer') load.state.isForeignCache = true
  return createEntry(source, {
    ...{ id, load },
    book,
    moment,
    before,
    onAlarm: (name, detail) => onAlarm(nameOf(source), name, detail),
  })
}

/** Whether an alias goes by what it tells of its cache: events name tokens, which say nothing about prompts named by bytes. */
export function isHeard({ source }: CandidateEntry, { models }: GatewayConfig): boolean {
  if (source.kind !== 'replica' || source.replica.events === null) return false
  const { name } = source.deployment
  return models.some(
    ({ candidates, tokenizer, router }) =>
      tokenizer !== 'bytes' && usesPrefixIndex(router) && candidates.includes(name),
  )
}

/** Begins to read its metrics and to hear its events. @throws TokenwrightError as EngineState.add does. */
export async function watch(
  engines: EngineState,
  entry: CandidateEntry,
  config: GatewayConfig,
): Promise<void> {
  const { candidate, source } = entry
  if (source.kind !== 'replica' || source.replica.metricsUrl === null) return
  const { metricsUrl, events } = source.replica
  await engines.add({
    id: candidate.id,
    metricsUrl,
    model: null,
    events: isHeard(entry, config) ? events : null,
  })
}
