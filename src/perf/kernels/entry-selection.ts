import { generationKin } from './kinship.ts'
import type { KernelAccelerator, KernelBasis, KernelEntry, KernelOperator } from './types.ts'

export interface Selection {
  /** One entry, or several of equal standing whose times are averaged geometrically. */
  readonly entries: readonly KernelEntry[]
  readonly basis: KernelBasis
  readonly entryId: string
}

/** NCCL, oneCCL and DeepEP are used by every engine: their entries count as an engine's own. */
const libraries: ReadonlySet<string> = new Set(['nccl', 'deepep-low-latency', 'deepep-normal'])

type Place = (entry: KernelEntry) => boolean

/**
 * The transfer rule. Efficiencies come from the first of these that has an entry, physics always from the device asked for:
 *   1. this device and engine                          → fitted
 *   2. this device, other engines (mean)
 *   3. the generation's other devices, same engine, then any
 *   4. 1–3 with related formats, nearest format first
 *   5. the nearest generation, exact format before related ones, same engine before any
 *   6. the mean over everything                        → 2–6 transferred
 */
export function selectEntry(
  entries: readonly KernelEntry[],
  operator: KernelOperator,
  device: Pick<KernelAccelerator, 'id' | 'generation'>,
  engine: string,
  formats: readonly string[],
): Selection | null {
  const pool = entries.filter(entry => entry.operator === operator)
  const chain = generationKin[device.generation] ?? []
  const sameDevice: Place = entry => entry.acceleratorId === device.id
  const generation =
    (name: string): Place =>
    entry =>
      entry.generation === name
  const near = [sameDevice, ...(chain.length > 0 ? [generation(device.generation)] : [])]
  const steps: [Place, string][] = []
  for (const format of formats) for (const place of near) steps.push([place, format])
  for (const name of chain.slice(1)) for (const format of formats) steps.push([generation(name), format])
  for (const format of formats) steps.push([() => true, format])
  for (const [place, format] of steps) {
    const here = pool.filter(entry => place(entry) && entry.format === format)
    const own = here.filter(entry => entry.engine === engine)
    const shared = here.filter(entry => libraries.has(entry.engine))
    const others = here.filter(entry => entry.engine !== engine && !libraries.has(entry.engine))
    const chosen = own.length > 0 ? own : others.length > 0 ? others : shared
    if (chosen.length === 0) continue
    const fitted =
      format === formats[0] && chosen.every(entry => entry.acceleratorId === device.id) && chosen !== others
    return {
      entries: chosen,
      basis: fitted ? 'fitted' : 'transferred',
      entryId: chosen.map(entryId).join(' '),
    }
  }
  return null
}

export function entryId(
  entry: Pick<KernelEntry, 'operator' | 'acceleratorId' | 'engine' | 'format'>,
): string {
  return [entry.operator, entry.acceleratorId, entry.engine, entry.format].join('/')
}
