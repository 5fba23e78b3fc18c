/** What is going on now: candidates, cost, the last requests. */
import {
  figureNames,
  type LiveFigures,
  type LiveSeries,
  mostRecentRequests,
  requestJson,
} from '../../observe/index.ts'
import { accountJson } from '../account-json.ts'
import { ControlError } from '../control-error.ts'
import { momentMs } from '../query.ts'
import { type ControlRoute, json } from './route.ts'

const seriesGroups = ['total', 'model', 'tenant', 'target'] as const

export const liveRoutes: readonly ControlRoute[] = [
  {
    method: 'GET',
    path: '/api/candidates',
    openness: 'read',
    query: [],
    answer: ({ parts }) => json({ candidates: parts.candidates() }),
  },
  {
    method: 'GET',
    path: '/api/cost',
    openness: 'read',
    query: [],
    answer: ({ parts }) => json(parts.live.snapshot()),
  },
  {
    method: 'GET',
    path: '/api/cost/series',
    openness: 'read',
    query: ['step', 'group', 'name', 'since', 'figures'],
    answer({ parts, query }) {
      const step = query.oneOf('step', ['10', '60'], '10') === '10' ? 10 : 60
      const group = query.oneOf('group', seriesGroups, 'total')
      const since = query.text('since')
      const fromMs = since === null ? 0 : momentMs(since, 'since', parts.nowMs())
      const series = parts.live.series(step, group, query.text('name') ?? '', fromMs)
      if (series === null)
        throw new ControlError('not_found', `no ${group} of this name was seen since the start`)
      const names = query.text('figures')
      return json(names === null ? series : withFigures(series, names.split(',')))
    },
  },
  {
    method: 'GET',
    path: '/api/requests',
    openness: 'read',
    query: ['limit'],
    answer: ({ parts, query }) =>
      json({
        seen: parts.recent.added,
        requests: parts.recent.last(query.count('limit', 1, mostRecentRequests, 100)).map(requestJson),
      }),
  },
  {
    method: 'GET',
    path: '/api/requests/:id',
    openness: 'read',
    query: [],
    async answer({ parts, id }) {
      const summary = parts.recent.find(id)
      const account = await parts.ledger.request(id)
      if (summary === null && account === null)
        throw new ControlError('not_found', 'no request of this id is known')
      return json({
        request: summary === null ? null : requestJson(summary),
        account: account === null ? null : accountJson(account),
      })
    },
  },
  {
    method: 'GET',
    path: '/api/live',
    openness: 'read',
    query: [],
    answer: ({ hub, cut }) => ({ kind: 'events', stream: hub.listen(cut) }),
  },
]

/** A day of all figures is 1 MB: whoever draws one of them asks for that one. */
function withFigures(series: LiveSeries, names: readonly string[]): object {
  if (!names.every(name => figureNames.includes(name)))
    throw new ControlError('bad_request', `figures is a list of: ${figureNames.join(', ')}`)
  const points = series.points.map(({ atMs, figures }) => ({
    atMs,
    figures: figures && Object.fromEntries(names.map(name => [name, figures[name as keyof LiveFigures]])),
  }))
  return { ...series, points }
}
