/** One deployment in depth: where its dollars go, what it does, how far to trust it, and how to start it. */
import { useEffect, useState } from 'preact/hooks'
import type { Candidate } from '../../src/plan/types.ts'
import { describeDeployment } from '../../src/report/describe-deployment.ts'
import {
  formatMilliseconds,
  formatUsd,
  formatUsdPerMillionTokens,
  usdOfNano,
} from '../../src/report/format-number.ts'
import {
  billTable,
  costPairs,
  deploymentPairs,
  engineTimeSentence,
  latencyTable,
  stepBars,
  truthPairs,
} from '../../src/report/plan-facts.ts'
import type { PlanReport } from '../../src/report/plan-report.ts'
import { Bars } from '../figures/bars.tsx'
import { FigureFrame } from '../figures/figure-frame.tsx'
import { CopyButton } from '../parts/copy-button.tsx'
import { DataTable, Pairs } from '../parts/tables.tsx'
import { lanes } from '../worker/client.ts'
import type { LaunchAnswer, PlanQuestion } from '../worker/protocol.ts'
import { divisionSentence, hourRows, tokenParts, tokenRows } from './waterfall.ts'

interface DeploymentViewProps {
  readonly report: PlanReport
  readonly candidate: Candidate
  readonly question: PlanQuestion | null
  /** The workers have nothing more urgent to do. */
  readonly idle: boolean
}

export function DeploymentView({ report, candidate, question, idle }: DeploymentViewProps) {
  return (
    <section>
      <h2>{describeDeployment(candidate.deployment)}</h2>
      <Waterfall report={report} candidate={candidate} />
      <DataTable table={latencyTable(candidate)} label="Latencies" />
      <Pairs pairs={deploymentPairs(candidate)} />
      <h3>Bill</h3>
      <DataTable table={billTable(candidate)} label="Bill" />
      <Pairs pairs={costPairs(report, candidate)} />
      <h3>How far to trust it</h3>
      <Pairs pairs={truthPairs(candidate)} />
      <LaunchFiles candidate={candidate} question={question} idle={idle} />
    </section>
  )
}

function Waterfall({ report, candidate }: Pick<DeploymentViewProps, 'report' | 'candidate'>) {
  const { shape } = report.result.request
  const hours = hourRows(candidate)
  const tokens = tokenRows(candidate, shape)
  const steps = stepBars(candidate)
  const perHour = formatUsd(usdOfNano(candidate.costRate.nanoUsdPerHour))
  const title = `From ${perHour} an hour to ${formatUsdPerMillionTokens(candidate.cost.blended)} per million tokens`
  return (
    <div class="figures">
      <FigureFrame
        title={title}
        file="cost-waterfall"
        csv={() => [
          ['part', 'usdPerMillionTokens'],
          ...tokenParts(candidate, shape).map(({ name, value }) => [name, value]),
          ['per million tokens', candidate.cost.blended],
        ]}
        caption={`What the tokens of the mix cost, by what the engines’ time goes into. Bill: ${hours
          .slice(0, -1)
          .map(({ name, text }) => `${name} ${text}`)
          .join(', ')}; ${divisionSentence(candidate)}.`}
      >
        <Bars
          rows={tokens}
          label={`${title}: ${tokens.map(({ name, text }) => `${name} ${text}`).join(', ')}`}
        />
      </FigureFrame>
      <FigureFrame
        title={`One decode step of ${formatMilliseconds(candidate.performance.step.stepSeconds * 1000)}`}
        file="decode-step"
        csv={() => [['part', 'seconds'], ...steps.map(({ name, value }) => [name, value])]}
        caption={`${engineTimeSentence(candidate)}.`}
      >
        <Bars
          rows={steps.map(({ name, value, text }) => ({ name, from: 0, to: value, text, kind: 'part' }))}
          label={`Parts of a decode step: ${steps.map(({ name, text }) => `${name} ${text}`).join(', ')}`}
        />
      </FigureFrame>
    </div>
  )
}

function LaunchFiles({ candidate, question, idle }: Omit<DeploymentViewProps, 'report'>) {
  const [launch, setLaunch] = useState<{ readonly id: string; readonly answer: LaunchAnswer } | null>(null)
  useEffect(() => {
    if (!idle || question === null || launch?.id === candidate.id) return
    let current = true
    lanes.quick.ask({ kind: 'launch', question, candidate }).then(
      answer => {
        if (current) setLaunch({ id: candidate.id, answer })
      },
      () => {},
    )
    return () => {
      current = false
    }
  }, [candidate, question, idle])
  const answer = launch?.id === candidate.id ? launch.answer : null
  return (
    <>
      <h3>Launch it, and prove it wrong</h3>
      {answer === null ? <p class="soft">Writing the files …</p> : null}
      {answer?.files.map(({ path, text }) => (
        <details key={path} class="file">
          <summary>{path}</summary>
          <CopyButton label={`Copy ${path}`} text={() => text} />
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
          <pre tabIndex={0}>{text}</pre>
        </details>
      ))}
    </>
  )
}
