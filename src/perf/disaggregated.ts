/**
 * Prefill and decode in pools of their own: prompts queue for prefill workers, the KV cache moves over the network,
 * decode workers run pure decode steps. Rates are matched by the closed or open loop itself: both pools see the same X.
 */
import type { Load, RequestShape } from './deployment.ts'
import { enginePolicies } from './engine-policy.ts'
import { atContext } from './rank-features.ts'
import { newReplicaPoint, type Replica, type ReplicaPoint } from './replica.ts'
import { increasingRoot } from './root.ts'

export interface DisaggregatedPoint {
  readonly decode: ReplicaPoint
  /** Over the whole deployment. */
  readonly requestsPerSecond: number
  readonly concurrency: number
  readonly tpotSeconds: number
  readonly ttftSeconds: number
  readonly benchmarkTtftSeconds: number
  readonly capacityBound: boolean
  /** Share of time the prefill pool is busy. */
  readonly prefillUtilisation: number
  readonly prefillSeconds: number
  readonly transferSeconds: number
  /** Upper limits by pool, requests/s. */
  readonly prefillCapacity: number
  readonly decodeCapacity: number
}

export interface DisaggregatedQuestion {
  readonly prefill: Replica
  readonly prefillReplicas: number
  readonly decode: Replica
  readonly decodeReplicas: number
  readonly maximumDecodeSequences: number
  readonly shape: RequestShape
  readonly load: Load
}

/** Prefill pools may be used up to this share before the queue has no steady state worth reporting. */
const prefillCeiling = 0.985

/** Seconds one prefill worker is busy per prompt, with prompts batched up to the token budget under load. */
function prefillTimes(question: DisaggregatedQuestion): { single: number; perPrompt: number } {
  const { prefill, shape } = question
  const work = prefill.question.model.coefficients.prefillPoolWork
  const groups = prefill.groups
  const tokens = Math.max(1, shape.inputTokens - shape.cachedTokens)
  const batch = Math.max(1, Math.floor(enginePolicies[prefill.question.engine].tokenBudget / tokens))
  const single = work * prefill.prefillStep(0, 1, 1) * prefill.chunks
  const full = (work * prefill.prefillStep(0, groups, batch) * prefill.chunks) / (batch * prefill.slots)
  return { single, perPrompt: Math.min(single, full) }
}

