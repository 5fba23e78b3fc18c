/** The chosen deployment as rows of words, which the terminal and the page lay out each in its own way. */
import type { Deployment } from '../perf/deployment.ts'
import type { Candidate } from '../plan/types.ts'
import { describeLayout, describeLoad } from './describe-deployment.ts'
import {
  formatBillUsd,
  formatBytes,
  formatCount,
  formatLarge,
  formatMilliseconds,
  formatPercent,
  formatSignificant,
  formatUsdPerMillionTokens,
  formatWatts,
  plural,
  readable,
  usdOfNano,
} from './format-number.ts'
import { type PlanReport, pricesOf } from './plan-report.ts'
import type { Bar } from './text-bars.ts'
import type { TableColumn } from './text-table.ts'
import {
  allocationSentences,
  basisSentences,
  bindingNames,
  describeBand,
  describeCost,
  describeProbability,
  describeSpeculation,
  powerBasisNames,
  stepPartNames,
  tierNames,
} from './words.ts'

export type Pair = readonly [name: string, value: string]

export interface Table {
  readonly columns: readonly TableColumn[]
  readonly rows: readonly (readonly string[])[]
}

const right = { align: 'right' } as const

/** TTFT, TPOT and end-to-end latency. */
export function latencyTable({ performance, band }: Candidate): Table {
  const rows = [
    ['TTFT', performance.ttft, describeBand(band.ttft)],
    ['TPOT', performance.tpot, describeBand(band.tpot)],
    ['E2E', performance.endToEnd, ''],
  ] as const
  return {
    columns: [
      { header: 'latency' },
      ...['mean', 'p50', 'p90', 'p95', 'p99'].map(header => ({ header, ...right })),
      { header: '80 % band' },
    ],
    rows: rows.map(([name, latency, words]) => [
      name,
      ...[latency.meanMs, latency.p50Ms, latency.p90Ms, latency.p95Ms, latency.p99Ms].map(formatMilliseconds),
      words,
    ]),
  }
}

export function deploymentPairs(candidate: Candidate): Pair[] {
  const { performance, deployment, carbonGramsPerMillionTokens: carbon } = candidate
  const { memory } = performance
  const { speculation } = deployment
  const pairs: (Pair | null)[] = [
    ['layout', `${describeLayout(deployment)} at ${describeLoad(candidate.load)}`],
    hybridPair(deployment),
    speculation && [
      'speculation',
      `${describeSpeculation(speculation)}, ${formatSignificant(speculation.acceptanceLength)} tokens per step ` +
        `(${speculation.acceptanceSource})`,
    ],
    [
      'throughput',
      `${formatSignificant(performance.requestsPerSecond)} requests/s, ` +
        `${formatSignificant(performance.totalTokensPerSecondPerDevice)} tok/s/GPU ` +
        `(${formatSignificant(performance.outputTokensPerSecondPerDevice)} output tok/s/GPU)`,
    ],
    ['interactivity', `${formatSignificant(performance.tokensPerSecondPerUser)} tok/s/user`],
    [
      'power',
      `${formatLarge(candidate.tokensPerSecondPerMegawatt)} tok/s/MW (${powerBasisNames[candidate.powerBasis]}), ` +
        `${formatSignificant(candidate.joulesPerToken)} J/token, ${formatWatts(candidate.itWatts)} IT`,
    ],
    carbon === null ? null : ['carbon', `${formatSignificant(carbon)} g CO2e per million tokens`],
    [
      'memory',
      `per device ${formatBytes(memory.weightBytes)} weights + ${formatBytes(memory.keyValueBytes)} KV cache ` +
        `of ${formatBytes(memory.deviceBytes)}; KV ${formatPercent(performance.keyValueUtilisation)} full, ` +
        `room for ${plural(memory.maximumSequences, 'sequence')}`,
    ],
    ['limited by', bindingNames[performance.binding]],
    ['objectives hold', describeProbability(candidate.feasibilityProbability)],
  ]
  return pairs.filter(pair => pair !== null)
}

function hybridPair(deployment: Deployment): Pair | null {
  if (deployment.mode !== 'aggregated' || !deployment.feedForwardOffload) return null
  const { acceleratorId, devices } = deployment.feedForwardOffload
  return [
    'hybrid',
    `attention and KV cache on the pool, feed-forward layers in the SRAM of ${formatCount(devices)} × ${acceleratorId} ` +
      'per replica; per-GPU figures count both kinds of device',
  ]
}

/** The hourly bill, line by line. */
export function billTable({ costRate }: Candidate): Table {
  return {
    columns: [{ header: 'bill' }, { header: '$/h', ...right }, { header: 'how' }],
    rows: [
      ...costRate.lines.map(line => [
        line.name,
        line.included ? 'included' : formatBillUsd(line.nanoUsdPerHour),
        line.formula,
      ]),
      ['total', formatBillUsd(costRate.nanoUsdPerHour), ''],
    ],
  }
}

/** What the token classes cost under the declared allocation. */
export function tokenClassTable({ cost }: Candidate): Table {
  const rows: readonly (readonly [string, number | null, string])[] = [
    ['blended', cost.blended, 'whole bill ÷ all tokens'],
    ['uncached input', cost.uncachedInput, ''],
    ['cached input', cost.cachedInput, ''],
    ['output', cost.output, ''],
    ['idle, in blended', cost.idle, 'bought but not used'],
    ['per output token', cost.perOutputToken, 'whole bill ÷ output tokens only'],
  ]
  return {
    columns: [{ header: 'per million tokens' }, { header: '$', ...right }, { header: '' }],
    rows: rows.map(([name, value, note]) => [name, formatUsdPerMillionTokens(value), note]),
  }
}

