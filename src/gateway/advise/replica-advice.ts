/**
 * Replicas that stand idle: how many an hour needed by the engine time it was charged, at most 80 % of a replica's hour. Engine time
 * overstates need, since a replica that is busy with one request has room for more at the same steps: what is advised to go can go.
 */
import { type NanoUsd, nanoUsdFromNumber } from '../../core/money.ts'
import type { DeploymentRates, HourFacts } from './deployment-rates.ts'
import type { AdviceAndRefusals } from './offer-advice.ts'
import { type DatedSaving, savingBand } from './saving-band.ts'
import { type Advice, busyLimit, leastData, type Refusal } from './types.ts'
import type { WindowFacts } from './window-facts.ts'

export function replicaAdvice(facts: WindowFacts, all: readonly DeploymentRates[]): AdviceAndRefusals {
  const advice: Advice[] = []
  const refusals: Refusal[] = []
  for (const rates of all) {
    const { deployment, replicas, hours, requests } = rates
    if (hours.length < leastData.hoursForReplicas) {
      refusals.push({
        subject: deployment,
        why: `${hours.length} h are billed and closed: advice on replicas needs ${leastData.hoursForReplicas}`,
      })
      continue
    }
    const needs = hours.map(hour => {
      const busyReplicas = hour.busyUs / 3600e6 / shareOf(hour, replicas)
      return Math.max(1, Math.ceil(busyReplicas / busyLimit))
    })
    const most = Math.max(...needs)
    const sample = { requests, hours: hours.length }
    const fewer = Math.max(0, replicas - most)
    if (fewer > 0) {
      const savings = savedBy(rates, () => fewer)
      advice.push({
        kind: 'fewer-replicas',
        subject: deployment,
        what: `give back ${fewer} of ${replicas} replicas of ${deployment}: its busiest hour needs ${most}`,
        ...{ savedNanoUsd: sumOf(savings), perMonth: savingBand(savings, facts), sample },
        latency: `replicas are busier, at most ${busyLimit * 100} % of the busiest hour; bursts within an hour wait longer`,
        assumes: 'the next weeks ask no more in their busiest hour than this window did',
      })
    }
    // An hour is ready for the next: replicas that it needs are started before it begins.
    const kept = needs.map((need, index) => Math.max(need, needs[index + 1] ?? need))
    const spare = (index: number) => Math.max(0, replicas - fewer - kept[index]!)
    const byHour = savedBy(rates, spare)
    if (byHour.some(({ nanoUsd }) => nanoUsd > 0n)) {
      advice.push({
        kind: 'replicas-by-the-hour',
        subject: deployment,
        what: `run ${deployment} with as many replicas as the hour needs, ${Math.min(...kept)} to ${Math.max(...kept)}${fewer > 0 ? ', beside the above' : ''}`,
        ...{ savedNanoUsd: sumOf(byHour), perMonth: savingBand(byHour, facts), sample },
        latency: 'a burst above the hour before waits for a replica to start, minutes',
        assumes:
          'replicas are paid by the hour and can be given back and had again; an hour’s need is known an hour ahead',
      })
    }
  }
  return { advice, refusals }
}

function savedBy(rates: DeploymentRates, spare: (index: number) => number): DatedSaving[] {
  const { hours, idleUsdPerHour, replicas } = rates
  return hours.map((hour, index) => {
    // No more than stood idle in it.
    const saved = Math.min(spare(index) * shareOf(hour, replicas), hour.idleUs / 3600e6)
    return { atMs: hour.fromMs, nanoUsd: nanoUsdFromNumber(saved * idleUsdPerHour) }
  })
}

/** Of an hour with all replicas, how much was billed: the window's first hour may begin late. Fewer replicas count as less of it. */
function shareOf({ busyUs, idleUs }: HourFacts, replicas: number): number {
  return Math.min(1, (busyUs + idleUs) / 3600e6 / replicas)
}

function sumOf(savings: readonly DatedSaving[]): NanoUsd {
  return savings.reduce((sum, { nanoUsd }) => sum + nanoUsd, 0n)
}
