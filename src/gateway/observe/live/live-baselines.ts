/**
 * What other policies would have cost, by the predictions that each explained decision holds: the same requests, sent round robin, or
 * always to one deployment or offer. Prediction against prediction: what was picked counts with its predicted price as well. Only
 * explained decisions of policies that price candidates (part `usd`) count; how many these are is said.
 */
import type { Explanation } from '../../dispatch/types.ts'
import { otherName } from '../bounded-names.ts'

export interface BaselineSaving {
  /** round-robin: the mean of all candidates that could have taken it. dearest, cheapest: always this one of the alias. */
  readonly baseline: 'round-robin' | 'always-dearest' | 'always-cheapest'
  /** By alias: which deployment or offer that is; empty for round robin. */
  readonly targets: Readonly<Record<string, string>>
  /** Decisions compared. For always-…: only those in which that one could have taken the request. */
  readonly decisions: number
  readonly predictedUsd: number
  readonly baselineUsd: number
  /** 1 − predicted ÷ baseline; negative when the baseline would have been cheaper. */
  readonly savedShare: number | null
}

export interface Baselines {
  add(explanation: Explanation): void
  savings(): readonly BaselineSaving[]
  /** Explained decisions seen, and those of them with prices. */
  readonly seen: number
  readonly priced: number
}

interface TargetSums {
  decisions: number
  /** Of the requests that it could have taken: its price, and that of what was picked. */
  ownUsd: number
  pickedUsd: number
}

interface AliasSums {
  decisions: number
  pickedUsd: number
  roundRobinUsd: number
  readonly targets: Map<string, TargetSums>
}

/** Assumed: more than configurations have. */
const mostAliases = 200
const mostTargets = 200

/** @param targetOf the deployment or offer behind the name of a candidate. */
export function createBaselines(targetOf: (candidate: string) => string): Baselines {
  const aliases = new Map<string, AliasSums>()
  let seen = 0
  let priced = 0

  function aliasSums(alias: string): AliasSums {
    const key = aliases.has(alias) || aliases.size < mostAliases ? alias : otherName
    const known = aliases.get(key)
    if (known !== undefined) return known
    const sums: AliasSums = { decisions: 0, pickedUsd: 0, roundRobinUsd: 0, targets: new Map() }
    aliases.set(key, sums)
    return sums
  }

  return {
    get seen() {
      return seen
    },
    get priced() {
      return priced
    },
    add({ alias, candidates }) {
      seen++
      let pickedUsd: number | null = null
      let sum = 0
      let count = 0
      /** Replicas of one deployment count as one, at their mean. */
      const byTarget = new Map<string, { sum: number; count: number }>()
      for (const { name, outcome, parts } of candidates) {
        const { usd } = parts
        if ((outcome !== 'picked' && outcome !== 'considered') || usd === undefined || !Number.isFinite(usd))
          continue
        if (outcome === 'picked') pickedUsd = usd
        sum += usd
        count++
        const target = targetOf(name)
        const own = byTarget.get(target) ?? { sum: 0, count: 0 }
        own.sum += usd
        own.count++
        byTarget.set(target, own)
      }
      if (pickedUsd === null) return
      priced++
      const sums = aliasSums(alias)
      sums.decisions++
      sums.pickedUsd += pickedUsd
      sums.roundRobinUsd += sum / count
      for (const [target, own] of byTarget) {
        const known = sums.targets.get(target)
        if (known === undefined && sums.targets.size >= mostTargets) continue
        const to = known ?? { decisions: 0, ownUsd: 0, pickedUsd: 0 }
        to.decisions++
        to.ownUsd += own.sum / own.count
        to.pickedUsd += pickedUsd
        sums.targets.set(target, to)
      }
    },
    savings() {
      const all = [...aliases.values()]
      const total = (of: (sums: AliasSums) => number): number => all.reduce((sum, one) => sum + of(one), 0)
      return [
        saving(
          'round-robin',
          {},
          priced,
          total(({ pickedUsd }) => pickedUsd),
          total(({ roundRobinUsd }) => roundRobinUsd),
        ),
        always('always-dearest', aliases, 1),
        always('always-cheapest', aliases, -1),
      ]
    },
  }
}

/** For each alias the target with the highest (sign 1) or lowest (−1) mean price. */
function always(
  baseline: BaselineSaving['baseline'],
  aliases: ReadonlyMap<string, AliasSums>,
  sign: 1 | -1,
): BaselineSaving {
  const targets: Record<string, string> = {}
  let decisions = 0
  let pickedUsd = 0
  let ownUsd = 0
  for (const [alias, sums] of aliases) {
    let chosen: [string, TargetSums] | null = null
    for (const entry of sums.targets) {
      if (chosen === null || sign * (meanUsd(entry[1]) - meanUsd(chosen[1])) > 0) chosen = entry
    }
    if (chosen === null) continue
    targets[alias] = chosen[0]
    decisions += chosen[1].decisions
    pickedUsd += chosen[1].pickedUsd
    ownUsd += chosen[1].ownUsd
  }
  return saving(baseline, targets, decisions, pickedUsd, ownUsd)
}

function meanUsd({ ownUsd, decisions }: TargetSums): number {
  return ownUsd / decisions
}

function saving(
  baseline: BaselineSaving['baseline'],
  targets: Readonly<Record<string, string>>,
  decisions: number,
  predictedUsd: number,
  baselineUsd: number,
): BaselineSaving {
  const savedShare = baselineUsd > 0 ? 1 - predictedUsd / baselineUsd : null
  return { baseline, targets, decisions, predictedUsd, baselineUsd, savedShare }
}
