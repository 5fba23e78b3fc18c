/** Simulate: the twin on a workload, what happened over time, and one replica's batch in slow motion. */
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { PageProps } from '../app.tsx'
import { Failure, Pending } from '../parts/states.tsx'
import { type Params, replaceParams } from '../state/route.ts'
import { useFacts } from '../state/use-facts.ts'
import { faultOf, lanes } from '../worker/client.ts'
import type { Fault, SimulateAnswer, SimulateQuestion, TraceText } from '../worker/protocol.ts'
import { commandText } from './command.ts'
import { simulateQuestion, usualParams } from './question.ts'
import { RunView } from './run-view.tsx'
import { SimulateForm } from './simulate-form.tsx'
import './simulate.css'

export function SimulatePage({ params: said }: PageProps) {
  const params = { ...usualParams, ...said }
  const { facts, fault: factsFault } = useFacts()
  const [trace, setTrace] = useState<TraceText | null>(null)
  const key = JSON.stringify(params)
  const question = useMemo(() => simulateQuestion(params, trace), [key, trace])
  const run = useRun(question)
  const fault = factsFault ?? run.fault
  const change = (changed: Params) => replaceParams('simulate', { ...params, ...changed })
  return (
    <div class="plan">
      <SimulateForm
        params={params}
        facts={facts}
        trace={trace}
        onTrace={setTrace}
        // Another fleet: the first replica is watched again.
        onChange={changed => change({ watch: '0', ...changed })}
      />
      <div class="answer">
        <h1>A run of the twin</h1>
        {fault ? <Failure fault={fault} /> : null}
        {run.running ? (
          <Pending words={run.progress === '' ? 'simulating' : `simulating: ${run.progress}`} />
        ) : null}
        {run.answer && !fault ? (
          <div
            aria-busy={run.running}
            class={run.running ? 'stale' : undefined}
            data-run={run.running ? undefined : 'done'}
          >
            <RunView
              answer={run.answer}
              command={commandText(question.flags)}
              onWatch={watch => change({ watch })}
            />
          </div>
        ) : null}
      </div>
    </div>
  )
}

interface RunState {
  readonly answer: SimulateAnswer | null
  readonly running: boolean
  readonly progress: string
  readonly fault: Fault | null
}

function useRun(question: SimulateQuestion): RunState {
  const [state, setState] = useState<RunState>({ answer: null, running: true, progress: '', fault: null })
  useEffect(() => {
    let current = true
    const update = (change: Partial<RunState>) => {
      if (current) setState(state => ({ ...state, ...change }))
    }
    update({ running: true, progress: '', fault: null })
    lanes.twin
      .ask({ kind: 'simulate', question }, progress => update({ progress }))
      .then(
        answer => update({ answer, running: false }),
        reason => {
          const fault = faultOf(reason)
          if (fault) update({ fault, running: false })
        },
      )
    return () => {
      current = false
      lanes.twin.stop()
    }
  }, [question])
  return state
}
