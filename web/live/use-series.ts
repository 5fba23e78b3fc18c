/** Figures over time of a few names: all of the span once, then what is new; as many points as fit the span, never more. */
import { useEffect, useState } from 'preact/hooks'
import type { LiveSeries, SeriesGroup } from '../../src/gateway/observe/live/live-cost.ts'
import type { LiveFigures } from '../../src/gateway/observe/live/live-figures.ts'
import { askControl } from './control-client.ts'
import { merged, type SeriesPoint } from './series-points.ts'

export const spans = { '10m': 600, '1h': 3600, '24h': 86_400 } as const
export type Span = keyof typeof spans

/** Those that figures are drawn of. */
export const drawnFigures = [
  'usdPerMillionTokens',
  'usdPerMillionTokensWithIdle',
  'requestsPerSecond',
  'goodputPerSecond',
  'outputTokensPerSecond',
  'cacheHitShare',
  'expectedUseShare',
  'meanTtftMs',
] as const satisfies readonly (keyof LiveFigures)[]
export type DrawnFigure = (typeof drawnFigures)[number]

export type DrawnSeries = ReadonlyMap<string, readonly SeriesPoint[]>

const everyMs = 5000

/** names: '' for the total. By name; a name that is not known yet has no points. */
export function useSeries(group: SeriesGroup, names: readonly string[], span: Span): DrawnSeries {
  const [series, setSeries] = useState<DrawnSeries>(new Map())
  const key = names.join('\n')
  useEffect(() => {
    const stop = new AbortController()
    let known: DrawnSeries = new Map()
    let timer: ReturnType<typeof setTimeout> | undefined
    const step = span === '24h' ? 60 : 10
    const ask = async (): Promise<void> => {
      const entries = await Promise.all(
        names.map(async name => {
          const before = known.get(name) ?? []
          // The bucket that was not full yet, and one before it.
          const since = before.length === 0 ? span : `${3 * step}s`
          const query = new URLSearchParams({
            step: String(step),
            group,
            name,
            since,
            figures: drawnFigures.join(),
          })
          const answer = await askControl<LiveSeries>(`api/cost/series?${query}`, stop.signal).catch(
            () => null,
          )
          return [name, answer === null ? before : merged(before, answer, spans[span])] as const
        }),
      )
      if (stop.signal.aborted) return
      known = new Map(entries)
      setSeries(known)
      timer = setTimeout(ask, everyMs)
    }
    setSeries(new Map())
    void ask()
    return () => {
      stop.abort()
      clearTimeout(timer)
    }
  }, [group, key, span])
  return series
}
