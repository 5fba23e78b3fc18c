/**
 * A fixed grid of questions over the catalog, each a model × accelerator × engine × precision × layout × load: what the change gate asks
 * before and after. Questions name everything in their key, so that a change of the planner's choices does not move them.
 */
import type { PointLookups } from '../../src/accuracy/evaluate-point.ts'
import type { Accelerator, Catalog } from '../../src/catalog/types.ts'
import type { ModelArchitecture } from '../../src/model/architecture.ts'
import {
  type Deployment,
  type Engine,
  engines,
  type Parallelism,
  type Pool,
  type Precision,
  type RequestShape,
} from '../../src/perf/deployment.ts'
import { rankFeatures } from '../../src/perf/rank-features.ts'
import { hasExperts, precisionPresets } from '../../src/plan/search/precision-presets.ts'

export interface GridQuestion {
  readonly key: string
  readonly modelId: string
  readonly architecture: ModelArchitecture
  readonly accelerator: Accelerator
  readonly deployment: Deployment
  readonly shape: RequestShape
  readonly concurrency: number
}

/** Asked on every accelerator of the grid: dense and mixture-of-experts, grouped, latent, sparse, linear and windowed attention. */
const mainModels = [
  'meta-llama/Llama-3.1-8B',
  'meta-llama/Llama-3.1-70B',
  'Qwen/Qwen3-32B',
  'Qwen/Qwen3-30B-A3B',
  'Qwen/Qwen3-235B-A22B',
  'Qwen/Qwen3.5-397B-A17B',
  'openai/gpt-oss-120b',
  'deepseek-ai/DeepSeek-R1',
  'deepseek-ai/DeepSeek-V3.2',
  'deepseek-ai/DeepSeek-V4-Pro',
  'MiniMaxAI/MiniMax-M2.5',
  'moonshotai/Kimi-K2.5',
  'zai-org/GLM-5',
  'mistralai/Mixtral-8x7B-v0.1',
]

const mainAccelerators = [
  'a100-80-sxm',
  'l40s',
  'h100-sxm',
  'h200-sxm',
  'b200-sxm',
  'b300-sxm',
  'gb200-nvl72',
  'rtx-pro-6000',
  'mi300x',
  'mi355x',
]

/** Every other model of the catalog is asked here once. */
const commonAccelerator = 'b200-sxm'

interface GridLoad {
  readonly concurrency: number
  readonly shape: RequestShape
}

const shapeOf = (inputTokens: number, outputTokens: number): RequestShape => ({
  inputTokens,
  outputTokens,
  cachedTokens: 0,
  inputVariation: 0.1,
  outputVariation: 0.1,
})
const quiet: GridLoad = { concurrency: 8, shape: shapeOf(1024, 1024) }
const busy: GridLoad = { concurrency: 64, shape: shapeOf(8192, 1024) }

/** Weights are given at most this share of memory when a layout is chosen; the rest is for the cache. */
const weightShare = 0.7
const mostDevices = 16

export function gateGrid(catalog: Catalog, lookups: PointLookups): GridQuestion[] {
  const main = mainModels.flatMap(modelId =>
    mainAccelerators.flatMap(acceleratorId => questionsOf(modelId, acceleratorId, lookups, 'all')),
  )
  const others = catalog.models
    .map(model => model.id)
    .filter(modelId => !mainModels.includes(modelId))
    .flatMap(modelId => questionsOf(modelId, commonAccelerator, lookups, 'one'))
  return [...main, ...others]
}

function questionsOf(
  modelId: string,
  acceleratorId: string,
  lookups: PointLookups,
  extent: 'all' | 'one',
): GridQuestion[] {
  const architecture = lookups.architecture(modelId)
  const accelerator = lookups.accelerator(acceleratorId)
  // What is not in the catalog any more is missing from the grid, and the gate says so.
  if (architecture === null || accelerator === null) return []
  const supported = engines.filter(engine => accelerator.engines.includes(engine))
  return supported.slice(0, extent === 'one' ? 1 : supported.length).flatMap((engine, index) => {
    const presets = precisionPresets(architecture, accelerator, engine, [])
    // The checkpoint's own format with every engine, what quantisation offers with the first one.
    const asked = presets.slice(0, extent === 'all' && index === 0 ? 2 : 1)
    return asked.flatMap((precision, rank) =>
      deploymentsOf(architecture, accelerator, engine, precision, extent === 'all' && rank === 0).flatMap(
        deployment =>
          // The first engine's own format is asked under both loads.
          (extent === 'all' && index === 0 && rank === 0 ? [quiet, busy] : [busy]).map(load => ({
            key: keyOf(modelId, accelerator, deployment, load),
            modelId,
            architecture,
            accelerator,
            deployment,
            ...load,
          })),
      ),
    )
  })
}

/** The smallest tensor-parallel replica, and for experts one of 8 attention-data-parallel ranks; both disaggregated where pools are fast. */
function deploymentsOf(
  architecture: ModelArchitecture,
  accelerator: Accelerator,
  engine: Engine,
  precision: Precision,
  several: boolean,
): Deployment[] {
  const tensor = leastDevices(architecture, accelerator, engine, precision)
  if (tensor === null) return []
  const base = { engine, precision, speculation: null } as const
  const small: Parallelism = { tensor, pipeline: 1, attentionData: 1, expert: 1 }
  const spread: Parallelism = { tensor: 1, pipeline: 1, attentionData: 8, expert: 8 }
  const pool = (parallelism: Parallelism): Pool => ({
    acceleratorId: accelerator.id,
    parallelism,
    replicas: 1,
  })
  const found: Deployment[] = [{ ...base, mode: 'aggregated', pool: pool(small) }]
  if (!several || !hasExperts(architecture) || accelerator.scaleUp.domainDevices < 8 || tensor > 8)
    return found
  found.push({ ...base, mode: 'aggregated', pool: pool(spread) })
  if (engine !== 'vllm')
    found.push({ ...base, mode: 'disaggregated', prefill: pool(small), decode: pool(spread) })
  return found
}

/** Least power of two of devices whose memory holds the weights; null beyond two nodes. */
function leastDevices(
  architecture: ModelArchitecture,
  accelerator: Accelerator,
  engine: Engine,
  precision: Precision,
): number | null {
  for (let tensor = 1; tensor <= mostDevices; tensor *= 2) {
    const parallelism = { tensor, pipeline: 1, attentionData: 1, expert: 1 }
    const { residentWeightBytes } = rankFeatures(architecture, precision, parallelism, engine)
    if (residentWeightBytes <= weightShare * accelerator.memoryBytes) return tensor
  }
  return null
}

function keyOf(modelId: string, accelerator: Accelerator, deployment: Deployment, load: GridLoad): string {
  const layout = ({ tensor, pipeline, attentionData, expert }: Parallelism) =>
    `t${tensor}p${pipeline}d${attentionData}e${expert}`
  const pools =
    deployment.mode === 'aggregated'
      ? layout(deployment.pool.parallelism)
      : `${layout(deployment.prefill.parallelism)}>${layout(deployment.decode.parallelism)}`
  const { shape, concurrency } = load
  return [
    modelId,
    accelerator.id,
    deployment.engine,
    deployment.precision.preset,
    pools,
    `${shape.inputTokens}/${shape.outputTokens}`,
    `c${concurrency}`,
  ].join(' ')
}
