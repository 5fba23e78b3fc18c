/** A prefill and a decode pool as one deployment shape. */
import type { DisaggregatedDeployment, Pool, Speculation } from '../../perf/deployment.ts'
import type { EngineChoice, Hardware } from './aggregated-shapes.ts'
import { type DeploymentShape, deploymentShape } from './shape.ts'

export function pairShape(
  choice: Pick<EngineChoice, 'engine' | 'precision'>,
  prefillHardware: Hardware,
  decodeHardware: Hardware,
  prefill: Omit<Pool, 'acceleratorId'>,
  decode: Omit<Pool, 'acceleratorId'>,
  speculation: Speculation | null,
): DeploymentShape {
  const deployment: DisaggregatedDeployment = {
    mode: 'disaggregated',
    engine: choice.engine,
    precision: choice.precision,
    speculation,
    prefill: { acceleratorId: prefillHardware.accelerator.id, ...prefill },
    decode: { acceleratorId: decodeHardware.accelerator.id, ...decode },
  }
  return deploymentShape(deployment, {
    accelerator: decodeHardware.accelerator,
    prefillAccelerator: prefillHardware.accelerator,
    pricing: decodeHardware.pricing,
    prefillPricing: prefillHardware.pricing,
  })
}
