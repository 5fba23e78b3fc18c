/** The ranked table; choosing a row shows what stands behind it. */
import { useState } from 'preact/hooks'
import type { Candidate } from '../../src/plan/types.ts'
import { describeDeployment } from '../../src/report/describe-deployment.ts'
import type { PlanReport } from '../../src/report/plan-report.ts'
import { rankingTable } from '../../src/report/plan-table.ts'
import { csvText } from '../figures/csv.ts'
import { download } from '../figures/save-figure.ts'
import { DataTable } from '../parts/tables.tsx'

interface RankingProps {
  readonly report: PlanReport
  readonly picked: Candidate
  readonly onPick: (id: string) => void
}

const shownFirst = 10

export function Ranking({ report, picked, onPick }: RankingProps) {
  const [all, setAll] = useState(false)
  const { ranking } = report.result
  const shown = all ? ranking : ranking.slice(0, shownFirst)
  const table = rankingTable(shown)
  const save = () => {
    const whole = rankingTable(ranking)
    const rows = [whole.columns.map(({ header }) => header), ...whole.rows]
    download('ranking.csv', new Blob([csvText(rows)], { type: 'text/csv' }))
  }
  return (
    <section>
      <div class="figure-head">
        <h2>Ranking by cost per million tokens</h2>
        <button type="button" class="quiet" aria-label="Save the ranking as CSV" onClick={save}>
          CSV
        </button>
      </div>
      <DataTable
        table={table}
        label="Ranking"
        dense
        picked={shown.indexOf(picked)}
        onPick={row => onPick(shown[row]!.id)}
        rowName={row => describeDeployment(shown[row]!.deployment)}
      />
      <p class="soft">
        $/Mtok: all tokens; in, cached, out: uncached input, cached input, output. ! rests on a fact of low
        confidence.{' '}
        {ranking.length > shownFirst ? (
          <button type="button" class="link" onClick={() => setAll(!all)}>
            {all ? `Show the first ${shownFirst}` : `Show all ${ranking.length}`}
          </button>
        ) : null}
      </p>
    </section>
  )
}
