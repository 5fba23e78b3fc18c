/** Fleets of several deployments: each is a pool of its own behind the same router, named after its accelerator. */
import type { FactsCatalog } from '../catalog/index.ts'
import { TokenwrightError } from '../core/errors.ts'
import { deploymentOfFlags } from './simulate-deployment.ts'
import { readDeploymentFile } from './simulate-deployment-file.ts'
import type { SimulateFlags } from './simulate-flags.ts'
import { type SimulationPrices, simulationPrices } from './simulate-prices.ts'
import type { SimulationQuestion } from './simulate-question.ts'

/** What serves: a deployment described by flags, that of a file, or those of several files. */
export function questionsOf(
  files: readonly string[],
  flags: SimulateFlags,
  catalog: FactsCatalog,
): readonly [SimulationQuestion, ...SimulationQuestion[]] {
  const [first, ...others] = files
  if (first === undefined) return [deploymentOfFlags(flags, catalog)]
  if (others.length === 0) return [readDeploymentFile(first, flags, catalog)]
  const replicas = replicasOf(flags.replicas, files)
  const read = (path: string, index: number): SimulationQuestion => {
    const { replicas: _, ...rest } = flags
    const own = replicas?.[index]
    return readDeploymentFile(path, own === undefined ? rest : { ...rest, replicas: own }, catalog)
  }
  const question = read(first, 0)
  const questions = [question, ...others.map((path, index) => read(path, index + 1))] as const
  for (const [index, { deployment, modelId }] of questions.entries()) {
    if (modelId !== question.modelId)
      throw usage(
        `it serves ${modelId}, and ${first} serves ${question.modelId}`,
        files[index]!,
        'a fleet behind one router serves one model: simulate them one by one',
      )
    if (deployment.mode === 'disaggregated')
      throw usage(
        'its prefill and decode pools cannot share a router with other deployments',
        files[index]!,
        'mix deployments of one pool each, or simulate it alone',
      )
  }
  refuseWithoutLoad(flags)
  return questions
}

const loads = ['trace', 'workload', 'concurrency', 'rate', 'burst'] as const

/** Each file was planned for a load of its own: that of the fleet is nobody's. */
function refuseWithoutLoad(flags: SimulateFlags): void {
  if (loads.some(flag => flags[flag] !== undefined)) return
  throw usage(
    'nothing says what is asked of the deployments together',
    'tokenwright simulate',
    'add --rate 12/s, --concurrency 64 or --trace FILE; lengths are those of the first file unless --isl and --osl say otherwise',
  )
}

/** `2,1`: one number per file, in their order. */
function replicasOf(text: string | undefined, files: readonly string[]): readonly string[] | null {
  if (text === undefined) return null
  const counts = text.split(',')
  if (counts.length === files.length) return counts
  throw usage(
    `${counts.length === 1 ? 'one number' : `${counts.length} numbers`} for ${files.length} deployments`,
    '--replicas',
    `give one for each, in the order of the files: --replicas ${files.map(() => '1').join(',')}`,
  )
}

/** One price per device: that of the first deployment which has it. */
export function pricesOf(
  questions: readonly SimulationQuestion[],
  flags: SimulateFlags,
  catalog: FactsCatalog,
  today: string,
): SimulationPrices {
  const all = questions.map(question => simulationPrices(question, flags, catalog, today))
  const accelerators = new Map<string, SimulationPrices['accelerators'][number]>()
  const notes = new Set(all.flatMap(prices => prices.notes))
  for (const [index, prices] of all.entries()) {
    for (const entry of prices.accelerators) {
      const first = accelerators.get(entry.acceleratorId)
      if (first === undefined) accelerators.set(entry.acceleratorId, entry)
      else if (first.price.usdPerDeviceHour !== entry.price.usdPerDeviceHour)
        notes.add(
          `${entry.acceleratorId} has one price: that of ${questions[index]!.file} is left out; --price says otherwise`,
        )
    }
  }
  return { accelerators: [...accelerators.values()], notes: [...notes] }
}

function usage(message: string, where: string, fix: string): TokenwrightError {
  return new TokenwrightError('usage', message, { where, fix })
}
