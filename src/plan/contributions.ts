/**
 * What each technique contributes: cost of the cheapest deployment with it ÷ cost of the cheapest without it. Below 1 the
 * technique pays. Techniques that the best deployment does not use are listed too, where any feasible one uses them. What the model
 * and the workload bring is in counterfactuals.ts.
 */
import type { OperatingPoint } from './search/load-curve.ts'
import { byCost } from './search/search.ts'
import { servingPool } from './search/shape.ts'
import type { TechniqueContribution } from './types.ts'

interface Technique {
  readonly name: string
  readonly uses: (point: OperatingPoint) => boolean
}

function techniquesOf(best: OperatingPoint): Technique[] {
  const { engine, precision } = best.shape.deployment
  const { accelerator } = best.shape
  const layout = (point: OperatingPoint) => servingPool(point.shape.deployment).parallelism
  return [
    { name: 'disaggregation', uses: point => point.shape.deployment.mode === 'disaggregated' },
    { name: 'speculation', uses: point => point.shape.deployment.speculation !== null },
    { name: 'expert parallelism', uses: point => layout(point).expert > 1 },
    { name: 'attention data parallelism', uses: point => layout(point).attentionData > 1 },
    { name: 'pipeline parallelism', uses: point => layout(point).pipeline > 1 },
    { name: 'tensor parallelism', uses: point => layout(point).tensor > 1 },
    {
      name: `precision ${precision.preset}`,
      uses: point => point.shape.deployment.precision.preset === precision.preset,
    },
    { name: `engine ${engine}`, uses: point => point.shape.deployment.engine === engine },
    { name: `hardware ${accelerator.id}`, uses: point => point.shape.accelerator.id === accelerator.id },
    {
      name: 'mixed hardware',
      uses: point => point.shape.accelerator.id !== point.shape.prefillAccelerator.id,
    },
    { name: 'feed-forward on low-latency processors', uses: point => point.shape.offload !== null },
  ]
}

/** Strongest first. */
export function techniqueContributions(points: readonly OperatingPoint[]): TechniqueContribution[] {
  const cheapest = [...points].sort(byCost)[0]
  if (cheapest === undefined) return []
  const found: TechniqueContribution[] = []
  for (const technique of techniquesOf(cheapest)) {
    const withIt = lowest(points, technique.uses)
    const without = lowest(points, point => !technique.uses(point))
    if (withIt === null || without === null) continue
    found.push({
      technique: technique.name,
      costRatio: withIt / without,
      withoutUsdPerMillionTokens: without,
    })
  }
  return found.sort(byStrength)
}

/** Strongest first: without some, nothing is feasible at all. */
export function byStrength(a: TechniqueContribution, b: TechniqueContribution): number {
  return (a.costRatio ?? 0) - (b.costRatio ?? 0) || (a.technique < b.technique ? -1 : 1)
}

function lowest(points: readonly OperatingPoint[], which: (point: OperatingPoint) => boolean): number | null {
  let best: number | null = null
  for (const point of points) {
    if (!which(point)) continue
    if (best === null || point.cost < best) best = point.cost
  }
  return best
}
