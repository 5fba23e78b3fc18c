/** A deployment described by flags, its model read by name or path. */
import type { FactsCatalog } from '../catalog/index.ts'
import { present } from '../core/assert.ts'
import { loadModel } from './load-model-file.ts'
import type { SimulateFlags } from './simulate-flags.ts'
import { deploymentOfModel } from './simulate-layout.ts'
import type { SimulationQuestion } from './simulate-question.ts'

export function deploymentOfFlags(flags: SimulateFlags, catalog: FactsCatalog): SimulationQuestion {
  return deploymentOfModel(flags, catalog, loadModel(present(flags.model, '--model was checked'), catalog))
}
