/**
 * How far to trust a prediction: where it comes from, its 80 % band, and the measured points nearest to it.
 * The planner takes this as a function; bands and neighbours are data made by scripts/accuracy.ts.
 */
import type { Accelerator } from '../catalog/types.ts'
import type { PredictionBasis } from '../core/provenance.ts'
import type { ModelArchitecture } from '../model/architecture.ts'
import { type Cell, type CoefficientSet, cellOf } from '../perf/coefficients.ts'
import { type Deployment, deploymentDevices, type RequestShape } from '../perf/deployment.ts'
import { type Band, type BandClass, bandsFor, type ErrorBands } from './error-bands.ts'
import { type Neighbour, neighbourFinder } from './neighbours.ts'

export interface TrustData {
  readonly bands: ErrorBands
  readonly neighbours: readonly Neighbour[]
}

export interface TrustAnswer {
  readonly basis: PredictionBasis
  readonly band: { readonly tpot: Band; readonly ttft: Band; readonly cost: Band }
  readonly nearest: readonly {
    readonly label: string
    readonly file: string
    readonly date: string | null
    readonly distance: number
    readonly predictedTpotMs: number | null
    readonly measuredTpotMs: number | null
  }[]
}

export interface TrustQuestion {
  readonly deployment: Deployment
  readonly accelerator: Accelerator
  readonly shape: RequestShape
}

/** Below this distance the neighbourhood itself was measured: same cell, lengths and load within a small factor. */
const measuredDistance = 0.35
const neighboursShown = 3

/** Trust of one model's predictions; cells are looked up in the fit's own effects. */
export function trustOf(
  modelId: string,
  architecture: ModelArchitecture,
  coefficients: CoefficientSet,
  data: TrustData,
  generationOf: (acceleratorId: string) => string | null,
): (question: TrustQuestion, concurrency: number) => TrustAnswer {
  const fitted = new Set(Object.keys(coefficients.effects))
  const nearestTo = neighbourFinder(data.neighbours, generationOf)
  return (question, concurrency) => {
    const { deployment, accelerator, shape } = question
    const cell = cellOf(modelId, architecture, accelerator, deployment)
    const bandClass = classOf(cell, fitted)
    const bands = bandsFor(data.bands, bandClass, deployment.mode, {
      vendor: accelerator.vendor,
      engine: deployment.engine,
      concurrency,
      speculation: deployment.speculation !== null,
    })
    const nearest = nearestTo(
      {
        modelId,
        acceleratorId: accelerator.id,
        generation: accelerator.generation,
        engine: deployment.engine,
        precision: deployment.precision.preset,
        mode: deployment.mode,
        devices: deploymentDevices(deployment),
        inputTokens: shape.inputTokens,
        outputTokens: shape.outputTokens,
        concurrency,
      },
      neighboursShown,
    )
    const basis = basisOf(bandClass, nearest[0]?.distance ?? Number.POSITIVE_INFINITY)
    return {
      basis,
      band: {
        tpot: bands.tpot,
        ttft: bands.ttft,
        // Cost is dollars over tokens: its band is the inverse of throughput's.
        cost: { low: 1 / bands.throughput.high, high: 1 / bands.throughput.low, rows: bands.throughput.rows },
      },
      nearest: nearest.map(({ neighbour: n, distance }) => ({
        label: `${n.model} on ${n.devices}× ${n.accelerator}, ${n.engine}, ${n.precision}, ${n.layout}, ${n.inputTokens}/${n.outputTokens} tokens, ${n.concurrency} in flight`,
        file: 'serving_latency.csv',
        date: n.date,
        distance,
        predictedTpotMs: n.predictedTpotMs,
        measuredTpotMs: n.tpotMs,
      })),
    }
  }
}

/** Which held-out experience fits the question: read off the levels at which effects were fitted. */
export function classOf(cell: Cell, fittedEffects: ReadonlySet<string>): BandClass {
  const has = (level: string) => fittedEffects.has(`stepMicroseconds|${level}`)
  const modelKnown = fittedEffects.has(`stepFactor|model:${cell.modelKey}`)
  const generationKnown = has(`generation:${cell.generation}`)
  const acceleratorKnown = fittedEffects.has(`attentionLayerMicroseconds|accelerator:${cell.acceleratorId}`)
  if (!generationKnown) return 'unseen'
  if (!modelKnown) return acceleratorKnown ? 'model' : 'unseen'
  if (!acceleratorKnown) return 'accelerator'
  return 'cell'
}

function basisOf(bandClass: BandClass, nearestDistance: number): PredictionBasis {
  if (bandClass === 'unseen') return 'assumed'
  if (bandClass === 'model' || bandClass === 'accelerator') return 'transferred'
  return nearestDistance <= measuredDistance ? 'measured' : 'fitted'
}
