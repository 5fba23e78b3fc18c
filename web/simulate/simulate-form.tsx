/** What is simulated: a deployment, and a made-up load or a trace file. */
import type { FactsCatalog } from '../../src/catalog/system-types.ts'
import { Choice, FileButton, Slider, TextField } from '../parts/fields.tsx'
import { QuestionFrame } from '../parts/question-frame.tsx'
import type { Params } from '../state/route.ts'
import type { TraceText } from '../worker/protocol.ts'

interface SimulateFormProps {
  readonly params: Params
  readonly facts: FactsCatalog | null
  readonly trace: TraceText | null
  readonly onTrace: (trace: TraceText | null) => void
  readonly onChange: (changed: Params) => void
}

const engineOptions = [
  ['', 'The first that runs on it'],
  ['vllm', 'vLLM'],
  ['sglang', 'SGLang'],
  ['trtllm', 'TensorRT-LLM'],
] as const

const precisionOptions = [
  ['', 'As the checkpoint is'],
  ...['bf16', 'fp8', 'nvfp4', 'mxfp4', 'int4'].map(name => [name, name] as const),
] as const

export function SimulateForm({ params, facts, trace, onTrace, onChange }: SimulateFormProps) {
  const models = (facts?.models ?? []).map(({ id }) => [id, id] as const)
  const accelerators = (facts?.accelerators ?? [])
    .filter(({ engines }) => engines.length > 0)
    .map(({ id, name }) => [id, `${id}: ${name}`] as const)
  const given = (name: string) => params[name] ?? ''
  const powers = ['1', '2', '4', '8', '16'].map(count => [count, count] as const)
  return (
    <QuestionFrame label="Run">
      <fieldset>
        <legend>Deployment</legend>
        <Choice
          label="Model"
          value={given('model')}
          options={models}
          onChange={model => onChange({ model })}
        />
        <Choice
          label="Hardware"
          value={given('hardware')}
          options={accelerators}
          onChange={hardware => onChange({ hardware })}
        />
        <Choice
          label="Devices per replica (TP)"
          value={given('tp')}
          options={powers}
          onChange={tp => onChange({ tp })}
        />
        <Choice
          label="Replicas"
          value={given('replicas')}
          options={powers}
          onChange={replicas => onChange({ replicas })}
        />
        <Choice
          label="Engine"
          value={given('engine')}
          options={engineOptions}
          onChange={engine => onChange({ engine })}
        />
        <Choice
          label="Precision"
          value={given('precision')}
          options={precisionOptions}
          onChange={precision => onChange({ precision })}
        />
      </fieldset>
      <fieldset>
        <legend>Workload</legend>
        {trace === null ? (
          <MadeUp params={params} onChange={onChange} />
        ) : (
          <p>
            Trace {trace.name}{' '}
            <button type="button" class="quiet" onClick={() => onTrace(null)}>
              Remove
            </button>
          </p>
        )}
        <p class="hint">
          A trace of yours (CSV or JSON lines) stays in this page, and is not in its link.{' '}
          <FileButton
            label="Choose trace"
            accept=".csv,.jsonl,.json,text/csv"
            onFile={(name, text) => onTrace({ name, text })}
          />
        </p>
        <Slider
          label="Requests"
          unit=""
          logarithmic
          minimum={20}
          maximum={20_000}
          value={Number(params.requests)}
          onChange={value => onChange({ requests: String(Math.round(value)) })}
        />
        <TextField
          label="Seed"
          value={given('seed')}
          onChange={seed => onChange({ seed: seed === '' ? '1' : seed })}
        />
      </fieldset>
    </QuestionFrame>
  )
}

function MadeUp({ params, onChange }: Pick<SimulateFormProps, 'params' | 'onChange'>) {
  const closed = params.load === 'closed'
  const slider = (label: string, name: string, unit: string, minimum: number, maximum: number) => (
    <Slider
      label={label}
      unit={unit}
      logarithmic
      minimum={minimum}
      maximum={maximum}
      value={Number(params[name])}
      onChange={value => onChange({ [name]: String(value) })}
    />
  )
  return (
    <>
      <Choice
        label="Arrivals"
        value={closed ? 'closed' : 'open'}
        options={[
          ['open', 'Poisson, whatever is in flight'],
          ['closed', 'Users who wait for their answer'],
        ]}
        onChange={load => onChange({ load, amount: load === 'closed' ? '32' : '12' })}
      />
      {closed ? slider('Users', 'amount', '', 1, 2_000) : slider('Rate', 'amount', 'per s', 0.1, 1_000)}
      {slider('Input', 'isl', 'tokens', 16, 65_536)}
      {slider('Output', 'osl', 'tokens', 4, 8_192)}
      <Slider
        label="Spread of lengths (coefficient of variation)"
        unit=""
        minimum={0}
        maximum={2}
        step={0.1}
        value={Number(params.cv)}
        onChange={value => onChange({ cv: String(value) })}
      />
      <Slider
        label="Shared by all prompts"
        unit="%"
        minimum={0}
        maximum={95}
        step={5}
        value={Math.round(Number(params.share) * 100)}
        onChange={value => onChange({ share: String(value / 100) })}
      />
    </>
  )
}
