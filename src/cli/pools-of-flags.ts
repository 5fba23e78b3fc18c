/** A deployment as pools of the twin, with whatever flags set otherwise: for simulate and emulate. */
import { present } from '../core/assert.ts'
import type { PoolSettings } from '../fleet/types.ts'
import type { RequestShape } from '../perf/deployment.ts'
import { type TwinInput, twinPools } from '../sim/twin-pools.ts'
import { blockBytesOf, engineOverrides, probeTiers, tiersOf } from './simulate-engine.ts'
import type { SimulateFlags } from './simulate-flags.ts'
import type { SimulationPrices } from './simulate-prices.ts'
import type { SimulationQuestion } from './simulate-question.ts'

export type TwinFacts = Pick<
  TwinInput,
  | 'accelerator'
  | 'coefficients'
  | 'calibration'
  | 'cacheEvents'
  | 'startupSeconds'
  | 'estimates'
  | 'skipEvents'
>

/** `shape` holds mean lengths: a sliding window makes the bytes per token depend on them. */
export function poolsOfFlags(
  flags: SimulateFlags,
  question: SimulationQuestion,
  shape: RequestShape,
  prices: SimulationPrices,
  facts: TwinFacts,
): PoolSettings[] {
  const { modelId, architecture, deployment } = question
  const overrides = engineOverrides(flags, deployment.engine)
  const input: TwinInput = {
    modelId,
    architecture,
    deployment,
    shape,
    usdPerDeviceHour: id =>
      present(
        prices.accelerators.find(({ acceleratorId }) => acceleratorId === id),
        `${id} is priced`,
      ).price.usdPerDeviceHour,
    overrides,
    ...facts,
  }
  if (flags.hostCache === undefined && flags.diskCache === undefined) return twinPools(input)
  const blockBytes = blockBytesOf(twinPools({ ...input, overrides: { ...overrides, tiers: probeTiers } }))
  return twinPools({ ...input, overrides: { ...overrides, tiers: tiersOf(flags, blockBytes) } })
}
