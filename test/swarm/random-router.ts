/** The project's routers, and one that does anything a router may do; all are checked for what they are told. */
import type { RandomSource, RandomStream } from '../../src/core/random.ts'
import type { AdmissionSpec } from '../../src/routing/admission/admission-spec.ts'
import { createRouter } from '../../src/routing/create-router.ts'
import type { PolicySpec } from '../../src/routing/router-spec.ts'
import type { CandidateState, Router } from '../../src/routing/types.ts'

const policies: readonly PolicySpec[] = [
  { kind: 'round-robin' },
  { kind: 'random' },
  { kind: 'least-loaded' },
  { kind: 'two-choices' },
  { kind: 'prefix-aware' },
  { kind: 'kv-aware' },
  { kind: 'session-affinity' },
  { kind: 'weighted' },
]

export function randomRouter(source: RandomSource, name: string): Router {
  const random = source.stream(name)
  if (random.uniform() < 0.5) return checked(wildRouter(random))
  const policy = policies[random.integer(policies.length)]!
  // Nobody is turned away for good: in the end there is a replica for everyone.
  const refusal = { noCandidate: 'wait', full: 'wait', retryAfterSeconds: 0.05 } as const
  const saturation = random.uniform() < 0.3 ? ({ waiting: 3, whenAll: 'refuse' } as const) : null
  // Not in front of decode pools: their requests are in.
  const admission = name === 'router' && random.uniform() < 0.5 ? randomAdmission(random) : null
  return checked(createRouter({ ...policy, refusal, saturation, admission }, source, name))
}

function randomAdmission(random: RandomStream): AdmissionSpec {
  const chance = (share: number): boolean => random.uniform() < share
  return {
    maximumWaiting: chance(0.3) ? null : random.integer(8),
    maximumWaitSeconds: [0.02, 0.5, 20][random.integer(3)]!,
    ttftMs: chance(0.2) ? 1 + random.integer(3000) : null,
    shedAbovePriority: chance(0.2) ? 0 : null,
    limits: {
      requestsPerSecond: chance(0.2) ? 1 + random.integer(50) : null,
      tokensPerMinute: chance(0.2) ? 1000 + random.integer(60_000) : null,
    },
    tenants: { a: { weight: 1 + random.integer(3) } },
    retrySeconds: [0.001, 0.05][random.integer(2)]!,
  }
}

/** Any ready candidate; waits with and without a time; refusals. */
function wildRouter(random: RandomStream): Router {
  const style = random.uniform()
  const under = new Set<number>()
  return {
    route(nowUs, _request, candidates) {
      const ready = candidates.filter(candidate => candidate.ready)
      const luck = random.uniform()
      if (ready.length === 0) {
        if (luck < 0.05) return { kind: 'reject', reason: 'no-candidate', retryAfterSeconds: 1 }
        const retryUs = luck < 0.5 ? Number.POSITIVE_INFINITY : nowUs + 1 + random.integer(100_000)
        return { kind: 'wait', retryUs }
      }
      const least = ready.reduce((best, next) => (requests(next) < requests(best) ? next : best))
      if (style < 0.4 && requests(least) > 3) {
        if (luck < 0.03) return { kind: 'reject', reason: 'saturated', retryAfterSeconds: 1 }
        if (luck < 0.7) return { kind: 'wait', retryUs: nowUs + 1 + random.integer(30_000) }
      }
      // Waits without a time only while something is under way here, whose end asks again.
      if (style < 0.15 && luck > 0.8 && under.size > 0)
        return { kind: 'wait', retryUs: Number.POSITIVE_INFINITY }
      const chosen = luck < 0.5 ? least : ready[random.integer(ready.length)]!
      return { kind: 'send', candidateId: chosen.id, expectedCachedTokens: 0 }
    },
    sent: (_, { id }) => under.add(id),
    firstToken() {},
    ended: (_, id) => under.delete(id),
    cacheChanged() {},
    removed() {},
  }
}

function requests(candidate: CandidateState): number {
  return candidate.waiting + candidate.running
}

/**
 * Every request that is sent ends once where it was sent; its first token comes in between, at most once. None is turned away
 * that was sent, and only those that wait have their turn or give up.
 */
function checked(router: Router): Router {
  const under = new Map<number, { readonly candidateId: number; first: boolean }>()
  const waiting = new Set<number>()
  const expect = (condition: boolean, message: string): void => {
    if (!condition) throw new Error(`router: ${message}`)
  }
  return {
    ...(router.nextWaiting === undefined
      ? {}
      : {
          nextWaiting(nowUs: number): number | null {
            const id = router.nextWaiting!(nowUs)
            expect(id === null || waiting.has(id), `the turn of request ${id}, which does not wait`)
            return id
          },
        }),
    withdrawn(nowUs, id) {
      waiting.delete(id)
      router.withdrawn?.(nowUs, id)
    },
    route(nowUs, request, candidates) {
      expect(!under.has(request.id), `request ${request.id} was asked about while it was under way`)
      const decision = router.route(nowUs, request, candidates)
      if (decision.kind === 'wait') waiting.add(request.id)
      else waiting.delete(request.id)
      return decision
    },
    sent(nowUs, request, candidateId) {
      expect(!under.has(request.id), `request ${request.id} was sent while it was under way`)
      under.set(request.id, { candidateId, first: false })
      router.sent(nowUs, request, candidateId)
    },
    firstToken(nowUs, id, candidateId) {
      const sent = under.get(id)
      expect(sent?.candidateId === candidateId, `first token of request ${id} from elsewhere`)
      expect(!sent!.first, `two first tokens of request ${id}`)
      sent!.first = true
      router.firstToken(nowUs, id, candidateId)
    },
    ended(nowUs, id, candidateId) {
      expect(under.get(id)?.candidateId === candidateId, `end of request ${id} elsewhere`)
      under.delete(id)
      router.ended(nowUs, id, candidateId)
    },
    cacheChanged: (candidateId, event) => router.cacheChanged(candidateId, event),
    removed(candidateId) {
      for (const [id, sent] of under)
        expect(sent.candidateId !== candidateId, `request ${id} is left on a replica that is gone`)
      router.removed(candidateId)
    },
  }
}
