/** Names that refer to each other: candidates, aliases, fallbacks; and requirements that nobody could meet. */
import { nearestNames } from '../../core/nearest-name.ts'
import { type FaultList, spoken } from './config-faults.ts'
import { type CandidateTraits, dataPolicies, type ModelConfig, type Requirements } from './gateway-config.ts'

export interface Named {
  readonly name: string
  readonly traits: CandidateTraits
  /** A deployment can be asked to count tokens, and may tell of its cache; an offer does neither. */
  readonly isDeployment: boolean
  readonly tellsEvents: boolean
}

export function checkReferences(
  models: readonly ModelConfig[],
  upstreams: readonly Named[],
  faults: FaultList,
): void {
  checkNames(upstreams, faults)
  const aliases = checkAliases(models, faults)
  const byName = new Map(upstreams.map(upstream => [upstream.name, upstream]))
  for (const model of models) {
    const candidates = checkCandidates(model, byName, faults)
    checkRequirements(model, candidates, faults)
    checkTokenizer(model, candidates, faults)
    checkFallbacks(model, aliases, faults)
  }
  checkCircles(models, aliases, faults)
}

function checkNames(upstreams: readonly Named[], faults: FaultList): void {
  const deployments = new Set(upstreams.filter(({ isDeployment }) => isDeployment).map(({ name }) => name))
  for (const { name, isDeployment } of upstreams) {
    if (!isDeployment && deployments.has(name)) {
      faults.add(
        ['offers', name],
        'a deployment has this name as well',
        'rename one of them: both are candidates',
      )
    }
  }
}

/** What summaries of requests have for models nobody configured (src/gateway/observe). */
const reservedAlias = 'unknown'

/** Alias and further names to the alias. */
function checkAliases(models: readonly ModelConfig[], faults: FaultList): Map<string, string> {
  const owner = new Map(models.map(({ alias }) => [alias, alias]))
  for (const { alias, aliases } of models) {
    if (alias !== reservedAlias && !aliases.includes(reservedAlias)) continue
    faults.add(
      ['models', alias],
      `${reservedAlias} is no name of a model`,
      'logs and metrics call models so that do not exist',
    )
  }
  for (const { alias, aliases } of models) {
    for (const [index, other] of aliases.entries()) {
      const before = owner.get(other)
      if (before === undefined) owner.set(other, alias)
      else {
        faults.add(
          ['models', alias, 'aliases', index],
          before === other ? 'is a model itself' : `names ${spoken(before)} already`,
          'a name leads to one model',
        )
      }
    }
  }
  return owner
}

function checkCandidates(
  { alias, candidates }: ModelConfig,
  byName: ReadonlyMap<string, Named>,
  faults: FaultList,
): Named[] {
  const known: Named[] = []
  for (const [index, name] of candidates.entries()) {
    const path = ['models', alias, 'candidates', index]
    const upstream = byName.get(name)
    if (upstream === undefined) {
      const near = nearestNames(name, byName.keys(), 1)
      const fix =
        near.length > 0 ? `did you mean ${near[0]}?` : `there are: ${[...byName.keys()].join(', ') || 'none'}`
      faults.add(path, `no deployment and no offer is called ${spoken(name)}`, fix)
    } else if (candidates.indexOf(name) < index) faults.add(path, 'comes twice', 'keep one')
    else known.push(upstream)
  }
  return known
}

function checkRequirements(
  { alias, require }: ModelConfig,
  candidates: readonly Named[],
  faults: FaultList,
): void {
  if (candidates.length === 0 || candidates.some(({ traits }) => meets(traits, require))) return
  faults.add(
    ['models', alias, 'require'],
    'no candidate meets this',
    'say region, quantization and dataPolicy of the candidates: what is not known meets nothing',
  )
}

/** Whether what is known of a candidate satisfies what is asked; prices depend on the moment and are left out. */
function meets(traits: CandidateTraits, { regions, quantizations, dataPolicy }: Requirements): boolean {
  if (regions !== null && (traits.region === null || !regions.includes(traits.region))) return false
  if (
    quantizations !== null &&
    (traits.quantization === null || !quantizations.includes(traits.quantization))
  )
    return false
  return (
    dataPolicy === null ||
    (traits.dataPolicy !== null &&
      dataPolicies.indexOf(traits.dataPolicy) <= dataPolicies.indexOf(dataPolicy))
  )
}

function checkTokenizer(
  { alias, tokenizer }: ModelConfig,
  candidates: readonly Named[],
  faults: FaultList,
): void {
  const path = ['models', alias, 'tokenizer']
  if (
    tokenizer === 'engine' &&
    candidates.length > 0 &&
    !candidates.some(({ isDeployment }) => isDeployment)
  ) {
    faults.add(path, 'no candidate is an engine that could be asked', 'take bytes, o200k or cl100k')
  }
  const teller = candidates.find(({ tellsEvents }) => tellsEvents)
  if (tokenizer === 'bytes' && teller !== undefined) {
    faults.add(
      path,
      `events of ${spoken(teller.name)} name blocks by tokens, so prompts named by bytes never match`,
      'take engine (the default here), o200k or cl100k; or leave out the events',
    )
  }
}

function checkFallbacks(
  { alias, fallbacks }: ModelConfig,
  aliases: ReadonlyMap<string, string>,
  faults: FaultList,
): void {
  const seen = new Set<string>()
  for (const [index, name] of fallbacks.entries()) {
    const path = ['models', alias, 'fallbacks', index]
    const target = aliases.get(name)
    if (target === undefined) {
      const near = nearestNames(name, aliases.keys(), 1)
      const fix =
        near.length > 0 ? `did you mean ${near[0]}?` : `there are: ${[...aliases.keys()].join(', ')}`
      faults.add(path, `no model is called ${spoken(name)}`, fix)
    } else if (seen.has(target)) faults.add(path, 'comes twice', 'keep one')
    else seen.add(target)
  }
}

/** Depth first; each circle is told once, at the fallback that closes it. */
function checkCircles(
  models: readonly ModelConfig[],
  aliases: ReadonlyMap<string, string>,
  faults: FaultList,
): void {
  const byAlias = new Map(models.map(model => [model.alias, model]))
  const done = new Set<string>()
  for (const start of models) {
    // A stack of its own: files can chain more models than the call stack holds.
    const stack = [{ model: start, next: 0 }]
    const open = new Set([start.alias])
    while (stack.length > 0) {
      const top = stack.at(-1)!
      const index = top.next++
      const name = done.has(top.model.alias) ? undefined : top.model.fallbacks[index]
      if (name === undefined) {
        done.add(top.model.alias)
        open.delete(top.model.alias)
        stack.pop()
        continue
      }
      const target = byAlias.get(aliases.get(name) ?? '')
      if (target === undefined) continue
      if (open.has(target.alias)) {
        const from = stack.findIndex(({ model }) => model.alias === target.alias)
        const circle = [...stack.slice(from).map(({ model }) => model.alias), target.alias]
        faults.add(
          ['models', top.model.alias, 'fallbacks', index],
          `fallbacks lead in a circle: ${circle.map(spoken).join(' → ')}`,
          'leave one of them out',
        )
      } else if (!done.has(target.alias)) {
        open.add(target.alias)
        stack.push({ model: target, next: 0 })
      }
    }
  }
}
