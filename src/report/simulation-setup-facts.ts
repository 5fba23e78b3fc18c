/** What was simulated, and what to know of it, as rows of words. */
import { describeDeployment } from './describe-deployment.ts'
import { formatCount, formatSignificant, formatUsd, plural } from './format-number.ts'
import type { Pair } from './plan-facts.ts'
import type { PoolFacts, PricedAccelerator, SimulationReport } from './simulation-report.ts'
import { seconds } from './simulation-units.ts'
import { engineNames, tierNames } from './words.ts'

/** Deployment, workload, engine, router, what disturbs them, prices, and how long the run was. */
export function setupPairs(report: SimulationReport): Pair[] {
  const { deployments, workload, fleet, seed, run, prices } = report
  const pairs: (Pair | null)[] = [
    ...deployments.map(
      ({ file, deployment, pools }): Pair => [
        'deployment',
        `${file ?? describeDeployment(deployment)}${deployments.length === 1 ? '' : ` (${pools.join(', ')})`}`,
      ],
    ),
    ['workload', workload.description],
    ['lengths', workload.lengths],
    ...fleet.pools.map(
      (pool): Pair => [
        fleet.pools.length === 1 ? 'engine' : `${pool.name} engine`,
        describeEngine(pool, engineNameOf(pool, report)),
      ],
    ),
    ['router', fleet.router.kind],
    ...disturbances(report),
    ['prices', prices.map(describePrice).join('; ')],
    [
      'run',
      `${seconds(run.endSeconds)} simulated, ${plural(run.ended, 'request')}, ${plural(run.events, 'event')}, seed ${seed}`,
    ],
  ]
  return pairs.filter(pair => pair !== null)
}

function describePrice({ acceleratorId, price, reason }: PricedAccelerator): string {
  const source = [...new Set([tierNames[price.tier], price.provider, reason])].filter(text => text !== '')
  return `${acceleratorId} ${formatUsd(price.usdPerDeviceHour)}/device-hour (${source.join(', ')})`
}

function engineNameOf({ name }: PoolFacts, { deployment, deployments }: SimulationReport): string {
  const own = deployments.find(({ pools }) => pools.includes(name))
  return engineNames[(own?.deployment ?? deployment).engine]
}

function describeEngine({ engine }: PoolFacts, name: string): string {
  const each = engine.ranks === 1 ? '' : ` on each of ${engine.ranks} attention groups`
  const tiers = engine.tiers.map(
    ({ tier, blocksPerRank, blockBytes }) =>
      `, ${formatSignificant((blocksPerRank * blockBytes) / 1e9)} GB of ${tier} cache`,
  )
  return (
    `${name} (${engine.rules.policy}), at most ${plural(engine.maximumSequences, 'sequence')} and ` +
    `${plural(engine.tokenBudget, 'token')} a step, KV cache of ${formatCount(engine.blocksPerRank)} blocks of ` +
    `${engine.blockTokens}${each}, prefix caching ${engine.prefixCaching ? 'on' : 'off'}${tiers.join('')}`
  )
}

function disturbances({ fleet }: SimulationReport): Pair[] {
  const { faults, autoscalers, upgradeAtSeconds, startupSeconds } = fleet
  const pairs: Pair[] = []
  if (faults.length > 0)
    pairs.push([
      'faults',
      faults.length > 6
        ? plural(faults.length, 'fault')
        : faults
            .map(({ atUs, fault }) => `${fault.kind} of replica ${fault.replica} at ${seconds(atUs / 1e6)}`)
            .join(', '),
    ])
  for (const scaler of autoscalers) {
    pairs.push([
      'autoscaling',
      scaler.kind === 'load'
        ? `${scaler.pool}: ${scaler.minimum} to ${scaler.maximum} replicas, ${formatSignificant(scaler.target)} ${scaler.measure} each; ` +
          `a replica starts in ${seconds(startupSeconds)}`
        : `${scaler.pool}: ${scaler.changes.map(({ atSeconds, replicas }) => `${replicas} at ${seconds(atSeconds)}`).join(', ')}; ` +
          `a replica starts in ${seconds(startupSeconds)}`,
    ])
  }
  if (upgradeAtSeconds !== null)
    pairs.push(['upgrade', `of every replica, one at a time, from ${seconds(upgradeAtSeconds)}`])
  return pairs
}

/** Sentences that a reader of the figures has to know. */
export function runNotes({ notes, result }: SimulationReport): string[] {
  const { latency } = result.summary
  const approximate = Object.values(latency).some(({ percentiles }) => percentiles === 'approximate')
  return [
    ...notes,
    ...(approximate ? ['percentiles of so many values are within 0.4 %; means and extremes are exact'] : []),
  ]
}
