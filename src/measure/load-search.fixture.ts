/** A search told by an endpoint in a function, and its usual settings. */
import { expect } from 'vitest'
import type { Objective } from '../metrics/objective.ts'
import {
  createLoadSearch,
  defaultLoadSearch,
  type LoadSearchSettings,
  type LoadToMeasure,
  type MeasuredLoad,
} from './load-search.ts'
import type { SearchTrace } from './search-trace.ts'

export const p95: Objective = { metric: 'ttft', statistic: 'p95', limitMs: 500 }

export const users: LoadSearchSettings = {
  ...defaultLoadSearch,
  goal: 'max-concurrency',
  objectives: [p95],
  kind: 'concurrency',
  start: 1,
  minimum: 1,
  maximum: 4096,
}
export const rates: LoadSearchSettings = {
  ...users,
  goal: 'max-rate',
  kind: 'rate',
  minimum: 0.01,
  maximum: 1_000,
}

export type Endpoint = (asked: LoadToMeasure) => Partial<MeasuredLoad> & Pick<MeasuredLoad, 'intervals'>

export function search(settings: LoadSearchSettings, endpoint: Endpoint): SearchTrace {
  const found = createLoadSearch(settings)
  for (let asked = found.next(); asked !== null; asked = found.next()) {
    expect(found.next()).toEqual(asked)
    found.report({
      load: asked.load,
      sustained: true,
      requestsPerSecond: asked.load,
      usdPerMillionTokens: null,
      goodRequestsPerSecond: null,
      ...endpoint(asked),
    })
  }
  return found.trace()
}

/** An interval without width. */
export const exactly = (valueMs: number) => ({ objective: p95, lowMs: valueMs, highMs: valueMs })
