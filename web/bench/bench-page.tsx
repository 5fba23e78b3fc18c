/** Bench: past runs, one of them opened, or two beside each other. The address says which. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { PageProps } from '../app.tsx'
import { Empty, Failure, Pending } from '../parts/states.tsx'
import { type Params, routeText } from '../state/route.ts'
import { BringButtons } from './bring-buttons.tsx'
import { type BroughtFile, droppedFiles } from './brought-runs.ts'
import { ComparisonView } from './comparison-view.tsx'
import { isBrought, startOf } from './known-run.ts'
import { RunList } from './run-list.tsx'
import { RunView } from './run-view.tsx'
import { type RunsState, useRuns } from './use-runs.ts'
import './bench.css'

export function BenchPage({ params }: PageProps) {
  const state = useRuns()
  const [over, setOver] = useState(false)
  const [reading, setReading] = useState(false)
  useTopOfView(`${params.run} ${params.a} ${params.b}`)
  const bring = async (files: Promise<readonly BroughtFile[]>) => {
    setReading(true)
    await state.bring(await files).finally(() => setReading(false))
  }
  const handlers = {
    onDragOver: (event: DragEvent) => {
      event.preventDefault()
      setOver(true)
    },
    onDragLeave: () => setOver(false),
    onDrop: (event: DragEvent) => {
      event.preventDefault()
      setOver(false)
      if (event.dataTransfer) bring(droppedFiles(event.dataTransfer.items))
    },
  }
  return (
    <div
      class={`bench${over ? ' dropping' : ''}`}
      data-bench={state.asking || reading ? undefined : 'ready'}
      {...handlers}
    >
      {reading ? <Pending words="reading what was brought" /> : null}
      <Shown params={params} state={state} onFiles={files => bring(Promise.resolve(files))} />
    </div>
  )
}

/** A run that is opened begins at its top, for those who read the screen by ear as well. */
function useTopOfView(view: string): void {
  const first = useRef(true)
  useEffect(() => {
    if (first.current) first.current = false
    else {
      document.getElementById('main')?.focus({ preventScroll: true })
      scrollTo(0, 0)
    }
  }, [view])
}

interface ShownProps {
  readonly params: Params
  readonly state: RunsState
  readonly onFiles: (files: readonly BroughtFile[]) => void
}

function Shown({ params, state, onFiles }: ShownProps) {
  const { run, a, b } = params
  const asked = [run, a, b].filter(id => id !== undefined)
  if (asked.length === 0) return <Overview state={state} onFiles={onFiles} />
  const found = (id: string | undefined) => state.runs.find(known => known.id === id)
  const missing = asked.filter(id => found(id) === undefined)
  const [first] = missing
  if (first !== undefined && state.asking) return <Pending words="looking for the runs" />
  if (first !== undefined) {
    return (
      <>
        <Back />
        <Failure
          fault={{
            code: 'file',
            message: `there is no run ${first} here`,
            ...(state.folder === null ? {} : { where: state.folder }),
            fix: isBrought(first)
              ? 'it was brought to another page: drop it on this one'
              : 'it may have been moved, or the server looks elsewhere: tokenwright up --runs FOLDER',
          }}
        />
      </>
    )
  }
  if (run !== undefined) return <RunView key={run} run={found(run)!} params={params} back={<Back />} />
  if (a !== undefined && b !== undefined)
    return <ComparisonView key={`${a} ${b}`} a={found(a)!} b={found(b)!} back={<Back />} />
  return <Overview state={state} onFiles={onFiles} />
}

function Back() {
  return (
    <p class="back">
      <a href={routeText('bench', {})}>All runs</a>
    </p>
  )
}

function Overview({ state, onFiles }: Omit<ShownProps, 'params'>) {
  const [chosen, setChosen] = useState<readonly string[]>([])
  const { runs, folder, notes, asking, fault } = state
  // The earlier one is what the later one is compared with.
  const [a, b] = chosen.toSorted((x, y) => dateOf(state, x).localeCompare(dateOf(state, y)))
  return (
    <>
      <h1>Measurements</h1>
      {fault ? <Failure fault={fault} /> : null}
      {asking && runs.length === 0 ? <Pending words="looking for past runs" /> : null}
      {runs.length === 0 && !asking ? <NoRuns folder={folder} /> : null}
      {runs.length === 0 ? null : (
        <p class="soft">
          Figures of a run are those of its best load: the cheapest, or quickest, of those that meet the
          objectives. Below a name stands when it began; below a figure its p95.
        </p>
      )}
      <RunList runs={runs} chosen={chosen} onChosen={setChosen} />
      {runs.length > 1 ? (
        <p class="actions">
          {b === undefined ? (
            <span class="soft">Choose two runs to compare them.</span>
          ) : (
            <a class="button" href={routeText('bench', { a: a!, b })}>
              Compare {b} with {a}
            </a>
          )}
        </p>
      ) : null}
      {notes.map(note => (
        <p key={note} class="soft">
          {note}
        </p>
      ))}
      <p class="actions">
        {folder === null ? null : (
          <button type="button" class="quiet" onClick={state.lookAgain} disabled={asking}>
            Look again
          </button>
        )}
        <BringButtons onFiles={onFiles} />
        <span class="soft">
          {folder === null ? '' : `Listed: ${folder}. `}Runs of any folder, and results of AIPerf, GuideLLM,
          vLLM and others, can be dropped on this page; they stay in it.
        </span>
      </p>
    </>
  )
}

function dateOf({ runs }: RunsState, id: string): string {
  const run = runs.find(known => known.id === id)
  return run === undefined ? '' : startOf(run)
}

function NoRuns({ folder }: { readonly folder: string | null }) {
  return (
    <>
      <Empty>
        {folder === null
          ? 'No folder of runs is behind this page: drop one here.'
          : `No run was found in ${folder} or up to three folders below it.`}
      </Empty>
      <p>A run is measured and kept by</p>
      <pre class="wrap">
        tokenwright bench http://localhost:8000 --concurrency 1,4,16 --hardware h100 --out run
      </pre>
      <p class="soft">
        No server at hand?{' '}
        <code>tokenwright emulate --model meta-llama/Llama-3.1-8B --hardware h100 --port 8000</code> is one.{' '}
        <code>tokenwright up --runs FOLDER</code> looks elsewhere.
      </p>
    </>
  )
}
