/** What each technique contributes: cost with it as a ratio of the cheapest without it. */
import { formatSignificant, formatUsdPerMillionTokens } from '../../src/report/format-number.ts'
import type { PlanReport } from '../../src/report/plan-report.ts'
import type { BarRow } from '../figures/bar-row.ts'
import { Bars } from '../figures/bars.tsx'
import { FigureFrame } from '../figures/figure-frame.tsx'
import { Empty } from '../parts/states.tsx'

/** Ratios nearer to 1 than this change nothing that the prediction could tell. */
const noDifference = 0.005
/** Bars end here; their text says how far they would go. */
const longestRatio = 3

export function Contributions({ report }: { readonly report: PlanReport }) {
  const { contributions } = report.result
  if (contributions.length === 0) {
    return (
      <section>
        <h2>What each technique contributes</h2>
        <Empty>Every feasible deployment uses the same techniques, so there is nothing to compare.</Empty>
      </section>
    )
  }
  const rows = contributions.map(({ technique, costRatio }): BarRow => {
    const same = Math.abs(costRatio - 1) < noDifference
    const text = same ? 'no difference' : `${formatSignificant(costRatio, 2)}×`
    const kind = same ? 'part' : costRatio < 1 ? 'good' : 'bad'
    return { name: technique, from: 1, to: Math.min(costRatio, longestRatio), text, kind }
  })
  return (
    <section>
      <FigureFrame
        title="What each technique contributes"
        file="contributions"
        csv={() => [
          ['technique', 'costWithOverWithout', 'cheapestWithoutUsdPerMillionTokens'],
          ...contributions.map(({ technique, costRatio, withoutUsdPerMillionTokens }) => [
            technique,
            costRatio,
            withoutUsdPerMillionTokens,
          ]),
        ]}
        caption={
          'Cost of the cheapest deployment with the technique ÷ cost of the cheapest without it, everything else free. ' +
          `Left of 1 it pays. Cheapest without: ${contributions
            .slice(0, 3)
            .map(entry => `${entry.technique} ${formatUsdPerMillionTokens(entry.withoutUsdPerMillionTokens)}`)
            .join(', ')}${contributions.length > 3 ? ' …' : ''}`
        }
      >
        <Bars
          rows={rows}
          label={`Cost with each technique over cost without it: ${rows.map(({ name, text }) => `${name} ${text}`).join(', ')}`}
          reference={{ value: 1, text: 'same cost' }}
        />
      </FigureFrame>
    </section>
  )
}
