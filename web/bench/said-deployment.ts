/** What served a run, as far as the run and the address say it: the small question of a prediction. */
import { findModel } from '../../src/catalog/lookup.ts'
import type { FactsCatalog } from '../../src/catalog/system-types.ts'
import { TokenwrightError } from '../../src/core/errors.ts'
import type { BenchResult } from '../../src/measure/bench-result.ts'
import { parseHardware } from '../../src/measure/measured-hardware.ts'
import { engines } from '../../src/perf/deployment.ts'
import type { Params } from '../state/route.ts'

/** Empty: not known. Names are those of the address. */
export interface SaidDeployment {
  readonly model: string
  readonly hardware: string
  readonly tp: string
  readonly replicas: string
  readonly engine: string
  readonly precision: string
}

export function saidDeployment(result: BenchResult, params: Params, catalog: FactsCatalog): SaidDeployment {
  const hardware = hardwareOf(result, catalog)
  const engine = engines.find(name => name === result.endpoint.engine)
  const from = (name: keyof SaidDeployment, guess: string) => params[name] ?? guess
  return {
    model: from('model', modelOf(result, catalog)),
    hardware: from('hardware', hardware?.acceleratorId ?? ''),
    // Where nobody says otherwise, all devices are one replica: as `simulate` takes --hardware.
    tp: from('tp', String(hardware?.count ?? 1)),
    replicas: from('replicas', '1'),
    engine: from('engine', engine ?? ''),
    precision: from('precision', ''),
  }
}

/** The catalog's name of what the endpoint calls its model; '' where it is not known by that name. */
function modelOf({ endpoint }: BenchResult, catalog: FactsCatalog): string {
  return orElse('', () => findModel(catalog, endpoint.model).id)
}

/** One kind of device, as --hardware named it. */
function hardwareOf({ command }: BenchResult, catalog: FactsCatalog) {
  const said = /--hardware[=\s]+(?:"([^"]+)"|'([^']+)'|(\S+))/.exec(command)
  const text = said?.[1] ?? said?.[2] ?? said?.[3]
  if (text === undefined) return null
  const groups = orElse([], () => parseHardware(text, catalog))
  return groups.length === 1 ? groups[0]! : null
}

/** What the command line would refuse is not known here. */
function orElse<Value>(otherwise: Value, find: () => Value): Value {
  try {
    return find()
  } catch (error) {
    if (error instanceof TokenwrightError) return otherwise
    throw error
  }
}
