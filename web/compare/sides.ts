/** What is compared: a model on an accelerator, or on the best accelerator of a generation. */
import type { FactsCatalog } from '../../src/catalog/system-types.ts'
import type { Params } from '../state/route.ts'
import type { CurveQuestion } from './use-curves.ts'

export interface Side {
  /** An accelerator's id, or `generation:hopper`. */
  readonly hardware: string
  readonly model: string
}

const generationPrefix = 'generation:'

/** The baseline first; beside it `with`, separated by commas: hardware, with `@model` where that is another. */
export function sidesOf(params: Params): Side[] {
  const model = params.model ?? ''
  const others = entriesOf(params).map(entry => {
    const [hardware = '', other = model] = entry.split('@')
    return { hardware, model: other }
  })
  return [{ hardware: params.base ?? '', model }, ...others]
}

/** The entries of `with`, each once. */
export function entriesOf(params: Params): string[] {
  return [...new Set((params.with ?? '').split(',').filter(Boolean))]
}

export function entryOf({ hardware, model }: Side, baseModel: string): string {
  return model === baseModel ? hardware : `${hardware}@${model}`
}

/** Accelerators that an engine runs on, by generation, in the catalog's order. */
export function generationsOf({ accelerators }: FactsCatalog): Map<string, string[]> {
  const found = new Map<string, string[]>()
  for (const { id, engines, generation } of accelerators) {
    if (engines.length > 0) found.set(generation, [...(found.get(generation) ?? []), id])
  }
  return found
}

/** Hardware to choose from: every accelerator, then every generation that has several. */
export function hardwareOptions(facts: FactsCatalog): (readonly [string, string])[] {
  const single = facts.accelerators
    .filter(({ engines }) => engines.length > 0)
    .map(({ id, name }) => [id, `${id}: ${name}`] as const)
  const generations = [...generationsOf(facts)]
    .filter(([, ids]) => ids.length > 1)
    .map(([name, ids]) => [`${generationPrefix}${name}`, `best ${name}: ${ids.join(', ')}`] as const)
  return [...single, ...generations]
}

/** One that is not known stays as it is: the planner says so. */
export function acceleratorsOf({ hardware }: Side, facts: FactsCatalog): string[] {
  const generation = hardware.startsWith(generationPrefix)
    ? generationsOf(facts).get(hardware.slice(generationPrefix.length))
    : undefined
  return generation ?? [hardware]
}

/** Short, and different where sides are: the hardware alone where all serve one model. */
export function nameOf({ hardware, model }: Side, sides: readonly Side[]): string {
  const device = hardware.startsWith(generationPrefix)
    ? `best ${hardware.slice(generationPrefix.length)}`
    : hardware
  const sameModel = sides.every(side => side.model === model)
  const sameHardware = sides.every(side => side.hardware === hardware)
  if (sameModel) return device
  return sameHardware ? shortModel(model) : `${shortModel(model)} on ${device}`
}

export function shortModel(model: string): string {
  return model.slice(model.lastIndexOf('/') + 1)
}

/** The curve of a side. `techniques`: speculation and separate pools. */
export function curveQuestion(
  side: Side,
  sides: readonly Side[],
  params: Params,
  facts: FactsCatalog,
  techniques: boolean,
): CurveQuestion {
  const { isl = '', osl = '', tier = 'reserved' } = params
  return {
    name: nameOf(side, sides),
    acceleratorIds: acceleratorsOf(side, facts),
    question: {
      model: { kind: 'catalog', name: side.model },
      flags: { isl, osl, tier, disaggregated: techniques, speculation: techniques },
      trace: null,
      today: new Date().toISOString().slice(0, 10),
    },
  }
}
