/** Two runs beside each other, as `tokenwright compare` compares them. */
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { LoadComparison, RunComparison } from '../../src/measure/run-comparison.ts'
import {
  changeWords,
  comparisonTable,
  describeSide,
  figureTitle,
  loadTitle,
  noiseSentence,
  outcomeOf,
  shownFigures,
} from '../../src/report/comparison-facts.ts'
import { Failure, Pending } from '../parts/states.tsx'
import { DataTable } from '../parts/tables.tsx'
import { routeText } from '../state/route.ts'
import type { ComparisonAnswer } from '../worker/bench-protocol.ts'
import { faultOf, lanes } from '../worker/client.ts'
import type { Fault } from '../worker/protocol.ts'
import { isBrought, type KnownRun } from './known-run.ts'
import { RatioPlot } from './ratio-plot.tsx'

interface ComparisonViewProps {
  readonly a: KnownRun
  readonly b: KnownRun
  readonly back: ComponentChildren
}

export function ComparisonView({ a, b, back }: ComparisonViewProps) {
  const { answer, fault } = useComparison(a, b)
  return (
    <>
      {back}
      <h1>
        {b.id} compared with {a.id}
      </h1>
      <p class="soft">
        The same as <code>tokenwright compare</code>.{' '}
        <a href={routeText('bench', { a: b.id, b: a.id })}>The other way round</a>.
        {isBrought(a.id) || isBrought(b.id)
          ? ' What was brought to this page is not in its link: drop it again.'
          : ''}
      </p>
      {fault ? (
        <>
          <p>
            <strong>Not comparable.</strong>
          </p>
          <Failure fault={fault} />
        </>
      ) : null}
      {answer === null && !fault ? <Pending words="comparing" /> : null}
      {answer === null ? null : <Compared answer={answer} />}
    </>
  )
}

function Compared({ answer: { comparison, notes } }: { readonly answer: ComparisonAnswer }) {
  const { a, b, loads, onlyA, onlyB, warnings } = comparison
  const noise = noiseSentence(comparison)
  return (
    <div data-compared-runs={loads.length}>
      <dl class="pairs">
        {[
          ['a', a],
          ['b', b],
        ].map(([letter, side]) => (
          <div key={letter as string}>
            <dt>{letter as string}</dt>
            <dd>{describeSide(side as RunComparison['a'])}</dd>
          </div>
        ))}
      </dl>
      {warnings.length === 0 ? null : (
        <div class="box suspect" role="note" aria-label="What speaks against comparing them">
          <p>
            <strong>What speaks against comparing them</strong>
          </p>
          {warnings.map(warning => (
            <p key={warning}>{warning}</p>
          ))}
        </div>
      )}
      {loads.map(load => (
        <Load key={load.load} load={load} confidence={comparison.confidence} />
      ))}
      {onlyA.length === 0 ? null : <p>Only a has: {onlyA.join(', ')}.</p>}
      {onlyB.length === 0 ? null : <p>Only b has: {onlyB.join(', ')}.</p>}
      {[...notes, ...(noise === null ? [] : [`Note: ${noise}`]), ...comparison.notes].map(note => (
        <p key={note} class="soft">
          {note}
        </p>
      ))}
    </div>
  )
}

function Load({ load, confidence }: { readonly load: LoadComparison; readonly confidence: number }) {
  const figures = shownFigures(load)
  return (
    <section>
      <h2>{loadTitle(load)}</h2>
      <p class="outcome">{outcomeSentence(load)}</p>
      <RatioPlot figures={figures} title={`b ÷ a at ${load.load}`} confidence={confidence} />
      <DataTable table={comparisonTable(figures, confidence)} label={`Figures at ${load.load}`} dense />
    </section>
  )
}

/** The verdict of a load: what differs beyond noise, and that the rest shows no difference. */
function outcomeSentence(load: LoadComparison): string {
  const judged = shownFigures(load).map(figure => ({ figure, outcome: outcomeOf(figure) }))
  const differ = judged.filter(({ outcome }) => outcome === 'better' || outcome === 'worse')
  const told = judged.filter(({ outcome }) => outcome !== null && outcome !== 'noise unknown').length
  if (told === 0) return 'The files say nothing of noise: whether the figures differ cannot be told.'
  if (differ.length === 0)
    return `No difference shown in ${told} figures: all lie within noise, or have too few requests.`
  const words = differ.map(
    ({ figure, outcome }) => `${figureTitle(figure)} ${changeWords(figure)} (${outcome})`,
  )
  return `${differ.length} of ${told} figures differ beyond noise: ${words.join('; ')}. No difference shown in the others: within noise, or too few requests.`
}

function useComparison(a: KnownRun, b: KnownRun) {
  const [state, setState] = useState<{ answer: ComparisonAnswer | null; fault: Fault | null }>({
    answer: null,
    fault: null,
  })
  useEffect(() => {
    let current = true
    const side = ({ id, files }: KnownRun) => ({ name: id, files })
    lanes.quick.ask({ kind: 'bench-compare', a: side(a), b: side(b) }).then(
      answer => current && setState({ answer, fault: null }),
      reason => {
        const fault = faultOf(reason)
        if (current && fault) setState({ answer: null, fault })
      },
    )
    return () => {
      current = false
    }
  }, [a.id, b.id])
  return state
}
