/** What served a measurement, for the points that `calibrate` reads. */
import { loadCatalog } from '../catalog/index.ts'
import { findModel } from '../catalog/lookup.ts'
import { TokenwrightError } from '../core/errors.ts'
import { deploymentDevices } from '../perf/deployment.ts'
import type { MeasuredLayout } from '../report/bench-points-csv.ts'
import type { BenchFlags } from './bench-flags.ts'
import { readDeploymentFile } from './simulate-deployment-file.ts'

/** Engines that the performance model has rules for. */
const modelled = new Set(['vllm', 'sglang', 'trtllm'])

/**
 * From the deployment file, or from --hardware where the catalog knows the model. Null when neither says enough, and for
 * separate pools, which points do not describe.
 */
export function measuredLayout(
  flags: BenchFlags,
  served: { readonly model: string; readonly engine: string | null; readonly engineVersion: string | null },
  date: string,
): MeasuredLayout | null {
  const catalog = loadCatalog()
  const engineVersion = served.engineVersion ?? ''
  if (flags.deployment !== undefined) {
    const { deployment, modelId } = readDeploymentFile(flags.deployment, {}, catalog)
    if (deployment.mode !== 'aggregated') return null
    const { parallelism, acceleratorId, replicas } = deployment.pool
    return {
      model: modelId,
      hardware: `${deploymentDevices(deployment)}x${acceleratorId}`,
      engine: deployment.engine,
      precision: deployment.precision.preset,
      tp: String(parallelism.tensor),
      pp: String(parallelism.pipeline),
      dp: String(parallelism.attentionData),
      ep: String(parallelism.expert),
      replicas: String(replicas),
      engineVersion,
      date,
    }
  }
  // Several kinds of devices are no point of the model.
  if (flags.hardware === undefined || flags.hardware.includes(',')) return null
  const model = knownModel(served.model, catalog)
  if (model === null) return null
  const engine = served.engine !== null && modelled.has(served.engine) ? served.engine : ''
  const unsaid = { precision: '', tp: '', pp: '', dp: '', ep: '', replicas: '' }
  return { ...unsaid, model, hardware: flags.hardware, engine, engineVersion, date }
}

function knownModel(name: string, catalog: ReturnType<typeof loadCatalog>): string | null {
  try {
    return findModel(catalog, name).id
  } catch (error) {
    if (error instanceof TokenwrightError) return null
    throw error
  }
}
