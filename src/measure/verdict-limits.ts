/**
 * Where a measurement turns suspect, and where invalid. Each limit says where it comes from: a peer's, the project's own
 * aim, or assumed with its reason. docs/models/measurement.md has them as a table.
 */

/**
 * Shortfall of the achieved rate, beyond what chance explains. Assumed: 2 % is more than a pacer with absolute deadlines
 * loses and less than relative sleeps do; at 10 % the queue is that of another load.
 */
export const rateShortfall = { suspect: 0.02, invalid: 0.1 } as const
/** Of the normal distribution, two-sided: one honest short run in a hundred is called suspect. Assumed. */
export const rateConfidence = 0.99

/**
 * p99 of dispatched − scheduled: 1 ms is what this load generator aims at for 500 requests/s; ten times that is the tick of
 * a coarse timer many times over. Lateness is part of latencies from schedule, so it may also be 1 % or 10 % of the median TTFT.
 * Assumed.
 */
export const latenessMs = { suspect: 1, invalid: 10 } as const
export const latenessShareOfTtft = { suspect: 0.01, invalid: 0.1 } as const

/**
 * p99 of how late the client's thread comes to look: so late may any chunk be stamped. 5 ms is the error that this load
 * generator aims at in TTFT and TPOT at p99; 50 ms is a whole token at 20 tokens/s. Assumed.
 */
export const eventLoopDelayMs = { suspect: 5, invalid: 50 } as const

/**
 * CPU share of the busiest thread. 0.85: AIPerf warns of its workers there (from memory). Near 1 whatever arrives waits for
 * the client; assumed.
 */
export const cpuShare = { suspect: 0.85, invalid: 0.97 } as const

/** Chunks that share a read with their predecessor. TTFT and TPOT hardly change, gaps between chunks do. Assumed. */
export const coalescedShare = { suspect: 0.1 } as const

/**
 * Requests rejected or failed ÷ measured. From 1 % on, a p99 with errors as infinitely late has no value. 10 %: the
 * failed-request threshold of InferenceX's agentic runs (2026-08, from memory).
 */
export const errorShare = { suspect: 0.01, invalid: 0.1 } as const

/**
 * Tokens obtained against asked for, either way. 5 %: AIPerf's OSL_MISMATCH_PCT_THRESHOLD. At 50 % it is another workload; assumed.
 */
export const lengthDeviation = { suspect: 0.05, invalid: 0.5 } as const
/** A chat template may add so many tokens to a prompt without being a mismatch. Assumed: 13 were seen of one model. */
export const templateTokens = 40

/** Usage against the client's tokenizer. 10 %: AIPerf's USAGE_PCT_DIFF_THRESHOLD. */
export const tokenizerDeviation = { suspect: 0.1 } as const
/** The engine's counters against what the client was told: traffic of others. 10 % of it is a different load. Assumed. */
export const counterDeviation = { invalid: 0.1 } as const
/** Answers without usage; their tokens are counted by chunks. Assumed. */
export const withoutUsageShare = { suspect: 0.01 } as const

/**
 * Median TTFT of the first wave ÷ that of later requests; it must also lie above the later p95. Twice: users who all start
 * together wait for each other's prompts once, which is no cold start but is not the load either. Assumed.
 */
export const firstWaveRatio = { suspect: 2 } as const
/**
 * A slow first wave that is so much of the sample moves its median; assumed. It also invalidates every percentile that lies
 * within it: of 100 requests the first ten made a p95 of 57 s from 1.4 s (aws-samples/aws-do-eks, pull request 88).
 */
export const firstWaveShare = { invalid: 0.25 } as const

/**
 * Clumping of sends, see send-clumping.ts. Assumed: reached when the users' phases differ by less than 6 % of a cycle. TTFT rose
 * 1.9-fold through a locked wave of eight (modelscope/evalscope, pull request 1641).
 */
export const waveClumping = { suspect: 0.25 } as const

/**
 * Change over the run, where a trend is beyond chance. A fifth moves every mean by a tenth; a doubling is a queue that grows,
 * and the figures are those of the duration that was chosen. Assumed.
 */
export const driftChange = { suspect: 0.2, invalid: 1 } as const
export const driftPValue = 0.01

/**
 * Wall clock against monotonic clock. Latencies do not use the wall clock, readings of meters and counters are matched by it;
 * half a second is half of a usual scrape interval. Assumed. Slewing by NTP, at most 500 ppm (from memory), is allowed for.
 */
export const clockStepMs = { suspect: 500 } as const
export const clockSlewShare = 500e-6
