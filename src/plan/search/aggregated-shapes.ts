/** Every aggregated shape: accelerators × engines × precisions × layouts × speculation. */
import type { Accelerator } from '../../catalog/types.ts'
import type { ModelArchitecture } from '../../model/architecture.ts'
import { bytesPerElement } from '../../model/number-format.ts'
import type { Engine, Precision, Speculation } from '../../perf/deployment.ts'
import type { PlanRequest } from '../types.ts'
import type { PlanContext } from './context.ts'
import { layoutsFor } from './layouts.ts'
import { precisionPresets } from './precision-presets.ts'
import type { DevicePricing } from './pricing.ts'
import { type DeploymentShape, deploymentShape } from './shape.ts'

/** Devices of one kind that can serve, with their price. */
export interface Hardware {
  readonly accelerator: Accelerator
  readonly pricing: DevicePricing
}

/** One engine with one precision on one kind of device: what pools of a deployment have in common. */
export interface EngineChoice {
  readonly hardware: Hardware
  readonly engine: Engine
  readonly precision: Precision
}

/** Sorted, so that the order of the catalog does not matter. */
export function engineChoices(
  request: PlanRequest,
  architecture: ModelArchitecture,
  hardware: readonly Hardware[],
): EngineChoice[] {
  return hardware.flatMap(entry =>
    request.engines
      .filter(engine => entry.accelerator.engines.includes(engine))
      .flatMap(engine =>
        precisionPresets(architecture, entry.accelerator, engine, request.precisions).map(precision => ({
          hardware: entry,
          engine,
          precision,
        })),
      ),
  )
}

export function aggregatedShapes(
  request: PlanRequest,
  context: PlanContext,
  choice: EngineChoice,
): DeploymentShape[] {
  const { hardware, engine, precision } = choice
  const { accelerator, pricing } = hardware
  const layouts = layoutsFor(context.architecture, accelerator, engine, {
    maximumDevices: request.maximumDevices,
    weightBytes: weightBytes(context.architecture, precision),
  })
  return layouts.flatMap(parallelism =>
    speculationChoices(request, context, engine, parallelism.pipeline).map(speculation =>
      deploymentShape(
        {
          mode: 'aggregated',
          engine,
          precision,
          speculation,
          pool: { acceleratorId: accelerator.id, parallelism, replicas: 1 },
        },
        { accelerator, prefillAccelerator: accelerator, pricing, prefillPricing: pricing },
      ),
    ),
  )
}

/** None first. No engine speculates across pipeline stages; DSpark was measured with vLLM and is offered there only. */
export function speculationChoices(
  request: PlanRequest,
  context: PlanContext,
  engine: Engine,
  pipeline: number,
): readonly (Speculation | null)[] {
  if (!request.allowSpeculation || pipeline > 1) return [null]
  return [null, ...context.speculations.filter(({ method }) => method !== 'dspark' || engine === 'vllm')]
}

/** Bytes of all weights in a precision, whole model. */
export function weightBytes(architecture: ModelArchitecture, precision: Precision): number {
  let bytes = (architecture.embeddingParameters + architecture.headParameters) * bytesPerElement.bf16
  for (const { count, parameters } of architecture.layerGroups) {
    bytes +=
      count *
      ((parameters.attentionSharded + parameters.attentionReplicated) * bytesPerElement[precision.attention] +
        parameters.denseFeedForward * bytesPerElement[precision.denseFeedForward] +
        parameters.routedExperts * bytesPerElement[precision.routedExperts] +
        parameters.sharedExperts * bytesPerElement[precision.sharedExperts] +
        (parameters.router + parameters.other) * bytesPerElement.bf16)
  }
  return bytes
}
