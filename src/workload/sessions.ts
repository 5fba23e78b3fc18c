/**
 * Multi-turn conversations, either begun at a rate (open) or kept up by a fixed number of users, each beginning a new one
 * when the last is over (closed). Turns within a session always wait for the answer before.
 */
import { assert, present } from '../core/assert.ts'
import { EventHeap } from '../core/event-heap.ts'
import { type ArrivalSpec, createArrivals } from './arrivals.ts'
import { beginConversation, type Conversation, type ConversationShape, type Turn } from './conversation.ts'
import { createLength, type LengthSpec } from './lengths.ts'
import { checkedTokensPerBlock, createPrefixGroups, type PrefixSpec } from './prefix-groups.ts'
import type { RunNumbers } from './request-emitter.ts'
import {
  type CommonFields,
  commonFieldNames,
  createEmitter,
  type WorkloadContext,
  type WorkloadPart,
} from './request-emitter.ts'
import { checkedFields, checkedKind, checkedOptional, plausibleSeconds, specFault } from './spec-checks.ts'
import {
  createDuration,
  createUsers,
  type DurationSpec,
  type UserFields,
  userFieldNames,
} from './user-starts.ts'

export interface SessionsSpec extends CommonFields {
  readonly kind: 'sessions'
  readonly begin:
    | { readonly kind: 'open'; readonly arrivals: ArrivalSpec }
    | ({
        readonly kind: 'closed'
        /** Seconds between a user's sessions; 0 when left out. */
        readonly pause?: DurationSpec
      } & UserFields)
  /** Requests per session. */
  readonly turns: LengthSpec
  /** Seconds between an answer and the next prompt of the session. */
  readonly thinkTime: DurationSpec
  /**
   * Least seconds from when a turn is due to when the next one is: users with a clock of their own, who ask late only when
   * the answer was late. 0 when left out.
   */
  readonly turnSeconds?: number
  /** Tokens of a session's first prompt, the shared system prompt included. */
  readonly firstInput: LengthSpec
  /** Tokens the user adds in each later turn; as firstInput when left out. */
  readonly nextInput?: LengthSpec
  readonly output: LengthSpec
  readonly prefix?: PrefixSpec
  /** Granularity of content without a prefix, which has its own; 16 when left out. */
  readonly tokensPerBlock?: number
  /** A session ends before a turn whose prompt and answer would exceed it. */
  readonly maximumContextTokens?: number
  /** Stop beginning sessions after so many. */
  readonly sessions?: number
}

interface Session {
  readonly number: number
  /** Of a closed loop; −1 in an open one. */
  readonly user: number
  readonly conversation: Conversation
  /** The turn that is due next, or was asked last, and when that was due. */
  turn: Turn
  dueUs: number
}

/** Checks the description and starts it. */
export function createSessions(spec: SessionsSpec, where: string, context: WorkloadContext): WorkloadPart {
  const own = ['kind', 'begin', 'turns', 'thinkTime', 'firstInput', 'nextInput', 'output', 'prefix']
  checkedFields(spec, where, 'sessions', [
    ...own,
    ...['turnSeconds', 'tokensPerBlock', 'maximumContextTokens', 'sessions'],
    ...commonFieldNames,
  ])
  const emitter = createEmitter(spec, where, context)
  const shape = createShape(spec, where, context.numbers)
  const limit = checkedOptional(spec.sessions, `${where}.sessions`, 'the number of sessions', {
    minimum: 1,
    whole: true,
  })
  const turnUs = Math.round(turnSecondsOf(spec, where) * 1e6)
  const source = createSource(spec.begin, `${where}.begin`, context)
  if (
    source.endless &&
    limit === undefined &&
    spec.requests === undefined &&
    spec.durationSeconds === undefined
  ) {
    throw specFault(where, 'the workload would never end', 'give "sessions", "requests" or "durationSeconds"')
  }

  let begun = 0
  const due = new EventHeap<Session>()
  const waiting = new Map<number, Session>()
  const begin = (user: number): Session => {
    const number = begun++
    // Sessions of users are named by user and count, so that a slow user does not shift the others'.
    const names = source.sessionNames(number, user)
    const streams = {
      turns: context.stream(...names, 'turns'),
      input: context.stream(...names, 'input'),
      output: context.stream(...names, 'output'),
      think: context.stream(...names, 'think'),
      prefix: context.stream(...names, 'prefix'),
    }
    const conversation = beginConversation(shape, streams, context.numbers)
    const turn = present(conversation.next(), 'a conversation has at least one turn')
    return { number: context.numbers.sessions++, user, conversation, turn, dueUs: 0 }
  }
  const sourceUs = () => (limit !== undefined && begun >= limit ? Number.POSITIVE_INFINITY : source.nextUs())
  const nextUs = () => {
    const earliest = Math.min(due.nextUs(), sourceUs())
    return emitter.exhausted(earliest) ? Number.POSITIVE_INFINITY : earliest
  }
  return {
    totalRequests: null,
    endUs: emitter.endUs,
    finished: nowUs =>
      emitter.exhausted(nowUs) ||
      (due.size === 0 && waiting.size === 0 && sourceUs() === Number.POSITIVE_INFINITY),
    nextUs,
    accept(nowUs, end) {
      const session = waiting.get(end.request.id)
      assert(session !== undefined, `request ${end.request.id} ends once and belongs to these sessions`)
      waiting.delete(end.request.id)
      // Without its answer a conversation cannot go on: the user gives up.
      const next = end.outcome === 'served' ? session.conversation.next() : null
      if (next === null) return source.over(nowUs, session.user, end.outcome !== 'served')
      session.turn = next
      const thoughtUs = nowUs + Math.round(session.conversation.thinkSeconds() * 1e6)
      due.push(Math.max(thoughtUs, session.dueUs + turnUs), session)
    },
    wake(nowUs, out) {
      for (let dueUs = nextUs(); dueUs <= nowUs; dueUs = nextUs()) {
        const session = due.nextUs() <= sourceUs() ? due.pop()! : begin(source.take())
        session.dueUs = dueUs
        const { inputTokens, outputTokens, content, turn } = session.turn
        const request = emitter.emit(dueUs, inputTokens, outputTokens, content, session.number, turn, false)
        waiting.set(request.id, session)
        out.push(request)
      }
    },
  }
}

