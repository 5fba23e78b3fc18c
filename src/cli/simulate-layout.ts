/** A deployment of a known model described by flags: hardware, engine, precision and layout. Reads no file. */
import type { Accelerator, FactsCatalog } from '../catalog/index.ts'
import { findAccelerator } from '../catalog/lookup.ts'
import { present } from '../core/assert.ts'
import { TokenwrightError } from '../core/errors.ts'
import { parseCount } from '../core/parse-quantity.ts'
import type { ModelArchitecture } from '../model/index.ts'
import {
  devicesPerReplica,
  type Engine,
  engines,
  type Parallelism,
  type Precision,
} from '../perf/deployment.ts'
import { checkpointPreset, precisionPresets, presetNames } from '../plan/search/precision-presets.ts'
import type { LoadedModel } from './load-model-file.ts'
import { accelerator as acceleratorId, chosenOf } from './plan-request.ts'
import type { SimulateFlags } from './simulate-flags.ts'
import type { SimulationQuestion } from './simulate-question.ts'

/** Aggregated deployments only: pools of prefill and decode come from a file. */
export function deploymentOfModel(
  flags: SimulateFlags,
  catalog: FactsCatalog,
  { id, architecture }: LoadedModel,
): SimulationQuestion {
  const { accelerator, devices } = hardwareOf(present(flags.hardware, '--hardware was checked'), catalog)
  const engine = engineOf(flags.engine, accelerator)
  const notes: string[] = []
  const precision = precisionOf(flags.precision, architecture, accelerator, engine, notes)
  const { parallelism, replicas } = layoutOf(flags, devices, accelerator, notes)
  return {
    file: null,
    modelId: id,
    architecture,
    deployment: {
      mode: 'aggregated',
      engine,
      precision,
      speculation: null,
      pool: { acceleratorId: accelerator.id, parallelism, replicas },
    },
    planned: null,
    notes,
  }
}

/** `8xh200` or `h200`: how many devices there are, null when that follows from the layout. */
function hardwareOf(
  text: string,
  catalog: FactsCatalog,
): { readonly accelerator: Accelerator; readonly devices: number | null } {
  const counted = /^\s*(\d[\d_]*)\s*[x×*]\s*(\S.*)$/i.exec(text)
  const name = (counted?.[2] ?? text).trim()
  return {
    accelerator: findAccelerator(catalog, acceleratorId(catalog, name)),
    devices: counted === null ? null : parseCount(counted[1]!, '--hardware'),
  }
}

function engineOf(text: string | undefined, accelerator: Accelerator): Engine {
  const runs = engines.filter(engine => accelerator.engines.includes(engine))
  if (runs.length === 0)
    throw new TokenwrightError('usage', `no engine runs on ${accelerator.name}`, {
      where: '--hardware',
      fix: 'tokenwright catalog accelerators lists those with an engine',
    })
  const [asked] = chosenOf<(typeof engines)[number]>(text, '--engine', engines, [runs[0]!])
  if (asked !== undefined && runs.includes(asked)) return asked
  throw new TokenwrightError('usage', `${asked} does not run on ${accelerator.name}`, {
    where: '--engine',
    fix: `take one of ${runs.join(', ')}`,
  })
}

function precisionOf(
  text: string | undefined,
  architecture: ModelArchitecture,
  accelerator: Accelerator,
  engine: Engine,
  notes: string[],
): Precision {
  const wanted = chosenOf(text, '--precision', presetNames, [])
  const all = precisionPresets(architecture, accelerator, engine, [])
  const found = all.find(({ preset }) => wanted.length === 0 || preset === wanted[0])
  const own = checkpointPreset(architecture)
  if (found !== undefined) {
    if (wanted.length === 0 && found.preset !== own)
      notes.push(
        `the checkpoint is ${own}, which ${accelerator.name} cannot run: simulated as ${found.preset}`,
      )
    return found
  }
  throw new TokenwrightError(
    'usage',
    `${wanted[0] ?? own} does not run on ${accelerator.name} with ${engine}`,
    {
      where: '--precision',
      fix: `the checkpoint is ${own}; it can be run as ${all.map(({ preset }) => preset).join(', ') || 'nothing known here'}`,
    },
  )
}

/** Whatever is not said follows from the number of devices; without it, one replica of one device. */
function layoutOf(
  flags: SimulateFlags,
  devices: number | null,
  accelerator: Accelerator,
  notes: string[],
): { readonly parallelism: Parallelism; readonly replicas: number } {
  const count = (text: string | undefined, where: string) =>
    text === undefined ? null : parseCount(text, where)
  const pipeline = count(flags.pp, '--pp') ?? 1
  const attentionData = count(flags.dp, '--dp') ?? 1
  const expert = count(flags.ep, '--ep') ?? 1
  const askedReplicas = count(flags.replicas, '--replicas')
  const rest = pipeline * attentionData * (askedReplicas ?? 1)
  const tensor = count(flags.tp, '--tp') ?? tensorOf(devices, rest)
  const parallelism = { tensor, pipeline, attentionData, expert }
  const each = devicesPerReplica(parallelism)
  const replicas = askedReplicas ?? Math.max(1, Math.floor((devices ?? each) / each))
  const used = each * replicas
  if (devices !== null && used > devices)
    throw new TokenwrightError(
      'usage',
      `${replicas} ${replicas === 1 ? 'replica' : 'replicas'} of ${each} devices need ${used} × ${accelerator.id}; there are ${devices}`,
      {
        where: '--hardware',
        fix: `say --hardware ${used}x${accelerator.id}, or lower --tp, --pp, --dp or --replicas`,
      },
    )
  if (devices !== null && used < devices)
    notes.push(
      `${used} of ${devices} devices are used and paid for; the layout leaves ${devices - used} over`,
    )
  return { parallelism, replicas }
}

function tensorOf(devices: number | null, rest: number): number {
  if (devices === null) return 1
  if (devices % rest === 0) return devices / rest
  throw new TokenwrightError('usage', `${devices} devices cannot be shared by ${rest} equal parts`, {
    where: '--hardware',
    fix: 'say --tp, or a number of devices that --replicas × --pp × --dp divides',
  })
}
