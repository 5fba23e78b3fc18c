/** What a run showed: figures, the timeline, and the batch in slow motion. */

import {
  formatCount,
  formatMilliseconds,
  formatPercent,
  formatSignificant,
  formatUsd,
  formatUsdPerMillionTokens,
  formatWatts,
  usdOfNano,
} from '../../src/report/format-number.ts'
import { type KeyFigure, KeyFigures } from '../parts/key-figures.tsx'
import type { SimulateAnswer } from '../worker/protocol.ts'
import { SlowMotion } from './slow-motion.tsx'
import { Timeline } from './timeline.tsx'

export function RunView({ answer }: { readonly answer: SimulateAnswer }) {
  const { result, title, notes, milliseconds } = answer
  const { summary } = result
  return (
    <>
      <section class="headline">
        <p class="what">{title}</p>
        <p class="soft">
          {formatCount(summary.requests.measured)} requests,{' '}
          {formatMilliseconds(summary.durationSeconds * 1000)} of virtual time, simulated in{' '}
          {formatMilliseconds(milliseconds)}. {notes.join('. ')}.
        </p>
        <RunFigures answer={answer} />
      </section>
      <section>
        <Timeline answer={answer} />
      </section>
      <section>
        <SlowMotion answer={answer} />
      </section>
    </>
  )
}

function RunFigures({ answer }: { readonly answer: SimulateAnswer }) {
  const { summary, bill, pools } = answer.result
  const { ttftService: ttft, tpot, endToEndService: whole } = summary.latency
  const rates = summary.steady ?? summary.fullRun
  const watts = pools.reduce((sum, pool) => sum + pool.meanWatts, 0)
  const replicaSeconds = pools.reduce((sum, pool) => sum + pool.replicaSeconds, 0)
  const busy = pools.reduce((sum, pool) => sum + pool.busySeconds, 0) / replicaSeconds
  const figures: readonly KeyFigure[] = [
    ['TTFT p90', formatMilliseconds(ttft.p90Ms), `mean ${formatMilliseconds(ttft.meanMs)}`],
    ['TPOT mean', formatMilliseconds(tpot.meanMs), `p90 ${formatMilliseconds(tpot.p90Ms)}`],
    ['whole request p90', formatMilliseconds(whole.p90Ms), `mean ${formatMilliseconds(whole.meanMs)}`],
    [
      'requests/s',
      formatSignificant(rates.requestsPerSecond ?? Number.NaN),
      summary.steady ? 'steady window' : 'whole run',
    ],
    [
      'per Mtok',
      formatUsdPerMillionTokens(bill.perMillionTokens?.blended ?? null),
      `idle ${formatUsdPerMillionTokens(bill.perMillionTokens?.idle ?? null)}`,
    ],
    ['bill', formatUsd(usdOfNano(bill.allocation.billNanoUsd)), 'of the run'],
    ['busy', formatPercent(busy), 'of the time paid for'],
    ['power', formatWatts(watts), `${formatCount(summary.preemptions)} preemptions`],
  ]
  return <KeyFigures figures={figures} />
}
