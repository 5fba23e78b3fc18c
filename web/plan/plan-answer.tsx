/** The answer: what it costs, the figures, the ranking, the deployment picked, and what was taken for granted. */
import { useMemo } from 'preact/hooks'
import type { Candidate, PlanRequest } from '../../src/plan/types.ts'
import { acceleratorsOf } from '../../src/report/describe-deployment.ts'
import { bindingPairs, countSentence, noteLines } from '../../src/report/plan-facts.ts'
import { planHeadline } from '../../src/report/plan-headline.ts'
import type { PlanReport } from '../../src/report/plan-report.ts'
import { axes, pointsOf } from '../figures/curves.ts'
import { Frontier } from '../figures/frontier.tsx'
import { CopyButton } from '../parts/copy-button.tsx'
import { CheckList } from '../parts/fields.tsx'
import { Empty } from '../parts/states.tsx'
import { Pairs } from '../parts/tables.tsx'
import type { Params } from '../state/route.ts'
import type { PlanQuestion } from '../worker/protocol.ts'
import { Contributions } from './contributions.tsx'
import { DeploymentView } from './deployment-view.tsx'
import { Headline } from './headline.tsx'
import { commandLine, listOf } from './question.ts'
import { Ranking } from './ranking.tsx'
import { leading, type PlanState } from './use-plan.ts'

interface PlanAnswerProps {
  readonly state: PlanState
  readonly question: PlanQuestion | null
  readonly params: Params
  readonly nameOf: (acceleratorId: string) => string
  readonly onChange: (changed: Params) => void
}

export function PlanAnswerView({ state, question, params, nameOf, onChange }: PlanAnswerProps) {
  const { report, focus } = state.answer!
  const { result } = report
  const picked = result.ranking.find(({ id }) => id === params.pick) ?? result.ranking[0]
  const { firstMs, wholeMs, curvesMs } = state.timing
  return (
    <div
      aria-busy={state.searching || state.drawing}
      data-first-ms={firstMs?.toFixed(0)}
      data-whole-ms={wholeMs?.toFixed(0)}
      data-curves-ms={curvesMs?.toFixed(0)}
      data-against={state.contributions?.length}
      data-search-ms={state.answer!.milliseconds.toFixed(0)}
    >
      {picked ? (
        <>
          <Headline report={report} candidate={picked} searching={state.searching} narrow={focus !== null} />
          <Figures
            state={state}
            request={result.request}
            picked={picked}
            nameOf={nameOf}
            shown={listOf(params.show)}
            onShow={show => onChange({ show: show.join(',') })}
          />
          <Ranking report={report} picked={picked} onPick={pick => onChange({ pick })} />
          <DeploymentView
            report={report}
            candidate={picked}
            question={question}
            idle={!state.searching && !state.drawing}
          />
          <Contributions own={result.contributions} against={state.contributions} />
        </>
      ) : (
        <section>
          <h2>No feasible configuration</h2>
          <p>{planHeadline(report)}</p>
        </section>
      )}
      <Grounds report={report} />
      <Share params={params} />
    </div>
  )
}

/** As many as there are colours. */
const mostCurves = 8

interface FiguresProps {
  readonly state: PlanState
  readonly request: PlanRequest
  readonly picked: Candidate
  readonly nameOf: (id: string) => string
  readonly shown: readonly string[]
  readonly onShow: (shown: string[]) => void
}

function Figures({ state, request, picked, nameOf, shown, onShow }: FiguresProps) {
  const { performance, cost, deployment } = picked
  const x = performance.tokensPerSecondPerUser
  const [series = '', ...others] = acceleratorsOf(deployment)
  const place = (y: number) => (others.length > 0 ? null : { x, y, series })
  const limit = speedLimit(request)
  const costPoints = useMemo(() => pointsOf(state.curves, 'cost'), [state.curves])
  const throughputPoints = useMemo(() => pointsOf(state.curves, 'throughput'), [state.curves])
  const shared = {
    series: state.curves.map(curve => curve.acceleratorId),
    nameOf,
    limit,
    stale: state.drawing && state.curves.length > 0,
  }
  const single = leading(state.answer!, Number.POSITIVE_INFINITY)
  const measured = state.curves.reduce((sum, curve) => sum + curve.measured.length, 0)
  return (
    <section>
      <h2>Cost and throughput against speed</h2>
      <div class="figures">
        <Frontier
          {...shared}
          points={costPoints}
          axis={axes.cost}
          title="Cost"
          file="cost-frontier"
          picked={place(cost.blended)}
        />
        <Frontier
          {...shared}
          points={throughputPoints}
          axis={axes.throughput}
          title="Throughput"
          file="throughput-frontier"
          picked={place(performance.totalTokensPerSecondPerDevice)}
        />
      </div>
      <p class="soft">
        Along a curve nothing of that accelerator is both faster and better.{' '}
        {limit === null ? '' : 'Shaded: slower than the objective on TPOT. '}
        {measured > 0
          ? `Rings: ${measured} measured points of this model and these lengths (±10 %); throughput from their latencies by Little’s law. They ran what their owners chose; curves may use separate pools or speculation beside.`
          : 'No measurement of this model has these lengths (±10 %); bands come from those that are near.'}
      </p>
      <details>
        <summary>Curves shown</summary>
        <CheckList
          legend="At most eight; none chosen: the leading ones"
          options={single.map(id => [id, id] as const)}
          chosen={shown}
          onChange={chosen => onShow(chosen.slice(-mostCurves))}
        />
      </details>
    </section>
  )
}

/** Tokens/s per user that an objective on mean TPOT asks for. */
function speedLimit({ objectives, safetyMargin = 0 }: PlanRequest): number | null {
  const found = objectives.find(({ metric, statistic }) => metric === 'tpot' && statistic === 'mean')
  return found ? 1000 / (found.limitMs * (1 - safetyMargin)) : null
}

function Grounds({ report }: { readonly report: PlanReport }) {
  const binding = bindingPairs(report)
  return (
    <section>
      <h2>What stands in the way, and what was assumed</h2>
      {binding.length > 0 ? <Pairs pairs={binding} /> : <Empty>Nothing was excluded.</Empty>}
      <h3>Assumed</h3>
      <Pairs pairs={report.assumptions.map(({ name, value }) => [name, value] as const)} />
      {noteLines(report).map(line => (
        <p key={line} class={line.startsWith('!') ? 'warn' : 'soft'}>
          {line}
        </p>
      ))}
      <p class="soft">{countSentence(report, report.result.ranking.length)}</p>
    </section>
  )
}

function Share({ params }: { readonly params: Params }) {
  return (
    <section>
      <h2>Take it along</h2>
      <p>
        The address of this page is the question; opened again it gives the same answer.{' '}
        <CopyButton label="Copy link" text={() => location.href} />
      </p>
      <pre class="wrap">{commandLine(params)}</pre>
      <CopyButton label="Copy command" text={() => commandLine(params)} />
    </section>
  )
}
