/** One run opened: what it found, how far to trust it, load by load, and the plan's prediction beside it. */
import type { ComponentChildren } from 'preact'
import { useEffect, useErrorBoundary, useState } from 'preact/hooks'
import type { BenchResult } from '../../src/measure/bench-result.ts'
import type { ImportedRun } from '../../src/measure/interop/imported-run.ts'
import { endpointPairs, failureLines, pointTable } from '../../src/report/bench-facts.ts'
import { latencyByLoadFigure } from '../../src/report/bench-figure-by-load.ts'
import { hasPredictedBand, paretoFigure, paretoQuantities } from '../../src/report/bench-figure-pareto.ts'
import { benchHeadline, bestPoint } from '../../src/report/bench-headline.ts'
import { benchKeyFigures } from '../../src/report/bench-key-figures.ts'
import { KeyFigures } from '../parts/key-figures.tsx'
import { Empty, Failure, Pending } from '../parts/states.tsx'
import { DataTable, Pairs } from '../parts/tables.tsx'
import { type Params, replaceParams } from '../state/route.ts'
import type { Fault } from '../worker/protocol.ts'
import { loadRows } from './figure-rows.ts'
import { importedTable } from './imported-table.ts'
import { faultOfRun, fileAddress, isBrought, type KnownRun, lacking, openRun } from './known-run.ts'
import { LoadView } from './load-view.tsx'
import { MarkupFigure } from './markup-figure.tsx'
import { Predicted } from './predicted.tsx'
import { timeText } from './run-row.ts'

interface RunViewProps {
  readonly run: KnownRun
  readonly params: Params
  readonly back: ComponentChildren
}

export function RunView({ run, params, back }: RunViewProps) {
  const { content } = run
  return (
    <>
      {back}
      <h1>{run.id === '.' ? 'The run of this folder' : run.id}</h1>
      {content.kind === 'damaged' ? <Failure fault={content.fault} /> : null}
      {content.kind === 'imported' ? <ImportedView runs={content.runs} /> : null}
      {content.kind === 'result' ? <OpenedRun run={run} params={params} /> : null}
    </>
  )
}

function OpenedRun({ run, params }: Omit<RunViewProps, 'back'>) {
  const [result, setResult] = useState<BenchResult | null>(null)
  const [fault, setFault] = useState<Fault | null>(null)
  const [broken] = useErrorBoundary()
  useEffect(() => {
    openRun(run).then(setResult, reason => setFault(faultOfRun(reason)))
  }, [run.id])
  if (fault) return <Failure fault={fault} />
  if (broken !== undefined) return <Failure fault={lacking(run, broken)} />
  if (result === null) return <Pending words="reading the run" />
  return <ResultView run={run} result={result} params={params} />
}

interface ResultViewProps {
  readonly run: KnownRun
  readonly result: BenchResult
  readonly params: Params
}

function ResultView({ run, result, params }: ResultViewProps) {
  const best = bestPoint(result)
  const { points } = result
  const chosen = Number(params.load ?? (best === null ? 0 : points.indexOf(best)))
  const point = points[chosen] ?? best ?? points[0] ?? null
  return (
    <div data-run={run.id}>
      <section class="headline">
        <p class="what">{benchHeadline(result)}</p>
        <p class="soft">
          {timeText(result.startedAt)}, {result.endpoint.model}. <ReportLink run={run} />
        </p>
        {point === null ? null : <KeyFigures figures={benchKeyFigures(result, point)} />}
      </section>
      <section>
        <h2>Loads</h2>
        <DataTable
          table={pointTable(result)}
          label="Loads"
          dense
          picked={point === null ? -1 : points.indexOf(point)}
          onPick={row => replaceParams('bench', { ...params, load: String(row) })}
          rowName={row => `show ${points[row]?.load.name ?? ''}`}
        />
        {failureLines(result).map(line => (
          <p key={line}>{line}</p>
        ))}
        {points.length < 2 ? null : (
          <div class="figures">
            <MarkupFigure
              figure={paretoFigure(result)}
              title={paretoQuantities(result).priced ? 'Cost and speed' : 'Throughput and speed'}
              file="bench-loads"
              caption={`One point a load. Filled: valid; diamond: suspect; cross: invalid.${hasPredictedBand(result) ? ' Green: what the plan predicted, with its 80 % band.' : ''}`}
              csv={() => loadRows(result)}
            />
            <MarkupFigure
              figure={latencyByLoadFigure(result)}
              title="Latency by load"
              file="bench-latency-by-load"
              caption="Filled: median; rings: p95; bars: where they lie with 95 % confidence."
              csv={() => loadRows(result)}
            />
          </div>
        )}
      </section>
      {point === null ? <Empty>No load was measured.</Empty> : <LoadView result={result} point={point} />}
      <Predicted run={run} result={result} params={params} />
      <section>
        <h2>How it was measured</h2>
        <Pairs pairs={endpointPairs(result)} />
        <pre class="wrap">{result.command}</pre>
      </section>
    </div>
  )
}

function ReportLink({ run }: { readonly run: KnownRun }) {
  if (isBrought(run.id)) return <>Its report is report.html in its folder.</>
  if (!run.files.some(({ name }) => name === 'report.html')) return <>It has no report.html.</>
  return (
    <a href={fileAddress(run.id, 'report.html')} target="_blank" rel="noopener noreferrer">
      Open its report
    </a>
  )
}

function ImportedView({ runs }: { readonly runs: readonly ImportedRun[] }) {
  const [first] = runs
  if (first === undefined) return <Empty>There is no load in it.</Empty>
  return (
    <section data-run="imported">
      <p>
        Measured by {first.tool}
        {first.toolVersion === null ? '' : ` ${first.toolVersion}`}, {timeText(first.startedAt)},{' '}
        {first.model ?? 'model not told'}. Figures are the tool’s own, by its definitions.
      </p>
      <DataTable table={importedTable(runs)} label="Loads" dense />
      {[...new Set(runs.flatMap(({ notes }) => notes))].map(note => (
        <p key={note} class="soft">
          {note}
        </p>
      ))}
    </section>
  )
}
