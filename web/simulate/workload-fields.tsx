/** The load of a run: made up, or a trace file. */
import { Choice, FileButton, Slider, TextField } from '../parts/fields.tsx'
import type { Params } from '../state/route.ts'
import type { TraceText } from '../worker/protocol.ts'

interface WorkloadFieldsProps {
  readonly params: Params
  readonly trace: TraceText | null
  readonly onTrace: (trace: TraceText | null) => void
  readonly onChange: (changed: Params) => void
}

export function WorkloadFields({ params, trace, onTrace, onChange }: WorkloadFieldsProps) {
  return (
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
        value={params.seed ?? ''}
        onChange={seed => onChange({ seed: seed === '' ? '1' : seed })}
      />
    </fieldset>
  )
}

function MadeUp({ params, onChange }: Pick<WorkloadFieldsProps, 'params' | 'onChange'>) {
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
  const counted = (label: string, name: string, maximum: number) => (
    <Slider
      label={label}
      unit=""
      minimum={1}
      maximum={maximum}
      value={Number(params[name])}
      onChange={value => onChange({ [name]: String(Math.max(1, Math.round(value))) })}
    />
  )
  const talks = Number(params.turns) > 1
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
        label="Part of a prompt that others share"
        unit="%"
        minimum={0}
        maximum={95}
        step={5}
        value={Math.round(Number(params.share) * 100)}
        onChange={value => onChange({ share: String(value / 100) })}
      />
      {Number(params.share) > 0 ? counted('Different shared beginnings', 'groups', 64) : null}
      {counted('Turns of a conversation', 'turns', 20)}
      {talks ? slider('Added by a later turn', 'added', 'tokens', 4, 8_192) : null}
      {talks ? slider('Pause before it', 'pause', 's', 0.1, 600) : null}
    </>
  )
}