function turnSecondsOf(spec: SessionsSpec, where: string): number {
  const limits = { minimum: 0, maximum: plausibleSeconds }
  return checkedOptional(spec.turnSeconds, `${where}.turnSeconds`, 'the seconds between turns', limits) ?? 0
}

function createShape(spec: SessionsSpec, where: string, numbers: RunNumbers): ConversationShape {
  if (spec.prefix !== undefined && spec.tokensPerBlock !== undefined) {
    throw specFault(`${where}.tokensPerBlock`, 'the prefix has a granularity of its own', 'give it there')
  }
  const firstInput = createLength(spec.firstInput, `${where}.firstInput`, 'input tokens of the first turn')
  return {
    turns: createLength(spec.turns, `${where}.turns`, 'turns'),
    firstInput,
    nextInput:
      spec.nextInput === undefined
        ? firstInput
        : createLength(spec.nextInput, `${where}.nextInput`, 'input tokens of a later turn'),
    output: createLength(spec.output, `${where}.output`, 'output tokens'),
    thinkTime: createDuration(spec.thinkTime, `${where}.thinkTime`, 'the think time'),
    prefix: spec.prefix === undefined ? null : createPrefixGroups(spec.prefix, `${where}.prefix`, numbers),
    tokensPerBlock: checkedTokensPerBlock(spec.tokensPerBlock, `${where}.tokensPerBlock`),
    maximumContextTokens:
      checkedOptional(spec.maximumContextTokens, `${where}.maximumContextTokens`, 'tokens of the context', {
        minimum: 1,
        whole: true,
      }) ?? Number.POSITIVE_INFINITY,
  }
}

/** Where new sessions come from. */
interface SessionSource {
  readonly endless: boolean
  /** When the next one begins, µs. */
  nextUs(): number
  /** Takes it: the user it belongs to, −1 in an open loop. */
  take(): number
  /** A user's session is over. */
  over(nowUs: number, user: number, failed: boolean): void
  /** Names of the random streams of session `number` of the run, begun by this user. */
  sessionNames(number: number, user: number): readonly (string | number)[]
}

function createSource(spec: SessionsSpec['begin'], where: string, context: WorkloadContext): SessionSource {
  checkedKind(spec, where, 'way to begin sessions', ['open', 'closed'])
  return spec.kind === 'open' ? openSource(spec, where, context) : closedSource(spec, where, context)
}

type BeginSpec<Kind> = Extract<SessionsSpec['begin'], { kind: Kind }>

function openSource(spec: BeginSpec<'open'>, where: string, context: WorkloadContext): SessionSource {
  checkedFields(spec, where, 'sessions that begin at a rate', ['kind', 'arrivals'])
  const arrivals = createArrivals(spec.arrivals, `${where}.arrivals`, context.stream('arrivals'))
  const arrivalUs = () => context.startUs + Math.round(arrivals.nextSeconds() * 1e6)
  let dueUs = arrivalUs()
  return {
    endless: arrivals.endless,
    nextUs: () => dueUs,
    take() {
      dueUs = arrivalUs()
      return -1
    },
    over() {
      // Nobody waits for it.
    },
    sessionNames: number => ['session', number],
  }
}

function closedSource(spec: BeginSpec<'closed'>, where: string, context: WorkloadContext): SessionSource {
  checkedFields(spec, where, 'sessions of a closed loop', ['kind', 'pause', ...userFieldNames])
  const users = createUsers(spec, where)
  const pause = createDuration(spec.pause, `${where}.pause`, 'the pause between sessions')
  const counts = new Map<number, number>()
  const due = new EventHeap<number>()
  for (let user = 0; user < users.count; user++) {
    const seconds = users.startSeconds(user, context.stream('user', user, 'start'))
    due.push(context.startUs + Math.round(seconds * 1e6), user)
  }
  return {
    endless: true,
    nextUs: () => due.nextUs(),
    take: () => due.pop()!,
    over(nowUs, user, failed) {
      const count = counts.get(user) ?? 0
      const seconds = pause.fixed ? pause.mean : pause.draw(context.stream('user', user, count, 'pause'))
      due.push(
        nowUs + Math.round((failed ? Math.max(seconds, users.failurePauseSeconds) : seconds) * 1e6),
        user,
      )
    },
    sessionNames(_number, user) {
      const count = counts.get(user) ?? 0
      counts.set(user, count + 1)
      return ['user', user, count]
    },
  }
}
