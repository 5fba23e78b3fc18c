/** Compare: accelerators, generations or models at equal interactivity, as curves of ratios, with the points that claims name. */
import type { PageProps } from '../app.tsx'
import { useClaims } from '../claims/use-claims.ts'
import { Failure, Pending } from '../parts/states.tsx'
import { type Params, replaceParams } from '../state/route.ts'
import { useFacts } from '../state/use-facts.ts'
import { CompareForm } from './compare-form.tsx'
import { Comparison } from './comparison.tsx'

const usual: Params = {
  model: 'deepseek-ai/DeepSeek-R1',
  isl: '8192',
  osl: '1024',
  base: 'h200-sxm',
  with: 'b200-sxm,gb300-nvl72',
}

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
