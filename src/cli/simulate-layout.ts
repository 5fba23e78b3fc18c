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

/**
 * One pool, or with --prefill-replicas or --decode-replicas two that are alike in all but their size; unlike pools come from
 * a file.
 */
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
  const pool = (count: number) => ({ acceleratorId: accelerator.id, parallelism, replicas: count })
  const common = { engine, precision, speculation: null }
  return {
    file: null,
    modelId: id,
    architecture,
    deployment:
      typeof replicas === 'number'
        ? { ...common, mode: 'aggregated', pool: pool(replicas) }
        : {
            ...common,
            mode: 'disaggregated',
            prefill: pool(replicas.prefill),
            decode: pool(replicas.decode),
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

/** Of one pool, or of two. */
type Replicas = number | { readonly prefill: number; readonly decode: number }

function askedReplicas(
  { replicas, prefillReplicas, decodeReplicas }: SimulateFlags,
  count: (text: string | undefined, where: string) => number | null,
): Replicas | null {
  if (prefillReplicas === undefined && decodeReplicas === undefined) return count(replicas, '--replicas')
  return {
    prefill: count(prefillReplicas, '--prefill-replicas') ?? 1,
    decode: count(decodeReplicas, '--decode-replicas') ?? 1,
  }
}

function inAll(replicas: Replicas): number {
  return typeof replicas === 'number' ? replicas : replicas.prefill + replicas.decode
}

/** Whatever is not said follows from the number of devices; without it, one replica of one device. */
function layoutOf(
  flags: SimulateFlags,
  devices: number | null,
  accelerator: Accelerator,
  notes: string[],
): { readonly parallelism: Parallelism; readonly replicas: Replicas } {
  const count = (text: string | undefined, where: string) =>
    text === undefined ? null : parseCount(text, where)
  const pipeline = count(flags.pp, '--pp') ?? 1
  const attentionData = count(flags.dp, '--dp') ?? 1
  const expert = count(flags.ep, '--ep') ?? 1
  const asked = askedReplicas(flags, count)
  const rest = pipeline * attentionData * inAll(asked ?? 1)
  const tensor = count(flags.tp, '--tp') ?? tensorOf(devices, rest)
  const parallelism = { tensor, pipeline, attentionData, expert }
  const each = devicesPerReplica(parallelism)
  const replicas = asked ?? Math.max(1, Math.floor((devices ?? each) / each))
  const all = inAll(replicas)
  const used = each * all
  if (devices !== null && used > devices)
    throw new TokenwrightError(
      'usage',
      `${all} ${all === 1 ? 'replica' : 'replicas'} of ${each} devices need ${used} × ${accelerator.id}; there are ${devices}`,
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
