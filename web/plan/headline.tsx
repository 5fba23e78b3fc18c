/** The answer in one line and a row of figures. */

import { cheapestSupported, missingSupport } from '../../src/plan/measured-support.ts'
import type { Candidate } from '../../src/plan/types.ts'
import { describeDeployment, describeLoad, describeRequest } from '../../src/report/describe-deployment.ts'
import {
  formatLarge,
  formatMilliseconds,
  formatSignificant,
  formatUsd,
  formatUsdPerMillionTokens,
  usdOfNano,
} from '../../src/report/format-number.ts'
import type { PlanReport } from '../../src/report/plan-report.ts'
import { basisSentences, costRange, describeProbability, powerBasisNames } from '../../src/report/words.ts'
import { type KeyFigure, KeyFigures } from '../parts/key-figures.tsx'

interface HeadlineProps {
  readonly report: PlanReport
  readonly candidate: Candidate
  readonly searching: boolean
  /** A first answer, of deployments like the last winner only. */
  readonly narrow: boolean
}

export function Headline({ report, candidate, searching, narrow }: HeadlineProps) {
  const { cost, band, deployment, load } = candidate
  const place = report.result.ranking.indexOf(candidate)
  return (
    <section class="headline">
      <p class="soft">{describeRequest(report.result.request)}</p>
      <p class="price" aria-live="polite">
        <strong>{formatUsdPerMillionTokens(cost.blended)}</strong> per million tokens
        <span class="soft"> 80 %: {costRange(cost.blended, band.cost)}</span>
      </p>
      <p class="what">
        {describeDeployment(deployment)}, {describeLoad(load)}
      </p>
      <p class="soft">
        {place === 0 ? 'The cheapest that meets the objectives' : `Number ${place + 1} by cost`}
        {searching
          ? narrow
            ? ', of those like the last answer; searching the rest …'
            : '; searching …'
          : '.'}{' '}
        {basis(candidate)}
      </p>
      <Support report={report} candidate={candidate} />
      <CandidateFigures candidate={candidate} />
    </section>
  )
}

function basis(candidate: Candidate): string {
  const sentence = basisSentences[candidate.basis]
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`
}

/** Unmeasured hardware often looks cheapest: then the cheapest with measured relatives stands beside it. */
function Support({ report, candidate }: Pick<HeadlineProps, 'report' | 'candidate'>) {
  const missing = missingSupport(candidate)
  if (missing === null) return null
  const supported = cheapestSupported(report.result.ranking)
  return (
    <p class="warn">
      {missing === 'assumed' ? 'No measurement supports this. ' : 'The error band is very wide. '}
      {supported === null
        ? 'No deployment in the ranking has measured relatives.'
        : `The cheapest with measured relatives: ${describeDeployment(supported.deployment)} at ` +
          `${formatUsdPerMillionTokens(supported.cost.blended)} (${costRange(supported.cost.blended, supported.band.cost)}).`}
    </p>
  )
}

function CandidateFigures({ candidate }: { readonly candidate: Candidate }) {
  const { performance, cost, costRate } = candidate
  const figures: readonly KeyFigure[] = [
    [
      'TTFT p90',
      formatMilliseconds(performance.ttft.p90Ms),
      `mean ${formatMilliseconds(performance.ttft.meanMs)}`,
    ],
    [
      'TPOT mean',
      formatMilliseconds(performance.tpot.meanMs),
      `p90 ${formatMilliseconds(performance.tpot.p90Ms)}`,
    ],
    ['tok/s per user', formatSignificant(performance.tokensPerSecondPerUser), 'interactivity'],
    [
      'tok/s per GPU',
      formatSignificant(performance.totalTokensPerSecondPerDevice),
      `${formatSignificant(performance.outputTokensPerSecondPerDevice)} output`,
    ],
    ['per hour', formatUsd(usdOfNano(costRate.nanoUsdPerHour)), 'whole deployment'],
    [
      'per Mtok output',
      formatUsdPerMillionTokens(cost.output),
      `input ${formatUsdPerMillionTokens(cost.uncachedInput)}`,
    ],
    [
      'tok/s per MW',
      formatLarge(candidate.tokensPerSecondPerMegawatt),
      powerBasisNames[candidate.powerBasis],
    ],
    ['Objectives hold', describeProbability(candidate.feasibilityProbability), 'from the error bands'],
  ]
  return <KeyFigures figures={figures} />
}
