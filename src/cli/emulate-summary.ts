/** What became of an emulator's run: the figures of the simulator over what really was asked, and its own lateness. */

import { present } from '../core/assert.ts'
import type { LatenessReport } from '../emulate/index.ts'
import { poolsOf } from '../report/describe-deployment.ts'
import { type SimulationResult, simulationResult } from '../sim/result.ts'
import type { RequestOutcome } from '../workload/request.ts'
import type { EmulatedDeployment } from './emulate-deployment.ts'

export interface EmulationSummary {
  /** Of the run, from its start: seconds on the wall times the time scale. */
  readonly seconds: number
  readonly timeScale: number
  /** Requests that are over, those that no engine saw included. */
  readonly outcomes: Readonly<Record<RequestOutcome, number>>
  readonly lateness: LatenessReport
  /** In the order of the deployments. */
  readonly models: readonly { readonly id: string; readonly result: SimulationResult }[]
  readonly truthLog: string | null
}

/** The result of one deployment at endUs, µs of the run. */
export function deploymentResult(deployment: EmulatedDeployment, endUs: number): SimulationResult {
  const { fleet, pools, metrics, question, prices } = deployment
  const planned = poolsOf(question.deployment)
  return simulationResult({
    endUs,
    fleet,
    pools,
    metrics,
    energyPrice: name => {
      const index = pools.findIndex(pool => pool.name === name)
      const { acceleratorId } = present(planned[index], `pool ${name} is one of the deployment`)
      return prices.accelerators.find(price => price.acceleratorId === acceleratorId)?.energy ?? null
    },
  })
}
