/** What is simulated: a deployment with its router, and a load. */
import type { FactsCatalog } from '../../src/catalog/system-types.ts'
import type { PolicyKind } from '../../src/routing/router-spec.ts'
import { Choice, TextField } from '../parts/fields.tsx'
import { QuestionFrame } from '../parts/question-frame.tsx'
import { TierChoice } from '../parts/tier-choice.tsx'
import type { Params } from '../state/route.ts'
import type { TraceText } from '../worker/protocol.ts'
import { WorkloadFields } from './workload-fields.tsx'

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

const routerNames: Readonly<Record<PolicyKind, string>> = {
  'least-loaded': 'Least loaded: fewest requests',
  'round-robin': 'Round robin: in turn',
  random: 'Random',
  'two-choices': 'Two choices: better of two',
  'prefix-aware': 'Prefix-aware: beginning seen',
  'kv-aware': 'KV-aware: most in its cache',
  'session-affinity': 'Session affinity: stay there',
  cost: 'Cost: cheapest within objectives',
  weighted: 'Weighted: load and prefixes',
}

const layoutOptions = ['1', '2', '4', '8', '16'].map(count => [count, count] as const)
const replicaCounts = ['1', '2', '3', '4', '6', '8', '12', '16']

export function SimulateForm({ params, facts, trace, onTrace, onChange }: SimulateFormProps) {
  const models = (facts?.models ?? []).map(({ id }) => [id, id] as const)
  const accelerators = (facts?.accelerators ?? [])
    .filter(({ engines }) => engines.length > 0)
    .map(({ id, name }) => [id, `${id}: ${name}`] as const)
  const choice = (label: string, name: string, options: readonly (readonly [string, string])[]) => (
    <Choice
      label={label}
      value={params[name] ?? ''}
      options={options}
      onChange={value => onChange({ [name]: value })}
    />
  )
  const replicas = (label: string, name: string) => choice(label, name, countsWith(params[name]))
  const split = params.pools === 'two'
  return (
    <QuestionFrame label="Run">
      <fieldset>
        <legend>Deployment</legend>
        {choice('Model', 'model', models)}
        {choice('Hardware', 'hardware', accelerators)}
        {choice('Devices per replica (TP)', 'tp', layoutOptions)}
        {choice('Pools', 'pools', [
          ['one', 'One: prompts and answers'],
          ['two', 'Two: prefill and decode'],
        ])}
        {split ? (
          <>
            {replicas('Prefill replicas', 'prefill')}
            {replicas('Decode replicas', 'decode')}
          </>
        ) : (
          replicas('Replicas', 'replicas')
        )}
        {choice(split ? 'Router of the prefill pool' : 'Router', 'router', [
          ['', routerNames['least-loaded']],
          ...Object.entries(routerNames).filter(([kind]) => kind !== 'least-loaded'),
        ])}
        {choice('Engine', 'engine', engineOptions)}
        {choice('Precision', 'precision', precisionOptions)}
        <TierChoice params={params} onChange={onChange} />
        <TextField
          label="Objectives"
          value={params.slo ?? ''}
          placeholder="ttft p95 < 1s, tpot mean < 30ms"
          onChange={slo => onChange({ slo })}
        />
      </fieldset>
      <WorkloadFields params={params} trace={trace} onTrace={onTrace} onChange={onChange} />
    </QuestionFrame>
  )
}

/** A number of the address that is not among the usual ones can still be seen. */
function countsWith(said: string | undefined): (readonly [string, string])[] {
  const counts = said === undefined || replicaCounts.includes(said) ? replicaCounts : [...replicaCounts, said]
  return counts.map(count => [count, count] as const)
}
