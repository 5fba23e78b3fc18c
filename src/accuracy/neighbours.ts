/** The measured points nearest to a question, so that a user can see what a prediction leans on. */
import { assert } from '../core/assert.ts'
import type { Engine } from '../perf/deployment.ts'
import type { PreparedPoint } from './evaluate-point.ts'

/** One clean measured point, compact: what data/measured/serving-latency.json holds. */
export interface Neighbour {
  readonly model: string
  readonly accelerator: string
  readonly engine: Engine
  readonly precision: string
  readonly mode: 'aggregated' | 'disaggregated'
  readonly layout: string
  readonly devices: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly concurrency: number
  readonly tpotMs: number
  readonly ttftMs: number
  readonly predictedTpotMs: number
  readonly date: string | null
}

export interface NeighbourQuestion {
  readonly modelId: string
  readonly acceleratorId: string
  readonly generation: string
  readonly engine: Engine
  readonly precision: string
  readonly mode: 'aggregated' | 'disaggregated'
  readonly devices: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly concurrency: number
}

/** A measured point at its distance from a question. */
export interface NearPoint {
  readonly neighbour: Neighbour
  readonly distance: number
}

/** Points that differ in sizes and load only. */
interface Configuration {
  readonly sample: Neighbour
  readonly generation: string | null
  readonly points: SizedPoint[]
}

/** What distances read, apart: rows of a table are slow to read from, and this is done for every deployment of an answer. */
interface SizedPoint {
  readonly neighbour: Neighbour
  readonly mode: Neighbour['mode']
  readonly devices: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly perDevice: number
}

/**
 * Finds the nearest points of a question, nearest first, one per configuration (its closest load). Distances are in units of "one
 * thing differs": 1 for another model, ½ for another accelerator of the generation, 1 for another generation, ¼ for engine,
 * precision or mode, and ln-ratios of sizes and load. An ordering, not a probability.
 */
export function neighbourFinder(
  neighbours: readonly Neighbour[],
  generationOf: (acceleratorId: string) => string | null,
): (question: NeighbourQuestion, limit: number) => NearPoint[] {
  const configurations = configurationsOf(neighbours, generationOf)
  return (question, limit) => {
    const found: NearPoint[] = []
    for (const configuration of configurations) {
      const unlike = unlikeness(question, configuration)
      // Sizes and load only add to it.
      if (found.length === limit && unlike > found[limit - 1]!.distance) continue
      const nearest = nearestOf(question, configuration.points, unlike)
      const place = found.findIndex(({ distance }) => distance > nearest.distance)
      if (place >= 0) found.splice(place, 0, nearest)
      else found.push(nearest)
      if (found.length > limit) found.pop()
    }
    return found
  }
}

function configurationsOf(
  neighbours: readonly Neighbour[],
  generationOf: (acceleratorId: string) => string | null,
): Configuration[] {
  const byKey = new Map<string, Configuration>()
  for (const neighbour of neighbours) {
    const { model, accelerator, engine, precision, layout } = neighbour
    const key = `${model} ${accelerator} ${engine} ${precision} ${layout}`
    let known = byKey.get(key)
    if (known === undefined) {
      known = { sample: neighbour, generation: generationOf(accelerator), points: [] }
      byKey.set(key, known)
    }
    const { mode, devices, inputTokens, outputTokens, concurrency } = neighbour
    const perDevice = concurrency / devices
    known.points.push({ neighbour, mode, devices, inputTokens, outputTokens, perDevice })
  }
  return [...byKey.values()]
}

/** The part of the distance that a configuration's points share. */
function unlikeness(question: NeighbourQuestion, { sample, generation }: Configuration): number {
  const differs = (same: boolean, cost: number) => (same ? 0 : cost)
  return (
    differs(question.modelId === sample.model, 1) +
    differs(question.acceleratorId === sample.accelerator, generation === question.generation ? 0.5 : 1) +
    differs(question.engine === sample.engine, 0.25) +
    differs(question.precision === sample.precision, 0.25)
  )
}

function nearestOf(question: NeighbourQuestion, points: readonly SizedPoint[], unlike: number): NearPoint {
  const perDevice = question.concurrency / question.devices
  let best: SizedPoint | null = null
  let bestDistance = Number.POSITIVE_INFINITY
  for (const point of points) {
    const distance =
      unlike +
      (question.mode === point.mode ? 0 : 0.25) +
      0.1 * ratio(question.devices, point.devices) +
      0.1 * ratio(question.inputTokens, point.inputTokens) +
      0.05 * ratio(question.outputTokens, point.outputTokens) +
      0.1 * ratio(perDevice, point.perDevice)
    if (best !== null && distance >= bestDistance) continue
    best = point
    bestDistance = distance
  }
  assert(best !== null, 'a configuration has points')
  return { neighbour: best.neighbour, distance: bestDistance }
}

function ratio(a: number, b: number): number {
  return Math.abs(Math.log(Math.max(a, 1) / Math.max(b, 1)))
}

/** Layout in the words the report uses, e.g. "TP4 EP4" or "P 1× TP8 → D 2× TP8". */
export function layoutText(prepared: PreparedPoint): string {
  const { deployment } = prepared.point
  const text = (p: { tensor: number; pipeline: number; attentionData: number; expert: number }) =>
    [
      p.tensor > 1 || p.attentionData === 1 ? `TP${p.tensor}` : '',
      p.pipeline > 1 ? `PP${p.pipeline}` : '',
      p.attentionData > 1 ? `DP${p.attentionData}` : '',
      p.expert > 1 ? `EP${p.expert}` : '',
    ]
      .filter(part => part !== '')
      .join(' ')
  return deployment.mode === 'aggregated'
    ? text(deployment.pool.parallelism)
    : `P ${deployment.prefill.replicas}× ${text(deployment.prefill.parallelism)} → D ${deployment.decode.replicas}× ${text(deployment.decode.parallelism)}`
}
