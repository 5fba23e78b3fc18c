/** The plan's figures as SVG. */
import type { Candidate } from '../plan/types.ts'
import { acceleratorsOf, describeDeployment, describeLayout } from './describe-deployment.ts'
import { cutToWidth } from './display-width.ts'
import {
  formatMilliseconds,
  formatSignificant,
  formatUsdPerMillionTokens,
  usdOfNano,
} from './format-number.ts'
import type { Markup } from './markup.ts'
import { billBars, stepBars } from './plan-facts.ts'
import { chosenCandidate, type PlanReport } from './plan-report.ts'
import { barFigure } from './svg-bars.ts'
import { type ScatterPoint, scatterFigure } from './svg-scatter.ts'
import { shortEngineNames } from './words.ts'

interface Quantity {
  readonly label: string
  readonly of: (candidate: Candidate) => number
  readonly text: (candidate: Candidate) => string
}

const cost: Quantity = {
  label: '$ per million tokens',
  of: candidate => candidate.cost.blended,
  text: candidate => `${formatUsdPerMillionTokens(candidate.cost.blended)} per million tokens`,
}

const throughput: Quantity = {
  label: 'tokens/s per GPU (input + output)',
  of: candidate => candidate.performance.totalTokensPerSecondPerDevice,
  text: candidate => `${formatSignificant(candidate.performance.totalTokensPerSecondPerDevice)} tok/s/GPU`,
}

/** Points this many times above the front's highest are left out: they would flatten the front. */
const offScale = 1.8

export function costFrontFigure(report: PlanReport): Markup | null {
  return frontFigure(report, report.result.costFront, cost, 'Cost against interactivity')
}

export function throughputFrontFigure(report: PlanReport): Markup | null {
  return frontFigure(report, report.result.throughputFront, throughput, 'Throughput against interactivity')
}

function frontFigure(
  report: PlanReport,
  front: readonly Candidate[],
  quantity: Quantity,
  title: string,
): Markup | null {
  if (front.length < 2) return null
  const chosen = chosenCandidate(report)
  const onFront = new Set(front)
  const top = offScale * Math.max(...front.map(quantity.of))
  const others = report.result.ranking.filter(
    candidate => !onFront.has(candidate) && quantity.of(candidate) <= top,
  )
  let previousLabel = ''
  const point = (candidate: Candidate, role: ScatterPoint['role']): ScatterPoint => {
    const label = shortName(candidate)
    const repeated = label === previousLabel
    previousLabel = label
    return {
      x: candidate.performance.tokensPerSecondPerUser,
      y: quantity.of(candidate),
      title:
        `${describeDeployment(candidate.deployment)}: ` +
        `${formatSignificant(candidate.performance.tokensPerSecondPerUser)} tok/s/user, ${quantity.text(candidate)}`,
      label: role === 'other' || (repeated && role !== 'chosen') ? null : label,
      role,
    }
  }
  const points = [
    ...front.map(candidate => point(candidate, candidate.id === chosen?.id ? 'chosen' : 'front')),
    ...others.map(candidate => point(candidate, candidate.id === chosen?.id ? 'chosen' : 'other')),
  ]
  const bySpeed = front.toSorted(
    (a, b) => a.performance.tokensPerSecondPerUser - b.performance.tokensPerSecondPerUser,
  )
  const [slow, fast] = [bySpeed[0]!, bySpeed.at(-1)!]
  return scatterFigure(points, {
    title,
    description:
      `The front runs from ${formatSignificant(slow.performance.tokensPerSecondPerUser)} tok/s/user at ` +
      `${quantity.text(slow)} to ${formatSignificant(fast.performance.tokensPerSecondPerUser)} tok/s/user at ${quantity.text(fast)}.`,
    xLabel: 'tokens/s per user',
    yLabel: quantity.label,
  })
}

/** `gb200 fp8`, enough to tell points of one model apart. */
function shortName({ deployment }: Candidate): string {
  const mode = deployment.mode === 'disaggregated' ? ' P/D' : ''
  return `${acceleratorsOf(deployment).join('+')} ${deployment.precision.preset}${mode}`
}

const longestBarName = 38

/** Tells the shapes of a ranking apart: `h200 vLLM fp8 TP4`. */
function barName({ deployment }: Candidate): string {
  const parts = [
    acceleratorsOf(deployment).join('+'),
    shortEngineNames[deployment.engine],
    deployment.precision.preset,
    describeLayout(deployment),
  ]
  return parts.join(' ')
}

/** Cost of the cheapest shapes, with their error bands. */
export function rankingFigure(report: PlanReport, top: number): Markup | null {
  const shown = report.result.ranking.slice(0, top)
  if (shown.length < 2) return null
  return barFigure(
    shown.map((candidate, index) => ({
      name: cutToWidth(barName(candidate), longestBarName),
      value: candidate.cost.blended,
      text: formatUsdPerMillionTokens(candidate.cost.blended),
      band: [
        candidate.cost.blended * candidate.band.cost.low,
        candidate.cost.blended * candidate.band.cost.high,
      ] as const,
      highlighted: index === 0,
    })),
    {
      title: `Cost per million tokens of the ${shown.length} cheapest shapes, with 80 % error band`,
      description: shown
        .map(candidate => `${barName(candidate)} ${formatUsdPerMillionTokens(candidate.cost.blended)}`)
        .join(', '),
      whole: null,
    },
  )
}

/** Null when nothing is paid. */
export function billFigure(candidate: Candidate): Markup | null {
  const bars = billBars(candidate)
  if (bars.length === 0) return null
  return barFigure(bars, {
    title: 'What is paid for, dollars per hour',
    description: bars.map(bar => `${bar.name} ${bar.text}`).join(', '),
    whole: usdOfNano(candidate.costRate.nanoUsdPerHour),
  })
}

export function stepFigure(candidate: Candidate): Markup {
  const bars = stepBars(candidate)
  const { stepSeconds } = candidate.performance.step
  return barFigure(bars, {
    title: `What takes the time of one decode step of ${formatMilliseconds(stepSeconds * 1000)}`,
    description: bars.map(bar => `${bar.name} ${bar.text}`).join(', '),
    whole: stepSeconds,
  })
}
