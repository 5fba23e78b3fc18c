/** One load of a run: verdict, latencies, what happened over time, and what the tokens cost. */
import type { BenchPoint, BenchResult } from '../../src/measure/bench-result.ts'
import {
  benchCostPairs,
  benchCostTable,
  breakEvenTable,
  energyPairs,
} from '../../src/report/bench-cost-facts.ts'
import {
  benchGoodputSentence,
  benchObjectiveTable,
  levelWords,
  tokenRates,
} from '../../src/report/bench-facts.ts'
import {
  benchBillFigure,
  benchCurvesFigure,
  benchTimelineFigures,
  loadFactorFigure,
  percentileFigure,
} from '../../src/report/bench-figure-point.ts'
import { benchLatencyTable, latencyLegend, manyQuantiles } from '../../src/report/bench-latency-facts.ts'
import {
  checkTable,
  clientPairs,
  counterTable,
  tokenPairs,
  verdictLines,
} from '../../src/report/bench-trust-facts.ts'
import { formatSignificant, formatUsd, formatUsdPerMillionTokens } from '../../src/report/format-number.ts'
import { formatShare } from '../../src/report/simulation-units.ts'
import { DataTable, Pairs } from '../parts/tables.tsx'
import { billRows, curveRows, loadFactorRows, percentileRows, timelineRows } from './figure-rows.ts'
import { MarkupFigure } from './markup-figure.tsx'

interface LoadViewProps {
  readonly result: BenchResult
  readonly point: BenchPoint
}

const timelineNames = [
  ['Load over the run', 'bench-load'],
  ['Tokens over the run', 'bench-tokens'],
] as const

export function LoadView({ result, point }: LoadViewProps) {
  const objectives = benchObjectiveTable(point)
  const goodput = benchGoodputSentence(result, point)
  return (
    <div class="run">
      <section>
        <h2>{point.load.name}</h2>
        <VerdictBox point={point} />
        {objectives.rows.length === 0 ? null : <DataTable table={objectives} label="Objectives" />}
        {goodput === null ? null : <p>{goodput}</p>}
      </section>
      <section>
        <h3>Latency</h3>
        <DataTable table={benchLatencyTable(result, point, manyQuantiles)} label="Latency" dense />
        <p class="soft">{sentence(latencyLegend(result, point))}</p>
        <div class="figures">
          <MarkupFigure
            figure={benchCurvesFigure(result, point)}
            title="Latency by share of the requests"
            file="bench-latency-curves"
            caption="So many of the requests were as fast as the curve or faster. A ring marks the share that has to be within its limit."
            csv={() => curveRows(point)}
          />
          <MarkupFigure
            figure={percentileFigure(result, point)}
            title="Percentiles with their confidence"
            file="bench-percentiles"
            caption="Bars: where a percentile lies with the confidence above, dotted where too few requests bound it."
            csv={() => percentileRows(result, point)}
          />
        </div>
      </section>
      <section>
        <h3>Over the run</h3>
        <div class="figures">
          {benchTimelineFigures(result, point).map((figure, index) => (
            <MarkupFigure
              key={index}
              figure={figure}
              title={timelineNames[index]![0]}
              file={timelineNames[index]![1]}
              csv={() => timelineRows(point)}
            />
          ))}
        </div>
        {point.summary.steady === null ? null : (
          <p class="soft">Shaded: the steady window, over which rates are taken.</p>
        )}
      </section>
      <Cost point={point} />
      <section>
        <h3>Tokens, by everyone who counted</h3>
        <Pairs pairs={[...tokenPairs(point), ...clientPairs(point), ...energyPairs(point)]} />
        {counterTable(point).rows.length === 0 ? null : (
          <DataTable table={counterTable(point)} label="Counters" dense />
        )}
      </section>
    </div>
  )
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`
}

function VerdictBox({ point }: { readonly point: BenchPoint }) {
  const { level, checks } = point.verdict
  const passed = checks.filter(check => check.level === 'valid').length
  return (
    <>
      <div class={`box ${level}`} role="note" aria-label="Verdict">
        <p>
          <strong class={`level ${level}`}>{level}</strong>: {levelWords[level]}; {passed} of {checks.length}{' '}
          checks passed.
        </p>
        {verdictLines(checks).map(line => (
          <p key={line}>{line}</p>
        ))}
      </div>
      <details>
        <summary>All checks with their limits</summary>
        <div class="checked">
          <DataTable table={checkTable(checks)} label="Checks" dense />
        </div>
      </details>
    </>
  )
}

function Cost({ point }: { readonly point: BenchPoint }) {
  const { cost } = point
  if (cost === null)
    return (
      <section>
        <h3>Cost</h3>
        <p class="soft">
          No hardware was named, so there are no dollars: <code>tokenwright bench … --hardware 8xh200</code>.
        </p>
      </section>
    )
  return (
    <section>
      <h3>Cost</h3>
      {arithmetic(point).map(line => (
        <p key={line}>{line}</p>
      ))}
      <Pairs pairs={benchCostPairs(point)} />
      {point.transcription === null ? (
        <>
          <DataTable table={benchCostTable(point)} label="Cost per million tokens" />
          {breakEvenTable(point).rows.length === 0 ? null : (
            <DataTable table={breakEvenTable(point)} label="Against list prices" />
          )}
          <div class="figures">
            <MarkupFigure
              figure={benchBillFigure(point)}
              title={`What ${formatUsd(cost.usdPerHour)} per hour pays for`}
              file="bench-bill"
              csv={() => billRows(point)}
            />
            <MarkupFigure
              figure={loadFactorFigure(point)}
              title="Cost by how much of this load there is"
              file="bench-load-factor"
              csv={() => loadFactorRows(point)}
            />
          </div>
        </>
      ) : null}
    </section>
  )
}

/** The division itself, so that it can be done again by hand. */
function arithmetic(point: BenchPoint): string[] {
  const { cost, summary } = point
  const { total } = tokenRates(point)
  if (cost === null || total === null || !(total > 0)) return []
  const { goodput, tokens } = summary
  const all = tokens.input + tokens.output
  const share = all === 0 ? 0 : (goodput.inputTokens + goodput.outputTokens) / all
  return [
    `${formatUsd(cost.usdPerHour)}/h ÷ (${formatSignificant(total, 4)} tokens/s, input and output, × 3,600 s) × 1,000,000 = ` +
      `${formatUsdPerMillionTokens(cost.perMillionTokens.blended)} per million tokens.`,
    ...(cost.usdPerMillionGoodTokens === null
      ? []
      : [
          `Within every objective: ${formatUsdPerMillionTokens(cost.perMillionTokens.blended)} ÷ ${formatShare(share)} of the tokens = ` +
            `${formatUsdPerMillionTokens(cost.usdPerMillionGoodTokens)} per million tokens.`,
        ]),
  ]
}
