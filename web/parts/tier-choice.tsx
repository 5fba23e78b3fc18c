import type { Params } from '../state/route.ts'
import { Choice } from './fields.tsx'

const tiers = [
  ['reserved', 'Reserved, 1–3 years'],
  ['on-demand', 'On demand'],
  ['spot', 'Spot'],
  ['owned', 'Owned'],
] as const

interface TierChoiceProps {
  readonly params: Params
  readonly onChange: (changed: Params) => void
}

/** `tier` of the address; empty where it is the usual one, reserved. */
export function TierChoice({ params, onChange }: TierChoiceProps) {
  return (
    <Choice
      label="Price tier"
      value={params.tier || 'reserved'}
      options={tiers}
      onChange={tier => onChange({ tier: tier === 'reserved' ? '' : tier })}
    />
  )
}
