/** What a run showed: the sentence and tables of the command line, the timeline, and one replica of choice. */

import {
  formatMilliseconds,
  formatPercent,
  formatSignificant,
  formatUsd,
  formatUsdPerMillionTokens,
  formatWatts,
  plural,
  usdOfNano,
} from '../../src/report/format-number.ts'
import {
  latencyLegend,
  latencyTable,
  objectiveTable,
  poolLegend,
  poolTable,
} from '../../src/report/simulation-facts.ts'
import { simulationHeadline } from '../../src/report/simulation-headline.ts'
import type { SimulationReport } from '../../src/report/simulation-report.ts'
import { runNotes, setupPairs } from '../../src/report/simulation-setup-facts.ts'
import { CopyButton } from '../parts/copy-button.tsx'
import { type KeyFigure, KeyFigures } from '../parts/key-figures.tsx'
import { DataTable, Pairs } from '../parts/tables.tsx'
import type { SimulateAnswer } from '../worker/protocol.ts'
import { ReplicaView } from './replica-view.tsx'
import { Timeline } from './timeline.tsx'

interface RunViewProps {
  readonly answer: SimulateAnswer
  /** The same in a terminal. */
  readonly command: string
  readonly onWatch: (replica: string) => void
}

export function RunView({ answer, command, onWatch }: RunViewProps) {
  const { report, milliseconds } = answer
  const notes = runNotes(report)
  const objectives = objectiveTable(report)
  return (
    <>
      <section class="headline">
        <p class="what">{simulationHeadline(report)}</p>
        <RunFigures report={report} />
        {objectives.rows.length > 0 ? <DataTable table={objectives} label="Objectives" /> : null}
        {notes.map(note => (
          <p key={note} class="soft">
            Note: {note}.
          </p>
        ))}
      </section>
      <section>
        <h2>Latencies and pools</h2>
        <DataTable table={latencyTable(report)} label="Latencies" />
        <p class="soft">{latencyLegend}</p>
        <DataTable table={poolTable(report)} label="Pools" />
        <p class="soft">{poolLegend}</p>
        <details>
          <summary>What ran, and the same in a terminal</summary>
          <Pairs pairs={setupPairs(report)} />
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1) */}
          <pre class="wrap" tabIndex={0} data-command="">
            {command}
          </pre>
          <CopyButton label="Copy" text={() => command} />
          <p class="soft">Simulated in {formatMilliseconds(milliseconds)}, every step told.</p>
        </details>
      </section>
      <section>
        <Timeline answer={answer} />
      </section>
      <section>
        <ReplicaView answer={answer} onWatch={onWatch} />
      </section>
    </>
  )
}

function RunFigures({ report }: { readonly report: SimulationReport }) {
  const { summary, bill, pools } = report.result
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
    ['busy', formatPercent(busy), cacheWords(report)],
    ['power', formatWatts(watts), plural(summary.preemptions, 'preemption')],
  ]
  return <KeyFigures figures={figures} />
}

/** What the router and the prefix caches are for. */
function cacheWords({ result }: SimulationReport): string {
  const { cachedInputShare } = result.summary.tokens
  return cachedInputShare ? `${formatPercent(cachedInputShare)} of input from cache` : 'of the time paid for'
}
