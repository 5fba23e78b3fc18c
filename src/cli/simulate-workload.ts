/** What is asked of the deployment: a recording, a described workload, or the deployment file's own load. */

import type { RandomSource } from '../core/random.ts'
import { type DescribedWorkload, type PreparedWorkload, preparedWorkload } from './prepared-workload.ts'
import type { Analytic } from './simulate-analytic.ts'
import type { SimulateFlags } from './simulate-flags.ts'
import type { PlannedDeployment } from './simulate-question.ts'

export async function prepareWorkload(
  flags: SimulateFlags,
  planned: PlannedDeployment | null,
  random: RandomSource,
  analytic: Analytic,
): Promise<PreparedWorkload> {
  if (flags.trace !== undefined) {
    const { workloadOfTrace } = await import('./simulate-trace.ts')
    return workloadOfTrace(flags, random)
  }
  return preparedWorkload(await description(flags, planned, analytic), random)
}

async function description(
  flags: SimulateFlags,
  planned: PlannedDeployment | null,
  analytic: Analytic,
): Promise<DescribedWorkload> {
  if (flags.workload !== undefined) {
    const { readWorkloadFile } = await import('./simulate-workload-file.ts')
    return readWorkloadFile(flags.workload)
  }
  const { syntheticWorkload } = await import('./simulate-synthetic.ts')
  return syntheticWorkload(flags, planned, analytic)
}
