/** What the plan's model says of what served the run, beside what was measured. */
import { useEffect, useState } from 'preact/hooks'
import type { FactsCatalog } from '../../src/catalog/system-types.ts'
import type { BenchResult } from '../../src/measure/bench-result.ts'
import { withoutFigures } from '../../src/measure/read-bench-result.ts'
import { tellsTokens } from '../../src/report/bench-facts.ts'
import { Choice } from '../parts/fields.tsx'
import { Empty, Failure, Pending } from '../parts/states.tsx'
import { DataTable } from '../parts/tables.tsx'
import { type Params, replaceParams } from '../state/route.ts'
import { useFacts } from '../state/use-facts.ts'
import type { PredictedLoad, PredictionAnswer, PredictionQuestion } from '../worker/bench-protocol.ts'
import { faultOf, lanes } from '../worker/client.ts'
import type { Fault } from '../worker/protocol.ts'
import type { KnownRun } from './known-run.ts'
import { bandSentence, predictedTable } from './predicted-table.ts'
import { type SaidDeployment, saidDeployment } from './said-deployment.ts'

interface PredictedProps {
  readonly run: KnownRun
  readonly result: BenchResult
  readonly params: Params
}

export function Predicted(props: PredictedProps) {
  const { facts, fault } = useFacts()
  const { result } = props
  if (!tellsTokens(result)) return null
  return (
    <section>
      <h2>Predicted beside measured</h2>
      <ByPlan result={result} />
      {fault ? <Failure fault={fault} /> : null}
      {facts === null ? <Pending words="reading the facts" /> : <ByModel {...props} facts={facts} />}
    </section>
  )
}

/** What the deployment file that bench was given says; it stands in the result. */
function ByPlan({ result }: { readonly result: BenchResult }) {
  const loads = result.points.flatMap(({ load, prediction }): PredictedLoad[] =>
    prediction === null ? [] : [{ load: load.name, rows: prediction.rows }],
  )
  if (loads.length === 0) return null
  const { deployment } = result.points.find(({ prediction }) => prediction !== null)!.prediction!
  return (
    <>
      <h3>By the plan that bench was given: {deployment}</h3>
      <DataTable table={predictedTable(loads)} label="Predicted by the plan" dense />
      <p>{bandSentence(loads)}</p>
      <h3>By the model as it is now, of a deployment that you name</h3>
    </>
  )
}

function ByModel({ run, result, params, facts }: PredictedProps & { readonly facts: FactsCatalog }) {
  const said = saidDeployment(result, params, facts)
  const state = usePrediction(run, result, said)
  return (
    <>
      <DeploymentFields
        said={said}
        facts={facts}
        onChange={changed => replaceParams('bench', { ...params, ...changed })}
      />
      {said.model === '' || said.hardware === '' ? (
        <Empty>
          Say which model{said.hardware === '' ? ' and hardware' : ''} served {result.endpoint.model}: the run
          does not.
        </Empty>
      ) : null}
      {state.fault ? <Failure fault={state.fault} /> : null}
      {state.asking ? <Pending words="predicting" /> : null}
      {state.answer === null || state.fault ? null : <Answer answer={state.answer} stale={state.asking} />}
    </>
  )
}

function Answer({ answer, stale }: { readonly answer: PredictionAnswer; readonly stale: boolean }) {
  const { deployment, loads, notes } = answer
  const sentence = bandSentence(loads)
  return (
    <div class={stale ? 'stale' : undefined} data-predicted={stale ? undefined : 'done'}>
      <DataTable table={predictedTable(loads)} label="Predicted beside measured" dense />
      {sentence === null ? null : <p>{sentence}</p>}
      <p class="soft">
        {deployment}, at the measured price. The error is the prediction’s: +10 % is a tenth more than was
        measured.
        {notes.map(note => ` ${note}`)}
      </p>
    </div>
  )
}

interface FieldsProps {
  readonly said: SaidDeployment
  readonly facts: FactsCatalog
  readonly onChange: (changed: Params) => void
}

const counts = ['1', '2', '4', '8', '16', '32']
const precisions = ['bf16', 'fp8', 'nvfp4', 'mxfp4', 'int4']

function DeploymentFields({ said, facts, onChange }: FieldsProps) {
  const options = (names: readonly string[]) => names.map(name => [name, name] as const)
  const withCurrent = (value: string) => options(counts.includes(value) ? counts : [...counts, value])
  const field = (
    label: string,
    name: keyof SaidDeployment,
    choices: readonly (readonly [string, string])[],
  ) => (
    <Choice
      label={label}
      value={said[name]}
      options={choices}
      onChange={value => onChange({ [name]: value })}
    />
  )
  const accelerators = facts.accelerators.filter(({ engines }) => engines.length > 0)
  return (
    <form class="filters" aria-label="What served it" onSubmit={event => event.preventDefault()}>
      {field('Model', 'model', [['', 'not known'], ...options(facts.models.map(({ id }) => id))])}
      {field('Hardware', 'hardware', [['', 'not known'], ...options(accelerators.map(({ id }) => id))])}
      {field('Devices per replica (TP)', 'tp', withCurrent(said.tp))}
      {field('Replicas', 'replicas', withCurrent(said.replicas))}
      {field('Engine', 'engine', [
        ['', 'the first that runs on it'],
        ['vllm', 'vLLM'],
        ['sglang', 'SGLang'],
        ['trtllm', 'TensorRT-LLM'],
      ])}
      {field('Precision', 'precision', [['', 'as the checkpoint is'], ...options(precisions)])}
    </form>
  )
}

interface PredictionState {
  readonly answer: PredictionAnswer | null
  readonly asking: boolean
  readonly fault: Fault | null
}

function usePrediction(run: KnownRun, result: BenchResult, said: SaidDeployment): PredictionState {
  const [state, setState] = useState<PredictionState>({ answer: null, asking: false, fault: null })
  useEffect(() => {
    if (said.model === '' || said.hardware === '')
      return setState({ answer: null, asking: false, fault: null })
    let current = true
    setState(before => ({ ...before, asking: true, fault: null }))
    lanes.quick.ask({ kind: 'bench-predict', question: questionOf(run, result, said) }).then(
      answer => current && setState({ answer, asking: false, fault: null }),
      reason => {
        const fault = faultOf(reason)
        if (current && fault) setState(before => ({ ...before, asking: false, fault }))
      },
    )
    return () => {
      current = false
    }
  }, [run.id, result, JSON.stringify(said)])
  return state
}

function questionOf(run: KnownRun, result: BenchResult, said: SaidDeployment): PredictionQuestion {
  const { model, hardware, tp, replicas, engine, precision } = said
  return {
    model: { kind: 'catalog', name: model },
    flags: {
      hardware: `${Number(tp) * Number(replicas)}x${hardware}`,
      tp,
      replicas,
      ...(engine === '' ? {} : { engine }),
      ...(precision === '' ? {} : { precision }),
    },
    requests: run.files.find(({ name }) => name === 'requests.jsonl') ?? null,
    points: withoutFigures(result).points,
  }
}
