/** The parts of the question that most people leave alone: what is searched, and prices of one's own. */
import type { FactsCatalog } from '../../src/catalog/system-types.ts'
import { Check, CheckList, TextField } from '../parts/fields.tsx'
import type { Params } from '../state/route.ts'
import { listOf } from './question.ts'

interface PartProps {
  readonly params: Params
  /** An empty value takes the name out. */
  readonly onChange: (changed: Params) => void
}

const engineOptions = [
  ['vllm', 'vLLM'],
  ['sglang', 'SGLang'],
  ['trtllm', 'TensorRT-LLM'],
] as const

const precisionOptions = ['bf16', 'fp8', 'nvfp4', 'mxfp4', 'int4'].map(name => [name, name] as const)

export function HardwareChoice({
  params,
  catalog,
  onChange,
}: PartProps & { readonly catalog: FactsCatalog | null }) {
  const chosen = listOf(params.hardware)
  const runnable = (catalog?.accelerators ?? []).filter(({ engines }) => engines.length > 0)
  const vendors = [...new Set(runnable.map(({ vendor }) => vendor))]
  return (
    <details open={chosen.length > 0}>
      <summary>
        Hardware <span class="soft">{chosen.length === 0 ? 'all of the catalog' : chosen.join(', ')}</span>
      </summary>
      {vendors.map(vendor => (
        <CheckList
          key={vendor}
          legend={vendor}
          options={runnable
            .filter(entry => entry.vendor === vendor)
            .map(({ id, name }) => [id, name] as const)}
          chosen={chosen}
          onChange={ids => onChange({ hardware: ids.join(',') })}
        />
      ))}
      {chosen.length > 0 ? (
        <button type="button" class="quiet" onClick={() => onChange({ hardware: '' })}>
          Search all
        </button>
      ) : null}
    </details>
  )
}

const moreNames = [
  'engine',
  'precision',
  'rate',
  'max-devices',
  'margin',
  'price',
  'electricity',
  'pue',
  'no-disaggregated',
  'no-speculation',
]

export function More({ params, onChange }: PartProps) {
  const text = (label: string, name: string, placeholder: string) => (
    <TextField
      label={label}
      value={params[name] ?? ''}
      placeholder={placeholder}
      onChange={value => onChange({ [name]: value })}
    />
  )
  return (
    <details open={moreNames.some(name => params[name] !== undefined)}>
      <summary>More</summary>
      <CheckList
        legend="Engines"
        options={engineOptions}
        chosen={listOf(params.engine)}
        onChange={names => onChange({ engine: names.join(',') })}
      />
      <CheckList
        legend="Precision"
        options={precisionOptions}
        chosen={listOf(params.precision)}
        onChange={names => onChange({ precision: names.join(',') })}
      />
      <Check
        label="Separate prefill and decode pools"
        checked={params['no-disaggregated'] === undefined}
        onChange={checked => onChange({ 'no-disaggregated': checked ? '' : '1' })}
      />
      <Check
        label="Speculative decoding"
        checked={params['no-speculation'] === undefined}
        onChange={checked => onChange({ 'no-speculation': checked ? '' : '1' })}
      />
      {text('Demand', 'rate', 'none: cost at full load; or 40/s')}
      {text('Devices at most', 'max-devices', '64')}
      {text('Margin kept free of objectives', 'margin', '10%')}
      {text('Own prices', 'price', 'h200=2.50/h, b200=4/h')}
      {text('Electricity', 'electricity', '$0.07/kWh')}
      {text('PUE', 'pue', '1.25')}
    </details>
  )
}
