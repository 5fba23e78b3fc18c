/** The analytic model's answer to what is simulated: for comparison, and for how long a run has to be. */
import { findAccelerator } from '../catalog/lookup.ts'
import type { FactsCatalog } from '../catalog/system-types.ts'
import type { CoefficientSet } from '../perf/coefficients.ts'
import type { Load, Performance, RequestShape } from '../perf/deployment.ts'
import { predict } from '../perf/predict.ts'
import { acceleratorsOf, poolsOf } from '../report/describe-deployment.ts'
import type { SimulationQuestion } from './simulate-question.ts'

/** What a deployment does under a load, as the planner would say. */
export type Analytic = (load: Load, shape: RequestShape) => Performance | null

/** Answers null where the deployment cannot carry the load. */
export function analyticModel(
  { deployment, modelId, architecture }: SimulationQuestion,
  catalog: FactsCatalog,
  coefficients: CoefficientSet,
): Analytic {
  const pools = poolsOf(deployment)
  const offload = deployment.mode === 'aggregated' ? deployment.feedForwardOffload : null
  return (load, shape) => {
    const answer = predict({
      modelId,
      architecture,
      accelerator: findAccelerator(catalog, pools.at(-1)!.acceleratorId),
      prefillAccelerator: findAccelerator(catalog, pools[0]!.acceleratorId),
      ...(offload
        ? { feedForwardAccelerator: findAccelerator(catalog, acceleratorsOf(deployment).at(-1)!) }
        : {}),
      deployment,
      shape,
      load,
      coefficients,
    })
    return answer.feasible ? answer : null
  }
}
