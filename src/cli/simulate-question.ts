/** What is to be simulated, before any workload: a deployment, and what a deployment file says beside it. */
import type { ModelArchitecture } from '../model/index.ts'
import type { Deployment, Load, RequestShape } from '../perf/deployment.ts'
import type { DeploymentDescription } from '../plan/launch/deployment-file.ts'
import type { Objective } from '../plan/types.ts'

export interface SimulationQuestion {
  /** Path of the deployment file; null when flags describe it. */
  readonly file: string | null
  readonly modelId: string
  readonly architecture: ModelArchitecture
  readonly deployment: Deployment
  /** What the file promises of, and for; null without a file. */
  readonly planned: PlannedDeployment | null
  /** What had to be chosen or left out, ready to print. */
  readonly notes: readonly string[]
}

export interface PlannedDeployment {
  readonly load: Load
  readonly shape: RequestShape
  readonly objectives: readonly Objective[]
  readonly priceId: string
  /** The bill of the deployment as the file has it, and how many devices of each kind it pays for. */
  readonly usdPerHour: number
  readonly devices: ReadonlyMap<string, number>
  /** Null when flags changed the deployment: then it is not the one that was predicted. */
  readonly prediction: DeploymentDescription['prediction'] | null
}
