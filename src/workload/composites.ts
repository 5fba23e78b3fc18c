/** Workloads made of others: several at the same time, or one after the other. */
import { assert } from '../core/assert.ts'
import type { WorkloadContext, WorkloadPart } from './request-emitter.ts'
import { checkedFields, checkedList, specFault } from './spec-checks.ts'

/** Several workloads at the same time: tenants, models, interactive and batch. */
export interface MixSpec<Spec> {
  readonly kind: 'mix'
  /** Names must differ: they name the parts' random streams, so that a new part does not shift the others. */
  readonly parts: readonly { readonly name: string; readonly workload: Spec }[]
}

/** One workload after the other, each with times of its own from 0. */
export interface PhasesSpec<Spec> {
  readonly kind: 'phases'
  readonly phases: readonly {
    readonly name: string
    readonly workload: Spec
    /** Its requests do not count. */
    readonly warmup?: boolean
    /**
     * The next phase begins when all of this one's requests have ended. Otherwise (default) it begins when this one's
     * duration is over or its last request is sent, while answers are still being served: load does not dip in between.
     */
    readonly drain?: boolean
  }[]
}

/** How parts are made; src/workload/synthetic.ts knows all kinds. */
export type CreatePart<Spec> = (spec: Spec, where: string, context: WorkloadContext) => WorkloadPart

function namedContext(
  context: WorkloadContext,
  name: string,
  startUs: number,
  warmup: boolean,
): WorkloadContext {
  return {
    stream: (...names) => context.stream('part', name, ...names),
    numbers: context.numbers,
    startUs,
    warmup: context.warmup || warmup,
  }
}

function checkNames(parts: readonly { readonly name: string }[], where: string): void {
  const seen = new Set<unknown>()
  for (const [index, { name }] of parts.entries()) {
    if (typeof name !== 'string' || name === '' || seen.has(name)) {
      throw specFault(
        `${where}[${index}].name`,
        typeof name === 'string' && name !== '' ? `two parts are called "${name}"` : 'a part has no name',
        'give each part a name of its own',
      )
    }
    seen.add(name)
  }
}

/** All parts at once; requests come in order of time, ties in order of parts. */
export function createMix<Spec>(
  spec: MixSpec<Spec>,
  where: string,
  context: WorkloadContext,
  create: CreatePart<Spec>,
): WorkloadPart {
  checkedFields(spec, where, 'a mix', ['kind', 'parts'])
  checkedList(spec.parts, `${where}.parts`, 'the parts of a mix')
  for (const [index, part] of spec.parts.entries())
    checkedFields(part, `${where}.parts[${index}]`, 'a part of a mix', ['name', 'workload'])
  checkNames(spec.parts, `${where}.parts`)
  const parts = spec.parts.map(({ name, workload }, index) =>
    create(
      workload,
      `${where}.parts[${index}].workload`,
      namedContext(context, name, context.startUs, false),
    ),
  )
  const owners = new Map<number, WorkloadPart>()
  const earliest = (): WorkloadPart => {
    let best = parts[0]!
    for (const part of parts) if (part.nextUs() < best.nextUs()) best = part
    return best
  }
  const totals = parts.map(part => part.totalRequests)
  return {
    totalRequests: totals.includes(null) ? null : totals.reduce<number>((sum, total) => sum + total!, 0),
    endUs: Math.max(...parts.map(part => part.endUs)),
    finished: nowUs => parts.every(part => part.finished(nowUs)),
    nextUs: () => earliest().nextUs(),
    accept(nowUs, end, out) {
      const owner = owners.get(end.request.id)
      assert(owner !== undefined, `request ${end.request.id} ends once and belongs to a part`)
      owners.delete(end.request.id)
      owner.accept(nowUs, end, out)
    },
    wake(nowUs, out) {
      for (let part = earliest(); part.nextUs() <= nowUs; part = earliest()) {
        const from = out.length
        // Woken at its own time only: requests of parts stay in order even when the driver is late.
        part.wake(part.nextUs(), out)
        for (let index = from; index < out.length; index++) owners.set(out[index]!.id, part)
      }
    },
  }
}

/** One phase at a time; ends of earlier ones are still heard. */
export function createPhases<Spec>(
  spec: PhasesSpec<Spec>,
  where: string,
  context: WorkloadContext,
  create: CreatePart<Spec>,
): WorkloadPart {
  checkedFields(spec, where, 'phases', ['kind', 'phases'])
  checkedList(spec.phases, `${where}.phases`, 'the phases')
  for (const [index, phase] of spec.phases.entries()) {
    const at = `${where}.phases[${index}]`
    checkedFields(phase, at, 'a phase', ['name', 'workload', 'warmup', 'drain'])
    for (const flag of ['warmup', 'drain'] as const) {
      if (phase[flag] !== undefined && typeof phase[flag] !== 'boolean')
        throw specFault(
          `${at}.${flag}`,
          `${JSON.stringify(phase[flag])} is neither true nor false`,
          'write true or false',
        )
    }
  }
  checkNames(spec.phases, `${where}.phases`)
  const start = (index: number, startUs: number) => {
    const { name, workload, warmup } = spec.phases[index]!
    const inside = namedContext(context, name, startUs, warmup === true)
    return create(workload, `${where}.phases[${index}].workload`, inside)
  }
  // Every phase is made once at the beginning: a fault in the last one shall not be found hours into the run.
  const trial = { ...context, numbers: { ...context.numbers } }
  const totals = spec.phases
    .map(({ name, workload }, index) =>
      create(workload, `${where}.phases[${index}].workload`, namedContext(trial, name, 0, false)),
    )
    .map(part => part.totalRequests)

  const owners = new Map<number, WorkloadPart>()
  let index = 0
  let current = start(0, context.startUs)
  let inFlight = 0
  let clockUs = context.startUs
  const last = () => index === spec.phases.length - 1
  const over = () => current.finished(clockUs) || clockUs >= current.endUs
  const proceed = () => {
    while (!last() && over() && (spec.phases[index]!.drain !== true || inFlight === 0)) {
      // A phase of stated duration hands over at its end, even when the driver looks later.
      const handoverUs = spec.phases[index]!.drain === true ? clockUs : Math.min(clockUs, current.endUs)
      current = start(++index, handoverUs)
    }
  }
  const nextUs = () => {
    // Over but not drained: only an end can move it.
    if (last() || over()) return current.nextUs()
    return Math.min(current.nextUs(), current.endUs)
  }
  return {
    totalRequests: totals.includes(null) ? null : totals.reduce<number>((sum, total) => sum + total!, 0),
    endUs: Number.POSITIVE_INFINITY,
    finished: nowUs => last() && current.finished(nowUs),
    nextUs,
    accept(nowUs, end, out) {
      const owner = owners.get(end.request.id)
      assert(owner !== undefined, `request ${end.request.id} ends once and belongs to a phase`)
      owners.delete(end.request.id)
      inFlight--
      owner.accept(nowUs, end, out)
      clockUs = Math.max(clockUs, nowUs)
      proceed()
    },
    wake(nowUs, out) {
      for (let dueUs = nextUs(); dueUs <= nowUs; dueUs = nextUs()) {
        const from = out.length
        clockUs = Math.max(clockUs, dueUs)
        if (current.nextUs() <= dueUs) current.wake(dueUs, out)
        for (let at = from; at < out.length; at++) owners.set(out[at]!.id, current)
        inFlight += out.length - from
        proceed()
      }
    },
  }
}