/** How the bill is split and where its prices come from. */
export function costPairs(report: PlanReport, candidate: Candidate): Pair[] {
  return [
    ['allocation', allocationSentences[candidate.cost.method]],
    ...pricesOf(report, candidate).map(
      price =>
        [
          'price',
          `${price.provider}, ${tierNames[price.tier]}${price.commitment ? `, ${price.commitment}` : ''}: ` +
            `${describeCost(price.usdPerDeviceHour)} per ${price.acceleratorId} hour, ` +
            `as of ${price.provenance.asOf} (${price.provenance.confidence}; ${price.provenance.source})`,
        ] as const,
    ),
  ]
}

/** The numerator: what is paid for. */
export function billBars({ costRate }: Candidate): Bar[] {
  return costRate.lines
    .filter(line => line.nanoUsdPerHour > 0n)
    .map(line => ({
      name: line.name,
      value: usdOfNano(line.nanoUsdPerHour),
      text: `$${formatBillUsd(line.nanoUsdPerHour)}/h`,
    }))
}

/** The denominator: what takes the time of one decode step, longest first. */
export function stepBars({ performance }: Candidate): Bar[] {
  return performance.step.parts
    .filter(part => part.seconds > 0)
    .toSorted((a, b) => b.seconds - a.seconds)
    .map(part => ({
      name: stepPartNames[part.name],
      value: part.seconds,
      text: formatMilliseconds(part.seconds * 1000),
    }))
}

export function engineTimeSentence({ performance }: Candidate): string {
  const { prefillShare, decodeShare, idleShare } = performance.engineTime
  return (
    `engine time: ${formatPercent(prefillShare)} prefill, ${formatPercent(decodeShare)} decode, ` +
    `${formatPercent(idleShare)} idle`
  )
}

export function contributionTable({ result }: PlanReport): Table {
  return {
    columns: [
      { header: 'technique' },
      { header: 'best without', ...right },
      { header: 'cost with it ÷ without', ...right },
    ],
    rows: result.contributions.map(({ technique, costRatio, withoutUsdPerMillionTokens }) => [
      technique,
      withoutUsdPerMillionTokens === null
        ? 'nothing feasible'
        : formatUsdPerMillionTokens(withoutUsdPerMillionTokens),
      costRatio === null ? '–' : Math.abs(costRatio - 1) < 0.005 ? '1.00' : formatSignificant(costRatio),
    ]),
  }
}

/** What the world is without those techniques that are no choice of deployment. */
export function contributionNotes({ result }: PlanReport): string[] {
  return result.contributions.flatMap(({ technique, without }) =>
    without === undefined ? [] : `Without ${technique}: ${without}, all else free.`,
  )
}

/** Where the prediction comes from and how far it may be off. */
export function truthPairs(candidate: Candidate): Pair[] {
  const { band } = candidate
  const nearest = candidate.nearest.map(point => {
    const date = point.date === null ? '' : `, ${point.date}`
    const tpot =
      point.measuredTpotMs === null || point.predictedTpotMs === null
        ? ''
        : `: TPOT measured ${formatMilliseconds(point.measuredTpotMs)}, predicted ${formatMilliseconds(point.predictedTpotMs)}`
    return `${point.label} (${point.file}${date}; distance ${formatSignificant(point.distance, 2)})${tpot}`
  })
  return [
    ['basis', basisSentences[candidate.basis]],
    [
      'error band',
      `with 80 % confidence the cost lies within ${describeBand(band.cost)} of the prediction, ` +
        `TPOT within ${describeBand(band.tpot)}, TTFT within ${describeBand(band.ttft)}`,
    ],
    ...(nearest.length > 0 ? nearest : ['no measurement is near']).map(text => ['nearest', text] as const),
    ...candidate.lowConfidenceFacts.map(fact => ['! low confidence', fact] as const),
  ]
}

/** Constraints that exclude candidates, and what would change that. */
export function bindingPairs({ result }: PlanReport): Pair[] {
  return result.binding.map(({ constraint, candidatesExcluded, relaxation }) => [
    readable(constraint),
    [
      ...(candidatesExcluded === 0 && relaxation !== null
        ? []
        : [`excludes ${formatCount(candidatesExcluded)}`]),
      ...(relaxation === null ? [] : [readable(relaxation)]),
    ].join('; '),
  ])
}

/** Warnings, and accelerators that were not searched, grouped by reason. */
export function noteLines({ result }: PlanReport): string[] {
  const skipped = new Map<string, string[]>()
  for (const { acceleratorId, reason } of result.skippedAccelerators) {
    skipped.set(reason, [...(skipped.get(reason) ?? []), acceleratorId])
  }
  return [
    ...result.warnings.map(warning => `! ${readable(warning)}`),
    ...[...skipped].map(([reason, ids]) => `not searched: ${ids.join(', ')} (${readable(reason)})`),
  ]
}

/** How many deployments stand behind the ranking. */
export function countSentence({ result }: PlanReport, shown: number): string {
  const { considered, predicted, feasible } = result.counts
  return (
    `${plural(considered, 'deployment')} considered, ${formatCount(predicted)} predicted, ` +
    `${formatCount(feasible)} feasible; ${formatCount(shown)} of ${plural(result.ranking.length, 'shape')} shown.`
  )
}
