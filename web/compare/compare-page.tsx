/** Compare: accelerators at equal interactivity, as curves of ratios, with the points that claims name. */
import { useMemo } from 'preact/hooks'
import { choosePrice } from '../../src/catalog/price-choice.ts'
import type { FactsCatalog } from '../../src/catalog/system-types.ts'
import type { PriceTier } from '../../src/catalog/types.ts'
import type { Claim } from '../../src/claims/claim.ts'
import type { PageProps } from '../app.tsx'
import { useClaims } from '../claims/use-claims.ts'
import { axes } from '../figures/curves.ts'
import { Frontier } from '../figures/frontier.tsx'
import { Check, Choice, Field, Slider } from '../parts/fields.tsx'
import { QuestionFrame } from '../parts/question-frame.tsx'
import { Empty, Failure, Pending } from '../parts/states.tsx'
import { DataTable } from '../parts/tables.tsx'
import { type Params, replaceParams, routeText } from '../state/route.ts'
import { useFacts } from '../state/use-facts.ts'
import { farthestSpeed, ratioPoints, ratioTable } from './ratios.ts'
import { useCurves } from './use-curves.ts'

const usual: Params = {
  model: 'deepseek-ai/DeepSeek-R1',
  isl: '8192',
  osl: '1024',
  base: 'h200-sxm',
  with: 'b200-sxm,gb300-nvl72',
}

const tiers = [
  ['reserved', 'Reserved, 1–3 years'],
  ['on-demand', 'On demand'],
  ['spot', 'Spot'],
  ['owned', 'Owned'],
] as const

export function ComparePage({ params: said }: PageProps) {
  const { facts, fault } = useFacts()
  const params = { ...usual, ...said }
  const claims = useClaims()
  // A multiple of one model says nothing about another.
  const claim = claims?.find(({ id, curve }) => id === params.claim && curve?.model === params.model) ?? null
  const change = (changed: Params) => {
    const next = { ...params, ...changed }
    replaceParams('compare', Object.fromEntries(Object.entries(next).filter(([, value]) => value !== '')))
  }
  if (fault) return <Failure fault={fault} />
  if (facts === null) return <Pending words="reading the facts" />
  return (
    <div class="plan">
      <CompareForm params={params} facts={facts} onChange={change} />
      <div class="answer">
        <h1>At equal speed</h1>
        <Comparison params={params} facts={facts} claim={claim} />
      </div>
    </div>
  )
}

interface FormProps {
  readonly params: Params
  readonly facts: FactsCatalog
  readonly onChange: (changed: Params) => void
}

function CompareForm({ params, facts, onChange }: FormProps) {
  const runnable = facts.accelerators.filter(({ engines }) => engines.length > 0)
  const options = runnable.map(({ id, name }) => [id, `${id}: ${name}`] as const)
  const others = (params.with ?? '').split(',').filter(Boolean)
  return (
    <QuestionFrame label="Comparison">
      <Choice
        label="Model"
        value={params.model ?? ''}
        options={facts.models.map(({ id }) => [id, id] as const)}
        onChange={model => onChange({ model, claim: '' })}
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
      <Choice
        label="Price tier"
        value={params.tier ?? 'reserved'}
        options={tiers}
        onChange={tier => onChange({ tier: tier === 'reserved' ? '' : tier })}
      />
      <Choice
        label="Baseline"
        value={params.base ?? ''}
        options={options}
        onChange={base => onChange({ base })}
      />
      <Check
        label="Baseline without speculation and separate pools"
        checked={params.plain !== undefined}
        onChange={plain => onChange({ plain: plain ? '1' : '' })}
      />
      {others.map((other, index) => (
        <Choice
          key={index}
          label={`Compared ${index + 1}`}
          value={other}
          options={[['', 'Remove'], ...options]}
          onChange={value => onChange({ with: others.with(index, value).filter(Boolean).join(',') })}
        />
      ))}
      {others.length < 5 ? (
        <Field label="Add">
          {id => (
            <select
              id={id}
              value=""
              onChange={event => onChange({ with: [...others, event.currentTarget.value].join(',') })}
            >
              <option value="">an accelerator</option>
              {options.map(([value, name]) => (
                <option key={value} value={value}>
                  {name}
                </option>
              ))}
            </select>
          )}
        </Field>
      ) : null}
    </QuestionFrame>
  )
}

