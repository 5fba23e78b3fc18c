/**
 * deployment.yaml: our own description of a planned deployment, so that later commands (simulate, bench, gateway) know
 * what was meant to run and what was promised. Written here, read by
 * read-deployment.ts (apart, so that writing one needs no schema library); the text alone, files are opened at the edge.
 */
import { stringify } from 'yaml'
import type { Deployment, Load, RequestShape } from '../../perf/deployment.ts'
import type { ErrorBand, Objective } from '../types.ts'
import type { LaunchInput } from './launch-plan.ts'

export interface DeploymentDescription {
  readonly model: string
  readonly deployment: Deployment
  readonly load: Load
  readonly shape: RequestShape
  readonly objectives: readonly Objective[]
  readonly prediction: {
    readonly meanTtftMs: number
    readonly meanTpotMs: number
    readonly requestsPerSecond: number
    readonly acceleratorWatts: number
    readonly usdPerHour: number
    readonly usdPerMillionTokens: number
    readonly band: { readonly tpot: ErrorBand; readonly ttft: ErrorBand; readonly cost: ErrorBand }
  }
  readonly priceId: string
}

export const schemaName = 'tokenwright/deployment/1'

export function describeLaunch({ candidate, request }: LaunchInput): DeploymentDescription {
  const { performance } = candidate
  return {
    model: request.modelId,
    deployment: candidate.deployment,
    load: candidate.load,
    shape: request.shape,
    objectives: request.objectives,
    prediction: {
      meanTtftMs: performance.ttft.meanMs,
      meanTpotMs: performance.tpot.meanMs,
      requestsPerSecond: performance.requestsPerSecond,
      acceleratorWatts: performance.acceleratorWatts,
      usdPerHour: Number(candidate.costRate.nanoUsdPerHour) / 1e9,
      usdPerMillionTokens: candidate.cost.blended,
      band: candidate.band,
    },
    priceId: candidate.priceId,
  }
}

export function formatDeployment(description: DeploymentDescription): string {
  const text = stringify(
    { schema: schemaName, ...description },
    { aliasDuplicateObjects: false, lineWidth: 0 },
  )
  return `# A deployment planned by tokenwright. Times in milliseconds, power in watts, bands with 80 % confidence.\n${text}`
}
