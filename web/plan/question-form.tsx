/** The question: model, workload, objectives, hardware, price. A change takes effect at once. */
import type { FactsCatalog } from '../../src/catalog/system-types.ts'
import type { Objective } from '../../src/plan/types.ts'
import { Check, Choice, FileButton, Slider, TextField } from '../parts/fields.tsx'
import { QuestionFrame } from '../parts/question-frame.tsx'
import { TierChoice } from '../parts/tier-choice.tsx'
import type { Params } from '../state/route.ts'
import type { TraceText } from '../worker/protocol.ts'
import { ModelField } from './model-field.tsx'
import { objectiveText, readObjectives, withLimit } from './objectives.ts'
import { examples } from './question.ts'
import { HardwareChoice, More } from './question-more.tsx'

interface QuestionFormProps {
  readonly params: Params
  readonly catalog: FactsCatalog | null
  /** An empty value takes the name out. */
  readonly onChange: (changed: Params) => void
  readonly onExample: (params: Params) => void
  readonly onConfig: (name: string, text: string) => void
  readonly trace: TraceText | null
  readonly onTrace: (trace: TraceText | null) => void
}

export function QuestionForm(props: QuestionFormProps) {
  const { params, catalog, onChange, onExample, onConfig, trace, onTrace } = props
  return (
    <QuestionFrame label="Question">
      <p class="examples">
        <span class="soft">Examples: </span>
        {examples.map(({ name, params: example }) => (
          <button key={name} type="button" class="link" onClick={() => onExample(example)}>
            {name}
          </button>
        ))}
      </p>
      <ModelField
        models={catalog?.models ?? []}
        value={params.model ?? ''}
        ownConfig={params.config !== undefined}
        onModel={model => onChange({ model, config: '' })}
        onConfig={onConfig}
      />
      {trace === null ? (
        <Workload params={params} onChange={onChange} onTrace={onTrace} />
      ) : (
        <fieldset>
          <legend>Workload</legend>
          <p>
            Trace {trace.name}: its lengths, prefix reuse and burstiness. It is not in the link.{' '}
            <button type="button" class="quiet" onClick={() => onTrace(null)}>
              Remove
            </button>
          </p>
        </fieldset>
      )}
      <Objectives text={params.slo ?? ''} onChange={slo => onChange({ slo })} />
      <Money params={params} catalog={catalog} onChange={onChange} />
      <HardwareChoice params={params} catalog={catalog} onChange={onChange} />
      <More params={params} onChange={onChange} />
    </QuestionFrame>
  )
}

interface PartProps {
  readonly params: Params
  readonly onChange: QuestionFormProps['onChange']
}

function Workload({ params, onChange, onTrace }: PartProps & Pick<QuestionFormProps, 'onTrace'>) {
  const hit = params['prefix-cache-hit'] ?? '0%'
  return (
    <fieldset>
      <legend>Workload</legend>
      <Slider
        label="Input"
        unit="tokens"
        logarithmic
        minimum={64}
        maximum={131_072}
        value={countOf(params.isl, 4000)}
        onChange={value => onChange({ isl: String(value), cached: '' })}
      />
      <Slider
        label="Output"
        unit="tokens"
        logarithmic
        minimum={16}
        maximum={32_768}
        value={countOf(params.osl, 500)}
        onChange={value => onChange({ osl: String(value) })}
      />
      <Slider
        label="Found in prefix cache"
        unit="%"
        minimum={0}
        maximum={95}
        step={5}
        value={Number.parseFloat(hit) || 0}
        onChange={value => onChange({ 'prefix-cache-hit': value === 0 ? '' : `${value}%`, cached: '' })}
      />
      <p class="hint">
        Or a trace of yours (CSV or JSON lines).{' '}
        <FileButton
          label="Choose trace"
          accept=".csv,.jsonl,text/csv"
          onFile={(name, text) => onTrace({ name, text })}
        />
      </p>
    </fieldset>
  )
}

interface ObjectivesProps {
  readonly text: string
  readonly onChange: (text: string) => void
}

const limits = {
  ttft: { label: 'First token, TTFT', statistic: 'p90', usual: 1000, minimum: 50, maximum: 60_000 },
  tpot: { label: 'Per output token, TPOT', statistic: 'mean', usual: 30, minimum: 2, maximum: 200 },
} as const

function Objectives({ text, onChange }: ObjectivesProps) {
  const objectives = readObjectives(text)
  const change = (metric: 'ttft' | 'tpot', limitMs: number | null, statistic: Objective['statistic']) =>
    onChange(objectiveText(withLimit(objectives ?? [], metric, limitMs, statistic)))
  return (
    <fieldset>
      <legend>Objectives</legend>
      {objectives === null
        ? null
        : (['ttft', 'tpot'] as const).map(metric => {
            const { label, statistic, usual, minimum, maximum } = limits[metric]
            const found = objectives.find(objective => objective.metric === metric)
            const measure = found?.statistic ?? statistic
            return (
              <div key={metric} class="objective">
                <Check
                  label={`${label} ${measure}`}
                  checked={found !== undefined}
                  onChange={checked => change(metric, checked ? usual : null, measure)}
                />
                {found ? (
                  <Slider
                    label={`${label} at most`}
                    unit="ms"
                    logarithmic
                    minimum={minimum}
                    maximum={maximum}
                    value={found.limitMs}
                    onChange={limitMs => change(metric, limitMs, measure)}
                  />
                ) : null}
              </div>
            )
          })}
      <TextField
        label="In words"
        value={text}
        placeholder="ttft p90 < 1s, tpot mean < 30ms"
        onChange={onChange}
      />
    </fieldset>
  )
}

interface CatalogPartProps extends PartProps {
  readonly catalog: FactsCatalog | null
}

function Money({ params, catalog, onChange }: CatalogPartProps) {
  const regions = [
    ['', 'Any region'] as const,
    ...(catalog?.electricity ?? []).map(entry => [entry.id, `${entry.region} (${entry.id})`] as const),
  ]
  const region = params.region ?? ''
  const known = regions.some(([id]) => id === region)
  return (
    <fieldset>
      <legend>Price</legend>
      <TierChoice params={params} onChange={onChange} />
      <Choice
        label="Region"
        value={region}
        options={known ? regions : [...regions, [region, region] as const]}
        onChange={value => onChange({ region: value })}
      />
      <Slider
        label="Capacity used, day’s average"
        unit="%"
        minimum={5}
        maximum={100}
        step={5}
        value={Math.round(shareOf(params['load-factor'], 1) * 100)}
        onChange={value => onChange({ 'load-factor': value === 100 ? '' : `${value}%` })}
      />
    </fieldset>
  )
}

function countOf(text: string | undefined, usual: number): number {
  const match = /^([\d.]+)\s*(k?)$/i.exec(text ?? '')
  return match ? Number(match[1]) * (match[2] ? 1000 : 1) : usual
}

function shareOf(text: string | undefined, usual: number): number {
  if (!text) return usual
  const value = Number.parseFloat(text)
  return text.includes('%') ? value / 100 : value
}
