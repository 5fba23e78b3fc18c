/** Cross-validates one kind of fold in a thread of its own and sends back predictions by point id. */
import { parentPort, workerData } from 'node:worker_threads'
import { catalogLookups } from '../../src/accuracy/catalog-lookups-file.ts'
import { crossValidate } from '../../src/accuracy/cross-validation.ts'
import { defaultFitOptions } from '../../src/accuracy/fit-options.ts'
import type { FoldKind } from '../../src/accuracy/folds.ts'
import { type HandSetPriors, type KernelPriors, priorSet } from '../../src/accuracy/priors.ts'
import { loadCatalog } from '../../src/catalog/index.ts'
import { readJson } from './folders.ts'
import { heldOutLine } from './held-out-line.ts'
import { readMeasuredFolder, trainingFileNames } from './measured-points-file.ts'

const { folder, kind } = workerData as { folder: string; kind: FoldKind }
const files = readMeasuredFolder(folder, catalogLookups(loadCatalog()), trainingFileNames)
const base = priorSet(
  readJson<HandSetPriors>('priors.json'),
  readJson<KernelPriors>('kernels.json'),
  defaultFitOptions.priors,
)
const held = crossValidate(
  files.flatMap(file => file.prepared),
  kind,
  base,
  defaultFitOptions,
  prepared => prepared.point.suspect === null,
  (fold, done, total) => parentPort?.postMessage({ progress: `  ${kind} ${done + 1} of ${total}: ${fold}` }),
)
parentPort?.postMessage({ lines: held.map(heldOutLine) })