export function solveDisaggregated(
  question: DisaggregatedQuestion,
): DisaggregatedPoint | { overload: true; maximumRequestsPerSecond: number } {
  const { prefill, decode, prefillReplicas, decodeReplicas, shape, load } = question
  // Each pool has the coefficients of its own hardware: prompts enter at the prefill pool, tokens leave at the decode pool.
  const c = decode.question.model.coefficients
  const front = prefill.question.model.coefficients
  const times = prefillTimes(question)
  const prefillCapacity = prefillReplicas / times.perPrompt
  const slotCap = question.maximumDecodeSequences / decode.question.model.features.parallelism.pipeline
  const crowd = { othersShare: 1, arrivalVariation: 1 }
  const [tried, reached] = [newReplicaPoint(), newReplicaPoint()]
  const rateAt = (sequences: number) => decode.at(sequences, crowd, tried).requestsPerSecond * decodeReplicas
  // Every search for a batch begins at the same two ends.
  const [fewest, most] = [1e-9, Math.min(slotCap, 65_536)]
  const leastRate = rateAt(fewest)
  const decodeCapacity = rateAt(most)

  const f = decode.question.model.features
  const cacheBytes =
    (atContext(f.cacheResident, shape.inputTokens) + f.stateBytesPerSequence) *
    // Grouped heads are spread over tensor ranks: what one rank holds times the ranks that hold different heads.
    (f.mlaLayers > 0 ? 1 : f.parallelism.tensor)
  // The slower of the two ends sets the pace of the transfer.
  const gigabytesPerSecond = Math.min(c.transferGigabytesPerSecond, front.transferGigabytesPerSecond)
  const transferSeconds = cacheBytes / (gigabytesPerSecond * 1e9)
  const frontEnd =
    1e-3 * (front.requestMilliseconds + c.handoffMilliseconds) +
    1e-6 * front.promptTokenMicroseconds * shape.inputTokens

  const arrivalVariation = load.kind === 'open' ? load.arrivalVariation : 1
  const at = (requestsPerSecond: number) => {
    const sequences = sequencesFor(requestsPerSecond)
    const point = decode.at(sequences, crowd, reached)
    const utilisation = Math.min(prefillCeiling, requestsPerSecond / prefillCapacity)
    // Kingman's mean wait with one server of the pool's speed (Kingman 1961); service varies with prompt length.
    const variation = (arrivalVariation ** 2 + shape.inputVariation ** 2) / 2
    const others = load.kind === 'closed' ? Math.max(0, (load.concurrency - 1) / load.concurrency) : 1
    const wait = (utilisation / (1 - utilisation)) * (times.perPrompt / prefillReplicas) * variation * others
    const busy = times.single + (times.perPrompt * prefill.slots - times.single) * utilisation * utilisation
    const prefillSeconds = Math.max(times.single, Math.min(busy, times.perPrompt * prefill.slots * 2))
    const lag = c.firstTokenLagSteps * point.stepSeconds
    const ttft = wait + prefillSeconds + transferSeconds + frontEnd + point.stepSeconds / 2 + lag
    return { point, utilisation, ttft, prefillSeconds, lag }
  }
  const sequencesFor = (requestsPerSecond: number) =>
    increasingRoot(
      b => (b === fewest ? leastRate : b === most ? decodeCapacity : rateAt(b)) / requestsPerSecond - 1,
      fewest,
      most,
    )

  const ceiling = Math.min(prefillCapacity * prefillCeiling, decodeCapacity * 0.9999)
  let requestsPerSecond: number
  if (load.kind === 'open') {
    if (load.requestsPerSecond > ceiling) return { overload: true, maximumRequestsPerSecond: ceiling }
    requestsPerSecond = load.requestsPerSecond
  } else {
    const target = load.concurrency
    requestsPerSecond = increasingRoot(
      x => {
        const s = at(x)
        return (x * (s.ttft + s.point.tpotSeconds * (shape.outputTokens - 1))) / target - 1
      },
      ceiling * 1e-7,
      ceiling,
      1e-5,
    )
  }
  const solved = at(requestsPerSecond)
  const decodeSeconds = solved.point.tpotSeconds * (shape.outputTokens - 1)
  let ttftSeconds = solved.ttft
  let capacityBound = false
  let concurrency = requestsPerSecond * (ttftSeconds + decodeSeconds)
  let benchmarkTtftSeconds = ttftSeconds
  if (load.kind === 'closed') {
    concurrency = load.concurrency
    if (requestsPerSecond >= ceiling * 0.999) {
      // Little's law: the queue in front of the bottleneck takes up the rest of the users.
      capacityBound = true
      ttftSeconds = Math.max(ttftSeconds, concurrency / requestsPerSecond - decodeSeconds)
    }
    benchmarkTtftSeconds = ttftSeconds
    if (load.requests !== null) {
      const burstShare = Math.min(1, load.concurrency / load.requests)
      const burst =
        (times.perPrompt * load.concurrency) / (2 * prefillReplicas) +
        times.single +
        transferSeconds +
        frontEnd +
        solved.lag
      benchmarkTtftSeconds = (1 - burstShare) * ttftSeconds + burstShare * Math.max(burst, solved.ttft)
    }
  }
  return {
    decode: solved.point,
    requestsPerSecond,
    concurrency,
    tpotSeconds: solved.point.tpotSeconds,
    ttftSeconds,
    benchmarkTtftSeconds,
    capacityBound,
    prefillUtilisation: Math.min(1, requestsPerSecond / prefillCapacity),
    prefillSeconds: solved.prefillSeconds,
    transferSeconds,
    prefillCapacity,
    decodeCapacity,
  }
}
