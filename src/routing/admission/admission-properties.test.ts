/** What holds for every line, whatever comes and whoever drives it. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { WorkloadRequest } from '../../workload/request.ts'
import { request } from '../routing.fixture.ts'
import { admission, drive, type Fate } from './admission.fixture.ts'
import type { AdmissionSpec } from './admission-spec.ts'

const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { freq: 3 })

const specArbitrary: fc.Arbitrary<AdmissionSpec> = fc.record({
  maximumWaiting: orNull(fc.nat(6)),
  maximumWaitSeconds: orNull(fc.double({ min: 0.001, max: 0.2, noNaN: true })),
  ttftMs: orNull(fc.double({ min: 1, max: 200, noNaN: true })),
  shedAbovePriority: orNull(fc.integer({ min: -1, max: 1 })),
  limits: fc.record({
    requestsPerSecond: orNull(fc.double({ min: 1, max: 500, noNaN: true })),
    tokensPerMinute: orNull(fc.integer({ min: 6000, max: 6_000_000 })),
  }),
  tenants: fc.record({ a: fc.record({ weight: fc.constantFrom(0.5, 1, 4) }) }),
  retrySeconds: fc.constantFrom(0.001, 0.02),
})

const requestsArbitrary = fc
  .array(
    fc.record({
      gapUs: fc.constantFrom(0, 0, 300, 5000, 40_000),
      tenant: fc.constantFrom('a', 'a', 'b', 'c'),
      model: fc.constantFrom('', '', 'other'),
      priority: fc.constantFrom(0, 0, -1, 1),
      inputTokens: fc.integer({ min: 1, max: 400 }),
      outputTokens: fc.integer({ min: 1, max: 100 }),
    }),
    { maxLength: 50, size: 'max' },
  )
  .map(list => {
    let arrivalUs = 0
    return list.map(({ gapUs, ...rest }, id) => {
      arrivalUs += gapUs
      return request({ id, arrivalUs, ...rest })
    })
  })

const scene = {
  spec: specArbitrary,
  requests: requestsArbitrary,
  slots: fc.integer({ min: 1, max: 3 }),
  cancels: fc.array(fc.record({ atUs: fc.nat(300_000), id: fc.nat(50) }), { maxLength: 6 }),
  byTurn: fc.boolean(),
}
const sceneArbitrary = fc.record(scene)
const byTurnArbitrary = fc.record({ ...scene, byTurn: fc.constant(true) })

const serviceUs = ({ inputTokens, outputTokens }: WorkloadRequest) => inputTokens * 5 + outputTokens * 100
const cost = ({ inputTokens, outputTokens }: WorkloadRequest) => inputTokens + 2 * outputTokens
const runs = { numRuns: 150 }

describe('a line in front of a fleet', () => {
  test('every request is sent, turned away or given up, once; nobody is forgotten', () => {
    fc.assert(
      fc.property(sceneArbitrary, ({ spec, requests, ...rest }) => {
        const router = admission(spec)
        // drive() throws when something happens to a request twice.
        const fates = drive(router, requests, { serviceUs, ...rest })
        expect(fates.size).toBe(requests.length)
        expect(router.waiting).toBe(0)
        expect(router.nextWaiting(1e12)).toBeNull()
      }),
      runs,
    )
  })

  test('no more wait than may, and none longer', () => {
    fc.assert(
      fc.property(sceneArbitrary, ({ spec, requests, byTurn, ...rest }) => {
        const router = admission(spec)
        const places = spec.maximumWaiting ?? Number.POSITIVE_INFINITY
        const fates = drive(router, requests, {
          serviceUs,
          byTurn,
          ...rest,
          inspect(waiting) {
            expect(router.waiting).toBeLessThanOrEqual(places)
            // Who asks by turn has told everyone who was turned away.
            if (byTurn) expect(waiting.length).toBe(router.waiting)
          },
        })
        const limitMs = Math.min(
          (spec.maximumWaitSeconds ?? Number.POSITIVE_INFINITY) * 1000,
          spec.ttftMs ?? Number.POSITIVE_INFINITY,
        )
        for (const { id, arrivalUs } of requests)
          expect((fates.get(id)!.atUs - arrivalUs) / 1000).toBeLessThanOrEqual(limitMs + 0.001)
      }),
      runs,
    )
  })

  test('the same calls give the same decisions, from JSON too', () => {
    fc.assert(
      fc.property(sceneArbitrary, ({ spec, requests, ...rest }) => {
        const run = (from: AdmissionSpec) => [...drive(admission(from), requests, { serviceUs, ...rest })]
        expect(run(JSON.parse(JSON.stringify(spec)))).toEqual(run(spec))
      }),
      { numRuns: 40 },
    )
  })

  test('nobody goes before a more urgent one of its model, or before an earlier one of its tenant', () => {
    fc.assert(
      fc.property(byTurnArbitrary, ({ spec, requests, ...rest }) => {
        drive(admission(spec), requests, {
          serviceUs,
          ...rest,
          beforeSend(sent, waiting) {
            for (const other of waiting.filter(each => each.model === sent.model)) {
              expect(sent.priority).toBeLessThanOrEqual(other.priority)
              if (other.tenant === sent.tenant && other.priority === sent.priority)
                expect(sent.id).toBeLessThan(other.id)
            }
          },
        })
      }),
      runs,
    )
  })

  test('nobody is turned away for want of a place while a less urgent one keeps his', () => {
    fc.assert(
      fc.property(byTurnArbitrary, ({ spec, requests, ...rest }) => {
        const told = new Set<number>()
        drive(admission(spec), requests, {
          serviceUs,
          ...rest,
          inspect(waiting, fates) {
            const leastUrgent = Math.max(...waiting.map(each => each.priority))
            for (const [id, fate] of fates) {
              if (told.has(id) || fate.kind !== 'rejected' || spec.maximumWaiting === 0) continue
              told.add(id)
              if (fate.reason === 'queue-full' || fate.reason === 'fair-share')
                expect(requests[id]!.priority).toBeGreaterThanOrEqual(leastUrgent)
            }
          },
        })
      }),
      runs,
    )
  })

  test('what is let in keeps within each limit; what is turned away could not have come in', () => {
    const limits = { requestsPerSecond: 20, requestBurst: 3, tokensPerMinute: 60_000, tokenBurst: 500 }
    const isLetIn = (fate: Fate) => !(fate.kind === 'rejected' && fate.reason === 'rate-limit')
    fc.assert(
      fc.property(requestsArbitrary, fc.boolean(), (requests, byTurn) => {
        const router = admission({ maximumWaiting: null, maximumWaitSeconds: null, limits })
        const fates = drive(router, requests, { slots: 2, serviceUs, byTurn })
        for (const tenant of ['a', 'b', 'c']) {
          const own = requests.filter(each => each.tenant === tenant)
          const letIn = own.filter(({ id }) => isLetIn(fates.get(id)!))
          letIn.forEach((from, index) => {
            let tokens = 0
            for (let last = index; last < letIn.length; last++) {
              const { arrivalUs, inputTokens, outputTokens } = letIn[last]!
              const seconds = (arrivalUs - from.arrivalUs) / 1e6
              expect(last - index + 1).toBeLessThanOrEqual(3 + 20 * seconds + 1e-6)
              // The last one may be larger than the bucket: all before it keep within.
              expect(tokens).toBeLessThanOrEqual(500 + 1000 * seconds + 1e-6)
              tokens += inputTokens + outputTokens
            }
          })
          for (const { id, arrivalUs } of own) {
            const fate = fates.get(id)!
            if (fate.kind !== 'rejected') continue
            expect(fate.reason).toBe('rate-limit')
            expect(fate.atUs).toBe(arrivalUs)
            expect(fate.retryAfterSeconds).toBeGreaterThan(0)
          }
        }
      }),
      runs,
    )
  })
})

describe('fair shares', () => {
  const lengths = fc.array(
    fc.record({
      inputTokens: fc.integer({ min: 1, max: 900 }),
      outputTokens: fc.integer({ min: 1, max: 300 }),
    }),
    { minLength: 5, maxLength: 30, size: 'max' },
  )

  test('of tenants that always have something waiting, none gets ahead by more than one request, by weight', () => {
    fc.assert(
      fc.property(
        fc.array(lengths, { minLength: 2, maxLength: 4 }),
        fc.integer({ min: 1, max: 3 }),
        fc.boolean(),
        (lists, slots, byTurn) => {
          const weights = [1, 2, 0.5, 7]
          const names = ['a', 'b', 'c', 'd']
          const tenants = Object.fromEntries(names.map((name, index) => [name, { weight: weights[index]! }]))
          const weightOf = (tenant: string) => weights[names.indexOf(tenant)]!
          // All places are taken while they line up, so that they all begin at once.
          const blockers = Array.from({ length: slots }, (_, id) =>
            request({ id, tenant: 'x', inputTokens: 1 }),
          )
          const requests = lists.flatMap((list, index) =>
            list.map((length, number) =>
              request({ id: 1000 * (index + 1) + number, arrivalUs: 1, tenant: names[index]!, ...length }),
            ),
          )
          const bound = Math.max(...requests.map(each => cost(each) / weightOf(each.tenant)))
          const service = new Map(requests.map(({ tenant }) => [tenant, 0]))
          const router = admission({
            maximumWaiting: null,
            maximumWaitSeconds: null,
            retrySeconds: 0.0001,
            tenants,
          })
          drive(router, [...blockers, ...requests], {
            slots,
            byTurn,
            serviceUs: each => 1000 + cost(each),
            beforeSend(sent, waiting) {
              if (sent.tenant === 'x') return
              service.set(sent.tenant, service.get(sent.tenant)! + cost(sent) / weightOf(sent.tenant))
              const backlogged = new Set(waiting.map(each => each.tenant))
              const served = [...service].filter(([name]) => backlogged.has(name)).map(([, sum]) => sum)
              if (served.length > 1)
                expect(Math.max(...served) - Math.min(...served)).toBeLessThanOrEqual(bound + 1e-6)
            },
          })
        },
      ),
      { numRuns: 80 },
    )
  })

  test('one that floods the line does not starve one that asks little', () => {
    // Ten times what the place can do, and one small request every 50 ms beside it.
    const flood = Array.from({ length: 2000 }, (_, id) =>
      request({ id, arrivalUs: id * 1000, tenant: 'flood' }),
    )
    const drops = Array.from({ length: 40 }, (_, index) =>
      request({ id: 10_000 + index, arrivalUs: 500 + index * 50_000, tenant: 'drop' }),
    )
    const requests = [...flood, ...drops].sort((a, b) => a.arrivalUs - b.arrivalUs)
    const router = admission({ maximumWaiting: 20, maximumWaitSeconds: 1 })
    const fates = drive(router, requests, { slots: 1, serviceUs: () => 10_000 })
    for (const { id, arrivalUs } of drops) {
      const fate = fates.get(id)!
      expect(fate.kind).toBe('sent')
      // The one that is served and one more of the other's.
      expect(fate.atUs - arrivalUs).toBeLessThanOrEqual(20_000)
    }
    const turnedAway = flood.filter(({ id }) => fates.get(id)!.kind === 'rejected')
    expect(turnedAway.length).toBeGreaterThan(1700)
    const reasons = new Set(turnedAway.map(({ id }) => (fates.get(id) as Fate & { reason: string }).reason))
    expect(reasons).toEqual(new Set(['queue-full', 'fair-share']))
  })
})
