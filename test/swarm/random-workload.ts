/** A seed → requests with shared prefixes, in an open or a closed loop, and what befalls them: cancels, faults, changes of size. */
import type { RandomSource, RandomStream } from '../../src/core/random.ts'
import type { FleetSettings } from '../../src/fleet/types.ts'
import type { AutoscalerSettings } from '../../src/sim/autoscale.ts'
import type { TimedInput } from '../../src/sim/driver.ts'
import { faultSchedule, type TimedFault } from '../../src/sim/faults.ts'
import { clients, listed } from '../../src/sim/workload.fixture.ts'
import type { TokenContent, Workload, WorkloadRequest } from '../../src/workload/request.ts'
import { between, pick } from './random-cluster.ts'

const second = 1e6

export function randomWorkload(source: RandomSource): Workload {
  const random = source.stream('workload')
  const make = (id: number, arrivalUs: number, session: number): WorkloadRequest =>
    randomRequest(random, id, arrivalUs, session)
  if (random.uniform() < 0.4) return clients(between(random, 1, 12), between(random, 1, 4), make)
  const gapUs = pick(random, [0, 2000, 2000, 20_000])
  const requests: WorkloadRequest[] = []
  let arrivalUs = 0
  for (let id = 0, count = between(random, 1, 40); id < count; id++) {
    arrivalUs += Math.round(random.exponential() * gapUs)
    requests.push(make(id, arrivalUs, -1))
  }
  return listed(requests)
}

function randomRequest(
  random: RandomStream,
  id: number,
  arrivalUs: number,
  session: number,
): WorkloadRequest {
  const inputTokens = between(random, 1, pick(random, [8, 8, 40, 120]))
  return {
    id,
    arrivalUs,
    inputTokens,
    outputTokens: between(random, 1, pick(random, [1, 10, 60, 60])),
    content: random.uniform() < 0.2 ? null : randomContent(random, inputTokens),
    session,
    turn: 0,
    tenant: pick(random, ['', 'a', 'b']),
    model: '',
    priority: pick(random, [0, 0, 0, -1, 1]),
  }
}

/** Paths in a small tree: many prompts start alike. */
function randomContent(random: RandomStream, inputTokens: number): TokenContent {
  const tokensPerBlock = 8
  const blockIds: number[] = []
  let path = 0
  for (let tokens = 0; tokens < inputTokens; tokens += tokensPerBlock) {
    path = path * 2 + 1 + (random.uniform() < 0.2 ? 1 : 0)
    // Deep paths are told apart by what they began with; ids stay small.
    if (path > 1e6) path = (path % 999_983) + 1_000_000
    blockIds.push(path)
  }
  return { tokensPerBlock, blockIds }
}

export interface Happenings {
  readonly inputs: readonly TimedInput[]
  readonly faults: readonly TimedFault[]
  readonly autoscalers: readonly AutoscalerSettings[]
}

/** They stop after some seconds, and every pool has a replica again: in the end every request can be served. */
export function randomHappenings(source: RandomSource, { pools }: FleetSettings): Happenings {
  const random = source.stream('happenings')
  const inputs: TimedInput[] = []
  const atUs = (): number => random.integer(3 * second)
  for (let count = between(random, 0, 6); count > 0; count--)
    inputs.push({ atUs: atUs(), input: { kind: 'cancel', requestId: random.integer(40) } })
  if (random.uniform() < 0.4) {
    for (let count = between(random, 1, 4); count > 0; count--) {
      const pool = pick(random, pools).name
      inputs.push(
        random.uniform() < 0.6
          ? { atUs: atUs(), input: { kind: 'scale', pool, replicas: between(random, 0, 4) } }
          : {
              atUs: atUs(),
              input: { kind: 'upgrade', pool, atOnce: between(random, 1, 2), surge: random.uniform() < 0.5 },
            },
      )
    }
  }
  for (const { name } of pools)
    inputs.push({ atUs: 4 * second, input: { kind: 'scale', pool: name, replicas: 2 } })
  const rate = (meanSecondsBetween: number, meanSeconds: number) => ({ meanSecondsBetween, meanSeconds })
  const rates = {
    ...(random.uniform() < 0.4 ? { crash: rate(1.5, 0.3) } : {}),
    ...(random.uniform() < 0.3 ? { slow: { ...rate(1, 0.4), factor: pick(random, [0.5, 5]) } } : {}),
    ...(random.uniform() < 0.3 ? { stall: rate(1, 0.1) } : {}),
    ...(random.uniform() < 0.3 ? { link: rate(0.5, 0.2) } : {}),
  }
  const replicas = pools.reduce((sum, pool) => sum + pool.replicas, 0) + 4
  const faults = faultSchedule(rates, replicas, 3 * second, source)
  const autoscalers: AutoscalerSettings[] = []
  if (random.uniform() < 0.2) {
    autoscalers.push({
      kind: 'load',
      pool: pick(random, pools).name,
      measure: pick(random, ['requests', 'slots'] as const),
      target: pick(random, [0.4, 3]),
      minimum: 1,
      maximum: 5,
      intervalSeconds: 0.25,
      tolerance: 0.1,
      cooldownSeconds: 1,
    })
  }
  return { inputs, faults, autoscalers }
}
