/** The measured points nearest to a question, so that a user can see what a prediction leans on. */
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

/**
 * Distance in units of "one thing differs": 1 for another model, ½ for another accelerator of the generation, 1 for
 * another generation, ¼ for engine, precision or mode, and ln-ratios of sizes and load. An ordering, not a probability.
 */
export function distance(
  question: NeighbourQuestion,
  neighbour: Neighbour,
  generationOf: (id: string) => string | null,
): number {
  const differs = (same: boolean, cost: number) => (same ? 0 : cost)
  const ratio = (a: number, b: number) => Math.abs(Math.log(Math.max(a, 1) / Math.max(b, 1)))
  const sameGeneration = generationOf(neighbour.accelerator) === question.generation
  return (
    differs(question.modelId === neighbour.model, 1) +
    differs(question.acceleratorId === neighbour.accelerator, sameGeneration ? 0.5 : 1) +
    differs(question.engine === neighbour.engine, 0.25) +
    differs(question.precision === neighbour.precision, 0.25) +
    differs(question.mode === neighbour.mode, 0.25) +
    0.1 * ratio(question.devices, neighbour.devices) +
    0.1 * ratio(question.inputTokens, neighbour.inputTokens) +
    0.05 * ratio(question.outputTokens, neighbour.outputTokens) +
    0.1 * ratio(question.concurrency / question.devices, neighbour.concurrency / neighbour.devices)
  )
}

/** The nearest points, nearest first, one per configuration (its closest load). */
export function nearestNeighbours(
  question: NeighbourQuestion,
  neighbours: readonly Neighbour[],
  generationOf: (id: string) => string | null,
  limit: number,
): { neighbour: Neighbour; distance: number }[] {
  const best = new Map<string, { neighbour: Neighbour; distance: number }>()
  for (const neighbour of neighbours) {
    const d = distance(question, neighbour, generationOf)
    const key = `${neighbour.model} ${neighbour.accelerator} ${neighbour.engine} ${neighbour.precision} ${neighbour.layout}`
    const known = best.get(key)
    if (known === undefined || d < known.distance) best.set(key, { neighbour, distance: d })
  }
  return [...best.values()].sort((a, b) => a.distance - b.distance).slice(0, limit)
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
