/** Requests that come whatever happens to those before them: arrivals by a rate, lengths, prefixes. */
import { type ArrivalSpec, createArrivals } from './arrivals.ts'
import { createJointLengths, type JointLengthSpec } from './joint-lengths.ts'
import { createPrefixGroups, type PrefixSpec } from './prefix-groups.ts'
import {
  type CommonFields,
  commonFieldNames,
  createEmitter,
  type WorkloadContext,
  type WorkloadPart,
} from './request-emitter.ts'
import { checkedFields, specFault } from './spec-checks.ts'

export interface OpenLoopSpec extends CommonFields {
  readonly kind: 'open'
  readonly arrivals: ArrivalSpec
  readonly lengths: JointLengthSpec
  /** System prompts that requests share; without it no two prompts have anything in common. */
  readonly prefix?: PrefixSpec
}

/** Checks the description and starts it. Requests are made one at a time, when due. */
export function createOpenLoop(spec: OpenLoopSpec, where: string, context: WorkloadContext): WorkloadPart {
  checkedFields(spec, where, 'an open loop', ['kind', 'arrivals', 'lengths', 'prefix', ...commonFieldNames])
  const emitter = createEmitter(spec, where, context)
  const arrivals = createArrivals(spec.arrivals, `${where}.arrivals`, context.stream('arrivals'))
  const lengths = createJointLengths(spec.lengths, `${where}.lengths`)
  const prefix =
    spec.prefix === undefined ? null : createPrefixGroups(spec.prefix, `${where}.prefix`, context.numbers)
  checkEnds(spec, where, arrivals.endless)
  const inputs = context.stream('input')
  const outputs = context.stream('output')
  const groups = context.stream('prefix')
  const length = { inputTokens: 0, outputTokens: 0 }

  let dueUs = 0
  let dry = false
  const advance = () => {
    const seconds = arrivals.nextSeconds()
    dry = seconds === Number.POSITIVE_INFINITY
    dueUs = context.startUs + Math.round(seconds * 1e6)
    if (emitter.exhausted(dueUs)) dueUs = Number.POSITIVE_INFINITY
  }
  advance()
  return {
    totalRequests: totalRequests(emitter.requestLimit, arrivals.count, arrivals.endless, emitter.endUs),
    endUs: emitter.endUs,
    finished: nowUs => dry || emitter.exhausted(nowUs),
    nextUs: () => dueUs,
    accept() {
      // An open loop does not listen.
    },
    wake(nowUs, out) {
      while (dueUs <= nowUs) {
        lengths.draw(inputs, outputs, length)
        const content = prefix === null ? null : prefix.content(groups, length.inputTokens)
        out.push(emitter.emit(dueUs, length.inputTokens, length.outputTokens, content, -1, 0, false))
        advance()
      }
    },
  }
}

/** A run needs an end: nobody else sets one in virtual time. */
function checkEnds(spec: CommonFields, where: string, endless: boolean): void {
  if (!endless || spec.requests !== undefined || spec.durationSeconds !== undefined) return
  throw specFault(where, 'the workload would never end', 'give "requests" or "durationSeconds"')
}

function totalRequests(
  limit: number | null,
  count: number | null,
  endless: boolean,
  endUs: number,
): number | null {
  if (endUs !== Number.POSITIVE_INFINITY) return null
  if (endless) return limit
  return count === null ? null : Math.min(count, limit ?? count)
}
