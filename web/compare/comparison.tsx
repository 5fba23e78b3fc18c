/** The answer of a comparison: curves of ratios, never without model, load, speed, configuration, and the date of prices. */
import { useMemo } from 'preact/hooks'
import { choosePrice } from '../../src/catalog/price-choice.ts'
import type { FactsCatalog } from '../../src/catalog/system-types.ts'
import type { PriceTier } from '../../src/catalog/types.ts'
import type { Claim } from '../../src/claims/claim.ts'
import { powerBasisNames } from '../../src/report/words.ts'
import { Frontier } from '../figures/frontier.tsx'
import { Empty, Failure, Pending } from '../parts/states.tsx'
import { DataTable } from '../parts/tables.tsx'
import { type Params, routeText } from '../state/route.ts'
import { type Quantity, quantities, quantityOf } from './quantities.ts'
import { farthestSpeed, powerBases, ratioPoints, ratioTable, type SideFront, sideFront } from './ratios.ts'
import { acceleratorsOf, curveQuestion, nameOf, type Side, shortModel, sidesOf } from './sides.ts'
import { useCurves } from './use-curves.ts'

interface ComparisonProps {
  readonly params: Params
  readonly facts: FactsCatalog
  readonly claim: Claim | null
}

export function Comparison({ params, facts, claim }: ComparisonProps) {
  const sides = sidesOf(params)
  const tier = (params.tier ?? 'reserved') as PriceTier
  const plain = params.plain !== undefined
  const by = quantityOf(params.by)
  const quantity = quantities[by]
  const several = new Set(sides.map(({ model }) => model)).size > 1
  const { curves, drawing, fault } = useCurves(
    sides.map((side, index) => curveQuestion(side, sides, params, facts, index > 0 || !plain)),
  )
  const [baseline, ...compared] = useMemo(
    () =>
      curves.map((curve, index) =>
        sideFront(curve, quantity, several ? shortModel(sides[index]!.model) : null),
      ),
    [curves, quantity],
  )
  const points = useMemo(
    () => (baseline ? ratioPoints(baseline, compared, quantity) : []),
    [curves, quantity],
  )
  // Claims are about dollars.
  const curve = by === 'dollar' ? (claim?.curve ?? null) : null
  const marks = useMemo(
    () =>
      curve?.marks.map(({ speed, ratio, text }) => ({ x: speed, y: ratio, text: `${ratio}×, ${text}` })) ??
      [],
    [curve],
  )
  if (fault) return <Failure fault={fault} />
  if (baseline === undefined) return <Pending words="drawing the curves" />
  const stated = curve?.stated ?? null
  return (
    <div aria-busy={drawing} data-compared={drawing ? undefined : sides.length - 1} data-by={by}>
      <p class="soft">
        {modelsText(sides)}, {Number(params.isl).toLocaleString('en-US')} tokens in,{' '}
        {Number(params.osl).toLocaleString('en-US')} out, nothing cached; engine, precision, layout and
        techniques free at every point
        {plain ? `, ${baseline.name} without speculation and separate pools` : ''};{' '}
        {prices(facts, tier, [...new Set(sides.flatMap(side => acceleratorsOf(side, facts)))])}.
      </p>
      <Warnings sides={sides} fronts={[baseline, ...compared]} watts={by === 'megawatt'} />
      {claim ? (
        <p>
          {by === 'dollar' ? 'Marked: ' : 'Marked on tokens per dollar only: '}
          <a href={routeText('claims', { id: claim.id })}>{claim.claim}</a> ({claim.statedBy}).
        </p>
      ) : null}
      {points.length === 0 ? (
        <Empty>
          No speed is reached by both: {baseline.name} {reach(baseline)}
          {compared.map(side => `, ${side.name} ${reach(side)}`).join('')}. Another price tier or model may
          help.
        </Empty>
      ) : (
        <>
          <Frontier
            points={points}
            series={compared.map(side => side.name)}
            axis={quantity.axis}
            title={titleOf(quantity, baseline)}
            nameOf={id => id}
            limit={null}
            picked={null}
            stale={drawing}
            file={`ratio-${by}`}
            marks={marks}
            claimed={stated === null ? null : { y: stated, text: `claimed: ${stated}×` }}
          />
          <p class="soft">
            Curves end where one of the two reaches its speed limit: {baseline.name} at{' '}
            {Math.round(farthestSpeed(baseline))} tok/s/user
            {compared.map(side => `, ${side.name} at ${Math.round(farthestSpeed(side))}`).join('')}.
          </p>
          <DataTable table={ratioTable(baseline, compared, quantity)} dense label="Ratios at round speeds" />
        </>
      )}
    </div>
  )
}

function titleOf({ name }: Quantity, baseline: SideFront): string {
  return `${name.charAt(0).toUpperCase()}${name.slice(1)} against ${baseline.name}, at equal speed`
}

function modelsText(sides: readonly Side[]): string {
  const models = [...new Set(sides.map(({ model }) => model))]
  const [first = '', ...others] = models
  if (others.length === 0) return first
  const [base, ...compared] = sides.map(side => `${side.model} on ${nameOf({ ...side, model: '' }, [])}`)
  return `${compared.join(', ')} against ${base}`
}

interface WarningsProps {
  readonly sides: readonly Side[]
  readonly fronts: readonly SideFront[]
  readonly watts: boolean
}

/** What makes a multiple mean less than it seems. */
function Warnings({ sides, fronts, watts }: WarningsProps) {
  const models = new Set(sides.map(({ model }) => model))
  const bases = [...powerBases(fronts)]
  return (
    <>
      {models.size > 1 ? (
        <p class="warn">
          Tokens of different models are not the same work: tokenizers cut a text into different numbers of
          tokens, and answers differ in length and quality.
        </p>
      ) : null}
      {watts ? (
        <p class={bases.length > 1 ? 'warn' : 'soft'}>
          {bases.length > 1
            ? `Watts are not of the same things on all sides: ${bases.map(basis => powerBasisNames[basis]).join(' and ')}.`
            : `Watts: ${bases.map(basis => powerBasisNames[basis]).join('')}, at full load, without cooling.`}{' '}
          Bands are those of throughput. The best is looked for among what leads in cost or throughput.
        </p>
      ) : null}
    </>
  )
}

function reach(side: SideFront): string {
  const speed = farthestSpeed(side)
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
