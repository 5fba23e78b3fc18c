/** What each technique contributes: cost with it as a ratio of the cheapest without it. */
import { byStrength } from '../../src/plan/contributions.ts'
import type { TechniqueContribution } from '../../src/plan/types.ts'
import { formatSignificant, formatUsdPerMillionTokens } from '../../src/report/format-number.ts'
import type { BarRow } from '../figures/bar-row.ts'
import { Bars } from '../figures/bars.tsx'
import { FigureFrame } from '../figures/figure-frame.tsx'
import { Empty, Pending } from '../parts/states.tsx'

/** Ratios nearer to 1 than this change nothing that the prediction could tell. */
const noDifference = 0.005
/** Bars end here; their text says how far they would go. */
const longestRatio = 3

interface ContributionsProps {
  /** Those that one search compares. */
  readonly own: readonly TechniqueContribution[]
  /** Those of the model and the workload, each a search of its own; null while they run. */
  readonly against: readonly TechniqueContribution[] | null
}

export function Contributions({ own, against }: ContributionsProps) {
  const contributions = [...own, ...(against ?? [])].sort(byStrength)
  const searching =
    against === null ? <Pending words="searching without what the model and the workload bring" /> : null
  if (contributions.length === 0) {
    return (
      <section>
        <h2>What each technique contributes</h2>
        {searching ?? (
          <Empty>Every feasible deployment uses the same techniques, so there is nothing to compare.</Empty>
        )}
      </section>
    )
  }
  const rows = contributions.map(barOf)
  return (
    <section>
      <FigureFrame
        title="What each technique contributes"
        file="contributions"
        csv={() => [
          ['technique', 'costWithOverWithout', 'cheapestWithoutUsdPerMillionTokens', 'without'],
          ...contributions.map(({ technique, costRatio, withoutUsdPerMillionTokens, without }) => [
            technique,
            costRatio,
            withoutUsdPerMillionTokens,
            without ?? null,
          ]),
        ]}
        caption={<Caption contributions={contributions} />}
      >
        <Bars
          rows={rows}
          label={`Cost with each technique over cost without it: ${rows.map(({ name, text }) => `${name} ${text}`).join(', ')}`}
          reference={{ value: 1, text: 'same cost' }}
        />
        {searching}
      </FigureFrame>
    </section>
  )
}

function barOf({ technique, costRatio }: TechniqueContribution): BarRow {
  if (costRatio === null)
    return { name: technique, from: 1, to: 0, text: 'nothing feasible without', kind: 'good' }
  const same = Math.abs(costRatio - 1) < noDifference
  const text = same ? 'no difference' : `${formatSignificant(costRatio, 2)}×`
  const kind = same ? 'part' : costRatio < 1 ? 'good' : 'bad'
  return { name: technique, from: 1, to: Math.min(costRatio, longestRatio), text, kind }
}

function Caption({ contributions }: { readonly contributions: readonly TechniqueContribution[] }) {
  const priced = contributions.flatMap(({ technique, withoutUsdPerMillionTokens: usd }) =>
    usd === null ? [] : `${technique} ${formatUsdPerMillionTokens(usd)}`,
  )
  const worlds = contributions.flatMap(({ technique, without }) =>
    without === undefined ? [] : `${technique}: ${without}`,
  )
  return (
    <>
      Cost of the cheapest deployment with the technique ÷ cost of the cheapest without it, everything else
      free. Left of 1 it pays. Cheapest without: {priced.slice(0, 3).join(', ')}
      {priced.length > 3 ? ' …' : ''}
      {worlds.length > 0 ? (
        <>
          <br />
          Without {worlds.join('; without ')}. Efficiencies are those of the model as it is.
        </>
      ) : null}
    </>
  )
}
