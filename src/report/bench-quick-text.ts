/** A minute's measurement in plain words: how many people it serves in comfort, what that costs, and whether to believe it. */
import type { BenchPoint, BenchResult } from '../measure/bench-result.ts'
import { tokenRates } from './bench-facts.ts'
import { wrapText } from './display-width.ts'
import {
  formatMilliseconds,
  formatSignificant,
  formatUsd,
  formatUsdPerMillionTokens,
  plural,
} from './format-number.ts'

export function renderQuickVerdict(result: BenchResult, width: number): string {
  const paragraphs = quickSentences(result)
  return `${paragraphs.map(text => wrapText(text, width).join('\n')).join('\n\n')}\n`
}

/** One paragraph each: capacity, speed for one, cost, trust, what next. */
export function quickSentences(result: BenchResult): string[] {
  const served = result.points.filter(({ summary }) => summary.requests.served > 0)
  if (served.length === 0) return ['No request was served: there is nothing to say about this server.']
  return [capacity(result, served), alone(served[0]!), cost(served), trust(result)].filter(
    text => text !== '',
  )
}

const comfort = 'the first word within half a second and the rest faster than one reads'

function capacity({ endpoint }: BenchResult, served: readonly BenchPoint[]): string {
  const good = served.filter(({ summary }) => summary.objectives.every(({ met }) => met === true))
  const best = good.at(-1)
  const most = served.at(-1)!
  if (best === undefined) {
    const { ttft, tpot } = latencies(served[0]!)
    return `${endpoint.model} on this server is slow even for one person at a time: first word after ${ttft}, then ${tpot} per token.`
  }
  const users = best.load.concurrency ?? 1
  const more =
    best === most
      ? ' More were not tried.'
      : ` With ${most.load.concurrency ?? 1} at once it is no longer comfortable: first word after ${latencies(most).ttft}, ${latencies(most).tpot} per token.`
  return `${endpoint.model} serves ${plural(users, 'person')} at once in comfort (nine in ten get ${comfort}).${more}`.replace(
    'persons',
    'people',
  )
}

function latencies({ summary }: BenchPoint): { readonly ttft: string; readonly tpot: string } {
  return {
    ttft: formatMilliseconds(summary.latency.ttftService.p90Ms),
    tpot: formatMilliseconds(summary.latency.tpot.p90Ms),
  }
}

function alone(point: BenchPoint): string {
  const { summary } = point
  const speed = summary.interactivity.p50
  return speed === null
    ? ''
    : `Somebody alone on it gets ${formatSignificant(speed)} tokens a second, the first after ${formatMilliseconds(summary.latency.ttftService.p50Ms)}.`
}

function cost(served: readonly BenchPoint[]): string {
  const fastest = served.reduce((best, point) =>
    (tokenRates(point).total ?? 0) > (tokenRates(best).total ?? 0) ? point : best,
  )
  const rates = tokenRates(fastest)
  const speed = `At ${fastest.load.name} it makes ${formatSignificant(rates.output ?? 0)} tokens a second`
  if (fastest.cost === null)
    return `${speed}. What a million tokens cost is said with --hardware: for example --hardware h100, or --price.`
  return (
    `${speed}: ${formatUsdPerMillionTokens(fastest.cost.perMillionTokens.blended)} per million tokens ` +
    `at ${formatUsd(fastest.cost.usdPerHour)} an hour, if it is always that busy.`
  )
}

function trust({ verdict }: BenchResult): string {
  if (verdict.level === 'valid') return 'The measurement can be trusted: all checks passed.'
  const findings = verdict.checks.filter(({ level }) => level !== 'valid').map(({ finding }) => finding)
  return `Do not lean on this too much. ${findings.slice(0, 3).join(' ')}`
}