interface ComparisonProps {
  readonly params: Params
  readonly facts: FactsCatalog
  readonly claim: Claim | null
}

function Comparison({ params, facts, claim }: ComparisonProps) {
  const others = (params.with ?? '').split(',').filter(Boolean)
  const base = params.base ?? ''
  const tier = (params.tier ?? 'reserved') as PriceTier
  const plain = params.plain !== undefined
  const today = new Date().toISOString().slice(0, 10)
  const asked = (acceleratorId: string, techniques: boolean) => ({
    acceleratorId,
    question: {
      model: { kind: 'catalog', name: params.model ?? '' } as const,
      flags: { isl: params.isl!, osl: params.osl!, tier, disaggregated: techniques, speculation: techniques },
      trace: null,
      today,
    },
  })
  const { curves, drawing, fault } = useCurves([asked(base, !plain), ...others.map(id => asked(id, true))])
  const [baseline, ...compared] = curves
  const points = useMemo(() => (baseline ? ratioPoints(baseline, compared) : []), [curves])
  const marks = useMemo(
    () =>
      claim?.curve?.marks.map(({ speed, ratio, text }) => ({
        x: speed,
        y: ratio,
        text: `${ratio}×, ${text}`,
      })) ?? [],
    [claim],
  )
  if (fault) return <Failure fault={fault} />
  if (baseline === undefined) return <Pending words="drawing the curves" />
  const stated = claim?.curve?.stated ?? null
  return (
    <div aria-busy={drawing} data-compared={drawing ? undefined : others.length}>
      <p class="soft">
        {params.model}, {Number(params.isl).toLocaleString('en-US')} tokens in,{' '}
        {Number(params.osl).toLocaleString('en-US')} out, nothing cached; engine, precision, layout and
        techniques free at every point
        {plain ? `, ${base} without speculation and separate pools` : ''};{' '}
        {prices(facts, tier, [base, ...others])}.
      </p>
      {claim ? (
        <p>
          Marked: <a href={routeText('claims', { id: claim.id })}>{claim.claim}</a> ({claim.statedBy}).
        </p>
      ) : null}
      {points.length === 0 ? (
        <Empty>
          No speed is reached by both: {base} {reach(farthestSpeed(baseline))}
          {compared.map(curve => `, ${curve.acceleratorId} ${reach(farthestSpeed(curve))}`).join('')}. Another
          price tier or model may help.
        </Empty>
      ) : (
        <>
          <Frontier
            points={points}
            series={compared.map(curve => curve.acceleratorId)}
            axis={axes.ratio}
            title={`Tokens per dollar against ${base}, at equal speed`}
            nameOf={id => id}
            limit={null}
            picked={null}
            stale={drawing}
            file="ratio"
            marks={marks}
            claimed={stated === null ? null : { y: stated, text: `claimed: ${stated}×` }}
          />
          <p class="soft">
            Curves end where one of the two reaches its speed limit: {base} at{' '}
            {Math.round(farthestSpeed(baseline))} tok/s/user
            {compared
              .map(curve => `, ${curve.acceleratorId} at ${Math.round(farthestSpeed(curve))}`)
              .join('')}
            .
          </p>
          <DataTable table={ratioTable(baseline, compared)} dense label="Ratios at round speeds" />
        </>
      )}
    </div>
  )
}

function reach(speed: number): string {
  return speed === 0 ? 'cannot serve it, or has no price of this tier' : `to ${Math.round(speed)} tok/s/user`
}

function prices(facts: FactsCatalog, tier: PriceTier, ids: readonly string[]): string {
  return `${tier} prices: ${ids
    .map(id => {
      const price = choosePrice(facts, id, tier)?.price
      return price === undefined
        ? `${id} none known`
        : `${id} $${price.usdPerDeviceHour.toFixed(2)}/h (${price.provider}, ${price.provenance.asOf})`
    })
    .join(', ')}`
}
