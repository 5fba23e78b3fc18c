/** The part of a workload that one agent sends. Requests keep numbers that are unique over all agents. */
import { assert } from '../../core/assert.ts'
import { RandomSource, type RandomStream } from '../../core/random.ts'
import type { PrefixSpec } from '../../workload/prefix-groups.ts'
import type { RequestEnd, TokenContent, Workload, WorkloadRequest } from '../../workload/request.ts'
import type { SyntheticWorkload } from '../../workload/request-emitter.ts'
import { createWorkload, type WorkloadSpec } from '../../workload/synthetic.ts'
import { divisionOf, sharedBlocks, usersPart } from './divided-spec.ts'
import { numberFor, ownNumber, type Segment, shareOf } from './segment.ts'

/**
 * The segment's part of a described workload; null when there is nothing for it to send. Open workloads: the parts of all
 * segments are together exactly what one agent would send. Closed ones: every user is the same one with any number of
 * agents; numbers of requests differ, because they follow the order of ends.
 */
export function createDividedWorkload(
  spec: WorkloadSpec,
  seed: string,
  segment: Segment,
): SyntheticWorkload | null {
  const division = divisionOf(spec)
  if (division.kind === 'by-request') return everyNth(createWorkload(spec, new RandomSource(seed)), segment)
  if (segment.of === 1) return createWorkload(spec, new RandomSource(seed))
  assert(division.kind !== 'none', 'what cannot be divided has one agent')
  assert(spec.kind === 'closed' || spec.kind === 'sessions', 'what waits for answers is a loop or sessions')
  const contents = createContents(spec.prefix, segment)
  if (division.kind === 'by-session')
    return everyNthSession(createWorkload(spec, new RandomSource(seed)), segment, contents)
  const part = usersPart(spec, segment)
  if (part === null) return null
  const own = createWorkload(part.spec, new UsersRandom(seed, segment))
  return renumbered(own, Math.round(part.shiftSeconds * 1e6), segment, contents)
}

/**
 * Requests with number mod `of` = index of a workload that does not listen to ends. It is asked ahead of time, up to the
 * next request of the segment's own.
 */
export function everyNth(whole: Workload | SyntheticWorkload, { index, of }: Segment): SyntheticWorkload {
  const own: WorkloadRequest[] = []
  const made: WorkloadRequest[] = []
  let next = 0
  const find = () => {
    if (next < own.length) return
    own.length = 0
    next = 0
    while (own.length === 0) {
      const dueUs = whole.nextUs()
      if (dueUs === Number.POSITIVE_INFINITY) return
      made.length = 0
      whole.wake(dueUs, made)
      for (const request of made) {
        // Composites remember requests until they hear of their ends; to these ends nobody listens.
        whole.accept(dueUs, { request, outcome: 'served' }, [])
        if (request.id % of === index) own.push(request)
      }
    }
  }
  const nextUs = () => {
    find()
    return next < own.length ? own[next]!.arrivalUs : Number.POSITIVE_INFINITY
  }
  return {
    totalRequests: whole.totalRequests === null ? null : shareOf(whole.totalRequests, { index, of }),
    nextUs,
    accept() {
      // Nothing that comes depends on it.
    },
    wake(nowUs, out) {
      while (nextUs() <= nowUs) out.push(own[next++]!)
    },
    isWarmup: id => 'isWarmup' in whole && whole.isWarmup(id),
  }
}

/** Sessions that begin at a rate: all are begun, in the same order by every agent, and the others' go no further. */
function everyNthSession(whole: SyntheticWorkload, segment: Segment, contents: Contents): SyntheticWorkload {
  const made: WorkloadRequest[] = []
  const own = (id: number) => ownNumber(id, segment)
  return {
    totalRequests: null,
    nextUs: () => whole.nextUs(),
    accept: (nowUs, end, out) => whole.accept(nowUs, withId(end, own(end.request.id)), out),
    wake(nowUs, out) {
      made.length = 0
      whole.wake(nowUs, made)
      for (const request of made) {
        const content = contents.of(request)
        if (request.session % segment.of === segment.index)
          out.push({ ...request, id: numberFor(request.id, segment), content })
        // A session whose answer fails is given up.
        else whole.accept(nowUs, { request, outcome: 'failed' }, [])
      }
    },
    isWarmup: id => whole.isWarmup(own(id)),
  }
}

/** A part that counts for itself, with numbers of the whole and begun later by so much. */
function renumbered(
  part: SyntheticWorkload,
  shiftUs: number,
  segment: Segment,
  contents: Contents,
): SyntheticWorkload {
  const made: WorkloadRequest[] = []
  const own = (id: number) => ownNumber(id, segment)
  return {
    totalRequests: part.totalRequests,
    nextUs: () => part.nextUs() + shiftUs,
    accept: (nowUs, end, out) => part.accept(nowUs - shiftUs, withId(end, own(end.request.id)), out),
    wake(nowUs, out) {
      made.length = 0
      part.wake(nowUs - shiftUs, made)
      for (const request of made)
        out.push({
          ...request,
          id: numberFor(request.id, segment),
          arrivalUs: request.arrivalUs + shiftUs,
          session: request.session < 0 ? request.session : numberFor(request.session, segment),
          content: contents.of(request),
        })
    },
    isWarmup: id => part.isWarmup(own(id)),
  }
}

function withId({ request, outcome }: RequestEnd, id: number): RequestEnd {
  return { request: { ...request, id }, outcome }
}

/** The agent's user n is the whole's user n · of + index: a user asks the same whoever sends for it. */
class UsersRandom extends RandomSource {
  readonly #segment: Segment

  constructor(seed: string, segment: Segment) {
    super(seed)
    this.#segment = segment
  }

  /** Closed loops and sessions name the streams of a user workload/user/n/… (workload/closed-loop.ts, sessions.ts). */
  override stream(...names: readonly (string | number)[]): RandomStream {
    const [room, kind, user, ...rest] = names
    if (kind !== 'user' || typeof user !== 'number') return super.stream(...names)
    return super.stream(room!, kind, numberFor(user, this.#segment), ...rest)
  }
}

/**
 * Blocks of an agent's own begin here, and from the next one's on: more than any run has. Prompts tell names of blocks
 * below 2^45 apart (prompts/prompt-source.ts), so there is room for `mostAgents`.
 */
const blocksPerAgent = 2 ** 38
export const mostAgents = 2 ** 45 / blocksPerAgent - 1

interface Contents {
  /** Blocks as all agents number them; asked once for every request made, in order. */
  of(request: WorkloadRequest): TokenContent | null
}

/** Blocks get numbers that no other agent has, except those of the shared prefix, which are the same for all. */
function createContents(prefix: PrefixSpec | undefined, { index }: Segment): Contents {
  const offset = (index + 1) * blocksPerAgent
  /** Of the shared text, by the number it has here. */
  const shared = new Map<number, number>()
  return {
    of({ content, inputTokens, turn }) {
      if (content === null) return null
      const { blockIds, tokensPerBlock } = content
      // Later turns repeat what the first one began with.
      const known = turn === 0 ? sharedBlocks(prefix, inputTokens, tokensPerBlock) : 0
      for (let block = 0; block < known; block++) shared.set(blockIds[block]!, block)
      return { tokensPerBlock, blockIds: Float64Array.from(blockIds, id => shared.get(id) ?? id + offset) }
    },
  }
}
