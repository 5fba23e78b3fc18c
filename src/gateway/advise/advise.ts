/** All advice on a window of a ledger, dearest first. */
import type { PriceBook } from '../../market/index.ts'
import type { GatewayConfig } from '../config/gateway-config.ts'
import { type LedgerStore, readLedgerReport } from '../ledger/index.ts'
import { type DeploymentRates, deploymentRates, engineNanoUsd, medianOf } from './deployment-rates.ts'
import { offerAdvice } from './offer-advice.ts'
import { entryOfRule, priceByEntry, priceOfOffer } from './offer-prices.ts'
import { type BreakEven, ownOrApi } from './own-or-api.ts'
import { type Regret, type RegretCandidate, regretOf } from './regret.ts'
import { type ReplayPlan, type ReplayReport, replayReport } from './replay-advice.ts'
import { replicaAdvice } from './replica-advice.ts'
import { type Spend, spendOf } from './spend.ts'
import { type Advice, leastData, type Refusal } from './types.ts'
import { readWindowFacts, targetName, type WindowFacts } from './window-facts.ts'

export interface AdviceQuestion {
  readonly fromMs: number
  readonly toMs: number
  readonly book: PriceBook
  /** For objectives, candidates and models; null: only what the ledger says. */
  readonly config: GatewayConfig | null
  /** Deployments whose hardware and model are known; null: none are. */
  readonly replay: ((facts: WindowFacts) => ReplayPlan | Refusal) | null
}

export interface AdviceReport {
  readonly fromMs: number
  readonly toMs: number
  readonly coveredHours: number
  readonly requests: number
  readonly spend: Spend
  /** Each by itself: they are ways to save the same dollars, and do not add up. */
  readonly advice: readonly Advice[]
  readonly breakEvens: readonly BreakEven[]
  readonly regret: Regret | null
  readonly replay: ReplayReport | null
  readonly refusals: readonly Refusal[]
}

/** Reads the ledger twice: sums, and every event. */
export async function advise(
  store: Pick<LedgerStore, 'aggregate' | 'scan'>,
  question: AdviceQuestion,
): Promise<AdviceReport> {
  const { fromMs, toMs, book, config } = question
  const report = await readLedgerReport(store, {
    ...{ fromMs, toMs, by: ['deployment', 'offer'], bucketMs: null },
  })
  const facts = await readWindowFacts(store, { fromMs, toMs })
  const rates = deploymentRates(facts)
  const offers = offerAdvice(facts, book)
  const replicas = replicaAdvice(facts, rates)
  const own = ownOrApi(facts, rates, book, (deployment, aliases) => modelsOf(config, deployment, aliases))
  const regret = regretOf(facts, candidatesOf(facts, rates, book, config), alias =>
    objectiveOf(config, alias),
  )
  const replayed = question.replay === null ? null : replayOf(question.replay, facts)
  const refusals = [...offers.refusals, ...replicas.refusals, ...own.refusals]
  if (regret === null)
    refusals.push({
      subject: 'regret of routing',
      why: `fewer than ${leastData.sampledDecisions} decisions were settled`,
    })
  if (replayed !== null && 'why' in replayed) refusals.push(replayed)
  return {
    ...{ fromMs, toMs, coveredHours: facts.coveredHours },
    requests: facts.attempts.filter(({ final }) => final).length,
    spend: spendOf(report),
    advice: [...offers.advice, ...replicas.advice, ...own.advice].sort(
      (a, b) => b.perMonth.expected - a.perMonth.expected,
    ),
    ...{ breakEvens: own.breakEvens, regret, refusals },
    replay: replayed !== null && 'policies' in replayed ? replayed : null,
  }
}

function replayOf(
  plan: (facts: WindowFacts) => ReplayPlan | Refusal,
  facts: WindowFacts,
): ReplayReport | Refusal {
  const found = plan(facts)
  return 'why' in found ? found : replayReport(facts, found)
}

/** Names under which the book might know what a deployment serves. */
function modelsOf(config: GatewayConfig | null, deployment: string, aliases: readonly string[]): string[] {
  const configured = config?.deployments.find(({ name }) => name === deployment)?.upstreamModel
  const further =
    config?.models.filter(({ alias }) => aliases.includes(alias)).flatMap(model => model.aliases) ?? []
  return [...(configured == null ? [] : [configured]), ...aliases, ...further]
}

/** On TTFT, of the alias' policy. */
function objectiveOf(config: GatewayConfig | null, alias: string): number | null {
  const router = config?.models.find(model => model.alias === alias)?.router
  return router?.kind === 'cost' ? router.ttftMs : null
}

/** Everything that served an alias in the window, and what the configuration names for it. */
function candidatesOf(
  facts: WindowFacts,
  rates: readonly DeploymentRates[],
  book: PriceBook,
  config: GatewayConfig | null,
): RegretCandidate[] {
  const groups = Map.groupBy(facts.attempts, ({ target }) => `${target.kind} ${targetName(target)}`)
  return [...groups.values()].flatMap(attempts => {
    const last = attempts.at(-1)!
    const name = targetName(last.target)
    const price = priceOf(last.target.kind, name, last.priceRuleId, last.atMs, { rates, book, config })
    if (price === null) return []
    const configured =
      config?.models.filter(({ candidates }) => candidates.includes(name)).map(({ alias }) => alias) ?? []
    const ttfts = attempts.flatMap(({ ttftMs }) => (ttftMs === null ? [] : [ttftMs]))
    return [
      {
        name,
        aliases: new Set([...attempts.map(({ alias }) => alias), ...configured]),
        price,
        medianTtftMs: medianOf(ttfts),
      },
    ]
  })
}

interface Prices {
  readonly rates: readonly DeploymentRates[]
  readonly book: PriceBook
  readonly config: GatewayConfig | null
}

function priceOf(
  kind: 'deployment' | 'offer',
  name: string,
  ruleId: string,
  atMs: number,
  { rates, book, config }: Prices,
): RegretCandidate['price'] | null {
  if (kind === 'deployment') {
    const own = rates.find(({ deployment }) => deployment === name)
    return own === undefined ? null : attempt => engineNanoUsd(own, attempt)
  }
  const configured = config?.offers.find(offer => offer.name === name)
  if (configured !== undefined) return priceOfOffer(book, configured, atMs)
  const entry = entryOfRule(book, ruleId)
  return entry === null ? null : priceByEntry(entry)
}
