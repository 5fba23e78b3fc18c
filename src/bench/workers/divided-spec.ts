/** Which workloads can be divided over agents, and what of a closed one is the part of one agent. */
import type { ClosedLoopSpec } from '../../workload/closed-loop.ts'
import type { PrefixSpec } from '../../workload/prefix-groups.ts'
import type { CommonFields } from '../../workload/request-emitter.ts'
import type { SessionsSpec } from '../../workload/sessions.ts'
import type { WorkloadSpec } from '../../workload/synthetic.ts'
import type { StartSpec, UserFields } from '../../workload/user-starts.ts'
import { type Segment, shareByUsers, shareOf } from './segment.ts'

export type Division =
  /** Requests do not depend on answers: every agent makes all of them and sends its own. */
  | { readonly kind: 'by-request' }
  /** Every agent begins all sessions and goes on with its own. */
  | { readonly kind: 'by-session' }
  | { readonly kind: 'by-user' }
  | { readonly kind: 'none'; readonly problem: string; readonly fix: string }

/** How a workload is divided, or why it is not. */
export function divisionOf(spec: WorkloadSpec): Division {
  if (isIndependent(spec)) return { kind: 'by-request' }
  if (spec.kind === 'mix' || spec.kind === 'phases')
    return undivided(
      `${spec.kind === 'mix' ? 'a mix' : 'phases'} of requests that wait for answers cannot be divided over workers`,
      'use --workers 1, or describe open loops only, without drain',
    )
  if (spec.kind === 'open') return { kind: 'by-request' }
  if (spec.prefix !== undefined && spec.prefix.groups > 1)
    return undivided(
      'several shared prefixes in a closed loop cannot be divided over workers: each would make up texts of its own',
      'use --workers 1, --num-prefix-prompts 1, or --request-rate',
    )
  if (spec.kind === 'closed' || spec.begin.kind === 'closed') return { kind: 'by-user' }
  if (spec.requests !== undefined)
    return undivided(
      'nobody counts the requests of sessions that several workers begin at a rate',
      'use --workers 1, or stop by --num-sessions or --benchmark-duration',
    )
  return { kind: 'by-session' }
}

function undivided(problem: string, fix: string): Division {
  return { kind: 'none', problem, fix }
}

/** What is sent and when does not depend on any answer. */
export function isIndependent(spec: WorkloadSpec): boolean {
  switch (spec.kind) {
    case 'open':
      return true
    case 'closed':
    case 'sessions':
      return false
    case 'mix':
      return spec.parts.every(({ workload }) => isIndependent(workload))
    case 'phases':
      return spec.phases.every(({ workload, drain }) => drain !== true && isIndependent(workload))
  }
}

/** A closed workload's part, as one that begins later by `shiftSeconds`. */
export interface UsersPart {
  readonly spec: ClosedLoopSpec | SessionsSpec
  readonly shiftSeconds: number
}

/** The part of the users with number mod `of` = index; null when there is nothing for it to do. */
export function usersPart(spec: ClosedLoopSpec | SessionsSpec, segment: Segment): UsersPart | null {
  const loop = spec.kind === 'closed' ? spec : spec.begin
  if (loop.kind !== 'closed') return null
  const { users, start } = loop
  const own = shareOf(users, segment)
  if (own === 0) return null
  // User u of a ramp of s seconds begins at s·u/users. Those of a segment are as far apart as `of` users, from the
  // segment's first on.
  const shiftSeconds = start?.kind === 'ramp' ? (start.seconds * segment.index) / users : 0
  const fields: UserFields = {
    ...usersFields(loop),
    users: own,
    ...(start === undefined ? {} : { start: stretched(start, (own * segment.of) / users) }),
  }
  const common = commonPart(spec, users, segment, shiftSeconds)
  if (common === null) return null
  if (spec.kind === 'closed') return { spec: { ...spec, ...fields, ...common }, shiftSeconds }
  const sessions = spec.sessions === undefined ? undefined : shareByUsers(spec.sessions, users, segment)
  if (sessions === 0) return null
  return {
    spec: {
      ...spec,
      ...common,
      ...(sessions === undefined ? {} : { sessions }),
      begin: {
        kind: 'closed',
        ...fields,
        ...(spec.begin.kind === 'closed' && spec.begin.pause !== undefined
          ? { pause: spec.begin.pause }
          : {}),
      },
    },
    shiftSeconds,
  }
}

function usersFields({ failurePauseSeconds }: UserFields): Partial<UserFields> {
  return failurePauseSeconds === undefined ? {} : { failurePauseSeconds }
}

function stretched(start: StartSpec, factor: number): StartSpec {
  return start.kind === 'ramp' ? { ...start, seconds: start.seconds * factor } : start
}

/** Null when its limits let it send nothing. */
function commonPart(
  { requests, durationSeconds, warmup }: CommonFields,
  users: number,
  segment: Segment,
  shiftSeconds: number,
): Partial<CommonFields> | null {
  const share = requests === undefined ? undefined : shareByUsers(requests, users, segment)
  const seconds = durationSeconds === undefined ? undefined : durationSeconds - shiftSeconds
  if (share === 0 || (seconds !== undefined && seconds <= 0)) return null
  return {
    ...(share === undefined ? {} : { requests: share }),
    ...(seconds === undefined ? {} : { durationSeconds: seconds }),
    ...(warmup === undefined
      ? {}
      : {
          warmup: {
            ...(warmup.requests === undefined
              ? {}
              : { requests: shareByUsers(warmup.requests, users, segment) }),
            ...(warmup.seconds === undefined ? {} : { seconds: Math.max(0, warmup.seconds - shiftSeconds) }),
          },
        }),
  }
}

/** Tokens that a prompt of so many shares with those of its only group, in whole blocks. */
export function sharedBlocks(
  prefix: PrefixSpec | undefined,
  inputTokens: number,
  tokensPerBlock: number,
): number {
  if (prefix === undefined) return 0
  const tokens =
    'tokens' in prefix ? Math.min(prefix.tokens, inputTokens) : Math.round(prefix.share * inputTokens)
  return Math.floor(tokens / tokensPerBlock)
}
