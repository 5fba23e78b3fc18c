/**
 * A fixed number of users, each sending its next request when the last one has ended. With lengths that do not vary such a
 * loop locks into waves; what breaks them is chosen in the description (docs/models/workload.md#closed-loops).
 */
import { assert } from '../core/assert.ts'
import { EventHeap } from '../core/event-heap.ts'
import type { RandomStream } from '../core/random.ts'
import { createJointLengths, type JointLengthSpec } from './joint-lengths.ts'
import { createPrefixGroups, type PrefixSpec } from './prefix-groups.ts'
import {
  type CommonFields,
  commonFieldNames,
  createEmitter,
  type WorkloadContext,
  type WorkloadPart,
} from './request-emitter.ts'
import { checkedFields, checkedNumber, specFault } from './spec-checks.ts'
import {
  createDuration,
  createUsers,
  type DurationSpec,
  type UserFields,
  userFieldNames,
} from './user-starts.ts'

export interface ClosedLoopSpec extends CommonFields, UserFields {
  readonly kind: 'closed'
  readonly lengths: JointLengthSpec
  readonly prefix?: PrefixSpec
  /** Seconds between the end of a request and the user's next one; 0 when left out. */
  readonly thinkTime?: DurationSpec
  /** Each length is multiplied by a random factor in [1 − jitter, 1 + jitter]; the means stay. 0 when left out. */
  readonly lengthJitter?: number
  /**
   * Every user's first request emits only a random part of its answer, as if the loop had been running for long. These
   * requests are marked as warm-up. false when left out.
   */
  readonly initialProgress?: boolean
}

/** One user's streams: what others do and when does not change its requests. */
interface User {
  readonly input: RandomStream
  readonly output: RandomStream
  readonly prefix: RandomStream
  readonly think: RandomStream
}

/** Checks the description and starts it. */
export function createClosedLoop(
  spec: ClosedLoopSpec,
  where: string,
  context: WorkloadContext,
): WorkloadPart {
  const own = ['kind', 'lengths', 'prefix', 'thinkTime', 'lengthJitter', 'initialProgress']
  checkedFields(spec, where, 'a closed loop', [...own, ...userFieldNames, ...commonFieldNames])
  const emitter = createEmitter(spec, where, context)
  const users = createUsers(spec, where)
  const jitter = checkedNumber(spec.lengthJitter ?? 0, `${where}.lengthJitter`, 'the length jitter', {
    minimum: 0,
    maximum: 1,
  })
  const lengths = createJointLengths(spec.lengths, `${where}.lengths`, jitter)
  const thinkTime = createDuration(spec.thinkTime, `${where}.thinkTime`, 'the think time')
  const prefix =
    spec.prefix === undefined ? null : createPrefixGroups(spec.prefix, `${where}.prefix`, context.numbers)
  checkFlag(spec.initialProgress, `${where}.initialProgress`)
  if (spec.requests === undefined && spec.durationSeconds === undefined)
    throw specFault(where, 'the workload would never end', 'give "requests" or "durationSeconds"')

  const due = new EventHeap<number>()
  for (let user = 0; user < users.count; user++) {
    const seconds = users.startSeconds(user, context.stream('user', user, 'start'))
    due.push(context.startUs + Math.round(seconds * 1e6), user)
  }
  const known: (User | undefined)[] = []
  const inFlight = new Map<number, number>()
  const length = { inputTokens: 0, outputTokens: 0 }
  const firstUs = () => {
    const dueUs = due.nextUs()
    return emitter.exhausted(dueUs) ? Number.POSITIVE_INFINITY : dueUs
  }
  return {
    totalRequests: emitter.endUs === Number.POSITIVE_INFINITY ? emitter.requestLimit : null,
    endUs: emitter.endUs,
    finished: nowUs => emitter.exhausted(nowUs),
    nextUs: firstUs,
    accept(nowUs, end) {
      const user = inFlight.get(end.request.id)
      assert(user !== undefined, `request ${end.request.id} ends once and belongs to this loop`)
      inFlight.delete(end.request.id)
      const pause = thinkTime.draw(known[user]!.think)
      const seconds = end.outcome === 'served' ? pause : Math.max(pause, users.failurePauseSeconds)
      due.push(nowUs + Math.round(seconds * 1e6), user)
    },
    wake(nowUs, out) {
      for (let dueUs = firstUs(); dueUs <= nowUs; dueUs = firstUs()) {
        const index = due.pop()!
        const first = known[index] === undefined
        const user = known[index] ?? createUser(index, context)
        known[index] = user
        lengths.draw(user.input, user.output, length)
        const early = first && spec.initialProgress === true
        // What is left of an answer at a random instant of it: 1 … all of its tokens, equally likely.
        const outputTokens = early ? 1 + user.output.integer(length.outputTokens) : length.outputTokens
        const content = prefix === null ? null : prefix.content(user.prefix, length.inputTokens)
        const request = emitter.emit(dueUs, length.inputTokens, outputTokens, content, -1, 0, early)
        inFlight.set(request.id, index)
        out.push(request)
      }
    },
  }
}

function createUser(user: number, context: WorkloadContext): User {
  return {
    input: context.stream('user', user, 'input'),
    output: context.stream('user', user, 'output'),
    prefix: context.stream('user', user, 'prefix'),
    think: context.stream('user', user, 'think'),
  }
}

function checkFlag(value: unknown, where: string): void {
  if (value === undefined || typeof value === 'boolean') return
  throw specFault(where, `${JSON.stringify(value)} is neither true nor false`, 'write true or false')
}

/**
 * Why this loop would lock into waves, in words for the user; null when it does not. Takes a description that
 * createWorkload accepts.
 */
export function lockStepWarning(spec: ClosedLoopSpec): string | null {
  if (spec.users === 1 || spec.initialProgress === true) return null
  if (spec.start !== undefined && spec.start.kind !== 'burst') return null
  if (!createJointLengths(spec.lengths, 'lengths', spec.lengthJitter ?? 0).fixed) return null
  if (!createDuration(spec.thinkTime, 'thinkTime', 'the think time').fixed) return null
  return 'all requests have the same lengths and start together: they stay together for the whole run, and every prompt waits for the others of its wave; for a steady state set initialProgress, a staggered start or a lengthJitter of 0.1'
}
