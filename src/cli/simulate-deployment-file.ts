/** The deployment of a file that `plan --save-dir` wrote, with other numbers of replicas where flags say so. */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { FactsCatalog } from '../catalog/index.ts'
import { TokenwrightError } from '../core/errors.ts'
import { fileFault } from '../core/file-fault.ts'
import { parseCount } from '../core/parse-quantity.ts'
import { type Deployment, devicesPerReplica, offloadDevices, type Pool } from '../perf/deployment.ts'
import { parseDeployment } from '../plan/launch/read-deployment.ts'
import { poolsOf } from '../report/describe-deployment.ts'
import { loadModel } from './load-model-file.ts'
import type { SimulateFlags } from './simulate-flags.ts'
import type { SimulationQuestion } from './simulate-question.ts'

type ReplicaFlags = Pick<SimulateFlags, 'replicas' | 'prefillReplicas' | 'decodeReplicas'>

/** Reads a deployment file, or the one in a folder of `plan --save-dir`. */
export function readDeploymentFile(
  path: string,
  flags: ReplicaFlags,
  catalog: FactsCatalog,
): SimulationQuestion {
  const file = statSync(path, { throwIfNoEntry: false })?.isDirectory() ? join(path, 'deployment.yaml') : path
  const description = parseDeployment(readText(file), file)
  const model = loadModel(description.model, catalog)
  const deployment = withReplicas(description.deployment as Deployment, flags)
  const changed = deployment !== description.deployment
  const { load, shape, objectives, priceId, prediction } = description
  return {
    file,
    modelId: model.id,
    architecture: model.architecture,
    deployment,
    planned: {
      load,
      shape,
      objectives,
      priceId,
      usdPerHour: prediction.usdPerHour,
      devices: devicesOf(description.deployment as Deployment),
      prediction: changed ? null : prediction,
    },
    notes: changed ? ['the number of replicas is not that of the file: its prediction does not apply'] : [],
  }
}

/** Devices by accelerator, those for feed-forward layers included. */
function devicesOf(deployment: Deployment): ReadonlyMap<string, number> {
  const devices = new Map<string, number>()
  const add = (id: string, count: number) => devices.set(id, (devices.get(id) ?? 0) + count)
  for (const { acceleratorId, parallelism, replicas } of poolsOf(deployment))
    add(acceleratorId, devicesPerReplica(parallelism) * replicas)
  const offload = deployment.mode === 'aggregated' ? deployment.feedForwardOffload : null
  if (offload) add(offload.acceleratorId, offloadDevices(deployment))
  return devices
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw fileFault(error, 'read the deployment file', {
      where: path,
      fix: 'give the deployment.yaml that tokenwright plan --save-dir wrote, or --model NAME --hardware 8xh200',
    })
  }
}

function withReplicas(deployment: Deployment, flags: ReplicaFlags): Deployment {
  const { replicas, prefillReplicas, decodeReplicas } = flags
  if (deployment.mode === 'aggregated') {
    if (prefillReplicas !== undefined || decodeReplicas !== undefined)
      throw new TokenwrightError('usage', 'the deployment has one pool', {
        where: prefillReplicas === undefined ? '--decode-replicas' : '--prefill-replicas',
        fix: 'say --replicas',
      })
    return replicas === undefined
      ? deployment
      : { ...deployment, pool: resized(deployment.pool, replicas, '--replicas') }
  }
  if (replicas !== undefined)
    throw new TokenwrightError('usage', 'the deployment has a prefill and a decode pool', {
      where: '--replicas',
      fix: 'say --prefill-replicas and --decode-replicas',
    })
  if (prefillReplicas === undefined && decodeReplicas === undefined) return deployment
  return {
    ...deployment,
    prefill: resized(deployment.prefill, prefillReplicas, '--prefill-replicas'),
    decode: resized(deployment.decode, decodeReplicas, '--decode-replicas'),
  }
}

function resized(pool: Pool, replicas: string | undefined, where: string): Pool {
  return replicas === undefined ? pool : { ...pool, replicas: parseCount(replicas, where) }
}
