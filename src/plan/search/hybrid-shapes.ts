/**
 * Hybrid shapes: a pool of GPUs for attention, processors with a known price beside it for the feed-forward layers
 * (perf/hybrid.ts). No engine names the split yet, so one engine's batching rules stand for all: TensorRT-LLM's where the
 * request and the device allow it (the vendor of both devices), else the first that does.
 */
import type { Accelerator } from '../../catalog/types.ts'
import { fewestOffloadDevices, offloadedFeedForward } from '../../perf/hybrid.ts'
import type { PlanRequest } from '../types.ts'
import { type EngineChoice, speculationChoices } from './aggregated-shapes.ts'
import type { PlanContext } from './context.ts'
import { type DeploymentShape, deploymentShape, type PricedHardware } from './shape.ts'

/** Ranks of one attention pool at most, as in layouts.ts. */
const mostRanks = 64
const tensorSizes = [1, 2, 4, 8]

/** Devices that can hold feed-forward layers beside GPUs: weights live in SRAM, and no engine runs on them alone. */
export function isFeedForwardProcessor({ generation, engines }: Accelerator): boolean {
  return generation === 'groq' && engines.length === 0
}

export function hybridShapes(
  request: PlanRequest,
  context: PlanContext,
  choices: readonly EngineChoice[],
  processors: readonly PricedHardware[],
): DeploymentShape[] {
  return processors.flatMap(processor =>
    choices
      .filter(choice => suits(choice, choices))
      .flatMap(choice => beside(request, context, choice, processor)),
  )
}

/** GPUs with a network, each with one engine. */
function suits({ hardware, engine }: EngineChoice, choices: readonly EngineChoice[]): boolean {
  const { accelerator } = hardware
  if (accelerator.scaleOutBytesPerSecond === null) return false
  const engines = choices.filter(other => other.hardware === hardware).map(other => other.engine)
  return engine === (engines.includes('trtllm') ? 'trtllm' : engines[0])
}

function beside(
  request: PlanRequest,
  context: PlanContext,
  { hardware, engine, precision }: EngineChoice,
  processor: PricedHardware,
): DeploymentShape[] {
  const { accelerator, pricing } = hardware
  const feedForward = offloadedFeedForward(context.architecture, precision, processor.accelerator)
  if (feedForward === null || feedForward.layers === 0) return []
  const offload = {
    acceleratorId: processor.accelerator.id,
    devices: fewestOffloadDevices(feedForward.bytes, processor.accelerator),
  }
  const ranks = Math.min(mostRanks, request.maximumDevices, accelerator.scaleUp.domainDevices)
  const shapes: DeploymentShape[] = []
  for (const tensor of tensorSizes) {
    if (!dividesHeads(context, tensor)) continue
    for (let attentionData = 1; tensor * attentionData <= ranks; attentionData *= 2) {
      for (const speculation of speculationChoices(request, context, engine, 1)) {
        const parallelism = { tensor, pipeline: 1, attentionData, expert: 1 }
        shapes.push(
          deploymentShape(
            {
              mode: 'aggregated',
              engine,
              precision,
              speculation,
              pool: { acceleratorId: accelerator.id, parallelism, replicas: 1 },
              feedForwardOffload: offload,
            },
            { accelerator, prefillAccelerator: accelerator, pricing, prefillPricing: pricing },
            processor,
          ),
        )
      }
    }
  }
  return shapes
}

function dividesHeads({ architecture }: PlanContext, tensor: number): boolean {
  return architecture.layerGroups.every(({ attention }) =>
    attention.kind === 'gqa' || attention.kind === 'mla' ? attention.queryHeads % tensor === 0 : true,
  )
}
