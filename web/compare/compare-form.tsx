/** The question of a comparison: by what, which model, which load, and what stands against what. */
import type { FactsCatalog } from '../../src/catalog/system-types.ts'
import { Check, Choice, Field, Slider } from '../parts/fields.tsx'
import { QuestionFrame } from '../parts/question-frame.tsx'
import { TierChoice } from '../parts/tier-choice.tsx'
import type { Params } from '../state/route.ts'
import { quantities, quantityNames, quantityOf } from './quantities.ts'
import { entriesOf, entryOf, hardwareOptions, type Side, sidesOf } from './sides.ts'

/** As many as there are colours, but for the baseline's. */
const mostOthers = 7

interface CompareFormProps {
  readonly params: Params
  readonly facts: FactsCatalog
  /** An empty value takes the name out. */
  readonly onChange: (changed: Params) => void
}

export function CompareForm({ params, facts, onChange }: CompareFormProps) {
  const hardware = hardwareOptions(facts)
  const models = facts.models.map(({ id }) => [id, id] as const)
  const [baseline, ...others] = sidesOf(params)
  const replaced = (index: number, side: Side | null) =>
    others.map((other, place) => (place === index ? side : other))
  const quantity = quantityOf(params.by)
  const keep = (sides: readonly (Side | null)[]) =>
    onChange({
      with: sides.flatMap(side => (side === null ? [] : [entryOf(side, params.model ?? '')])).join(','),
    })
  return (
    <QuestionFrame label="Comparison">
      <Choice
        label="Compared by"
        value={quantity}
        options={quantityNames.map(name => [name, quantities[name].name] as const)}
        onChange={by => onChange({ by: by === 'dollar' ? '' : by })}
      />
      <Choice
        label="Model"
        value={params.model ?? ''}
        options={models}
        onChange={model => onChange({ model, claim: '', with: withoutModel(params, model) })}
      />
      <Slider
        label="Input"
        unit="tokens"
        logarithmic
        minimum={64}
        maximum={131_072}
        value={Number(params.isl)}
        onChange={value => onChange({ isl: String(value) })}
      />
      <Slider
        label="Output"
        unit="tokens"
        logarithmic
        minimum={16}
        maximum={32_768}
        value={Number(params.osl)}
        onChange={value => onChange({ osl: String(value) })}
      />
      <TierChoice params={params} onChange={onChange} />
      <Choice
        label="Baseline"
        value={params.base ?? ''}
        options={hardware}
        onChange={base => onChange({ base })}
      />
      <Check
        label="Baseline without speculation and separate pools"
        checked={params.plain !== undefined}
        onChange={plain => onChange({ plain: plain ? '1' : '' })}
      />
      {others.map((side, index) => (
        <fieldset key={index}>
          <legend>Compared {index + 1}</legend>
          <Choice
            label="Hardware"
            value={side.hardware}
            options={[['', 'Remove'], ...hardware]}
            onChange={value => keep(replaced(index, value === '' ? null : { ...side, hardware: value }))}
          />
          <Choice
            label="Its model"
            value={side.model}
            options={models}
            onChange={model => keep(replaced(index, { ...side, model }))}
          />
        </fieldset>
      ))}
      {others.length < mostOthers && baseline ? (
        <>
          <Adding
            label="Add hardware"
            words="an accelerator or a generation"
            options={hardware}
            onChoose={value => keep([...others, { hardware: value, model: baseline.model }])}
          />
          <Adding
            label="Add a model"
            words="on the baseline’s hardware"
            options={models}
            onChoose={model => keep([...others, { hardware: baseline.hardware, model }])}
          />
        </>
      ) : null}
    </QuestionFrame>
  )
}

/** Sides that named the model that now is everybody's. */
function withoutModel(params: Params, model: string): string {
  return entriesOf(params)
    .map(entry => (entry.endsWith(`@${model}`) ? entry.slice(0, -model.length - 1) : entry))
    .join(',')
}

interface AddingProps {
  readonly label: string
  readonly words: string
  readonly options: readonly (readonly [value: string, name: string])[]
  readonly onChoose: (value: string) => void
}

function Adding({ label, words, options, onChoose }: AddingProps) {
  return (
    <Field label={label}>
      {id => (
        <select id={id} value="" onChange={event => onChoose(event.currentTarget.value)}>
          <option value="">{words}</option>
          {options.map(([value, name]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}
