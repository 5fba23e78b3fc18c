/** Where requests can go: each replica and offer, how it does, and what is known of its cache. */
import type { LiveSnapshot } from '../../src/gateway/control/live-snapshot.ts'
import { formatCount } from '../../src/report/format-number.ts'
import type { Table } from '../../src/report/plan-facts.ts'
import { Empty } from '../parts/states.tsx'
import { DataTable } from '../parts/tables.tsx'
import { agoText, millisecondsText, shareText } from './live-text.ts'

const right = { align: 'right' } as const

export function Places({ snapshot }: { readonly snapshot: LiveSnapshot }) {
  const { candidates, atMs, cost } = snapshot
  const targets = cost.windows['1m'].targets
  const attempts = Object.values(targets).reduce((sum, { requests }) => sum + requests, 0)
  const table: Table = {
    columns: [
      { header: 'place' },
      { header: 'state' },
      { header: 'share of requests', ...right },
      { header: 'in flight', ...right },
      { header: 'running', ...right },
      { header: 'waiting', ...right },
      { header: 'KV in use', ...right },
      { header: 'TTFT', ...right },
      { header: 'TPOT', ...right },
      { header: 'hits expected', ...right },
      { header: 'found', ...right },
    ],
    rows: candidates.map(one => {
      const target = one.target.kind === 'offer' ? one.target.offer : one.target.deployment
      const requests = targets[target]?.requests ?? 0
      const isAlone =
        candidates.filter(
          ({ target: other }) => (other.kind === 'offer' ? other.offer : other.deployment) === target,
        ).length === 1
      return [
        one.name,
        stateText(one, atMs),
        attempts > 0 && isAlone ? shareText(requests / attempts) : '–',
        formatCount(one.inFlight),
        formatCount(one.running),
        formatCount(one.waiting),
        shareText(one.cacheUse),
        millisecondsText(one.ttftMs),
        millisecondsText(one.tpotMs),
        shareText(one.expectedHitShare),
        shareText(one.realisedHitShare),
      ]
    }),
  }
  return (
    <section aria-label="Where requests go">
      <h2>Where requests go</h2>
      {candidates.length === 0 ? (
        <Empty>The configuration names no place.</Empty>
      ) : (
        <DataTable table={table} label="Replicas and offers" dense />
      )}
    </section>
  )
}

function stateText(one: LiveSnapshot['candidates'][number], atMs: number): string {
  const parts = [
    one.coolingUntilMs !== null && one.coolingUntilMs > atMs
      ? `left out for ${agoText(one.coolingUntilMs - atMs)}`
      : one.ready
        ? 'ready'
        : 'not ready',
    ...one.alarms,
  ]
  return parts.join('; ')
}
