/** The answer of `tokenwright cost` as data: what --json prints, and what the text is written from. */
import {
  carbonGramsPerMillionTokens,
  costRate,
  type HourlyCost,
  hourlyCost,
  type Iceberg,
  type ItemisedCostRate,
  iceberg,
  joulesPerToken,
  type PowerBasis,
  tokensPerSecondPerMegawatt,
  utilityWattsOf,
} from '../../cost/index.ts'
import type { CostQuestion } from './cost-question.ts'

/** Work per watt, on one stated basis, at the throughput served on average. */
export interface PerWatt {
  readonly basis: PowerBasis
  readonly watts: number
  readonly tokensPerSecondPerMegawatt: number
  readonly outputTokensPerSecondPerMegawatt: number
  readonly joulesPerToken: number
  readonly joulesPerOutputToken: number
}

export interface CostAnswer {
  readonly question: CostQuestion
  readonly rate: ItemisedCostRate
  readonly hourly: HourlyCost
  readonly iceberg: Iceberg
  readonly perWatt: readonly PerWatt[]
  readonly carbonGramsPerMillionTokens: number | null
}

export function answerCost(question: CostQuestion): CostAnswer {
  const bare = costRate(question.rateInput)
  const rate = { ...bare, notCounted: [...bare.notCounted, ...question.notCounted] }
  const factors = question.utilisation.factors
  const hourly = hourlyCost({
    rate,
    capacityTokensPerSecond: question.capacity,
    utilisation: factors,
    busyWeights: question.allocation.weights,
  })
  const total = hourly.servedTokensPerSecondTotal
  return {
    question,
    rate,
    hourly,
    iceberg: iceberg(rate, factors, total),
    perWatt: perWatt(question, hourly),
    carbonGramsPerMillionTokens:
      rate.carbonGramsPerHour === null ? null : carbonGramsPerMillionTokens(rate.carbonGramsPerHour, total),
  }
}

/** On the basis given, and at the meter where the PUE leads there. */
function perWatt({ power, rateInput }: CostQuestion, hourly: HourlyCost): PerWatt[] {
  if (power === null) return []
  const all = hourly.servedTokensPerSecondTotal
  const output = hourly.servedTokensPerSecond.output
  const on = (basis: PowerBasis, watts: number): PerWatt => ({
    basis,
    watts,
    tokensPerSecondPerMegawatt: tokensPerSecondPerMegawatt(all, watts),
    outputTokensPerSecondPerMegawatt: tokensPerSecondPerMegawatt(output, watts),
    joulesPerToken: joulesPerToken(all, watts),
    joulesPerOutputToken: joulesPerToken(output, watts),
  })
  const stated = on(power.basis, power.watts)
  if (power.basis !== 'it-all-in' || rateInput.pue === 1) return [stated]
  return [stated, on('utility', utilityWattsOf(power.watts, rateInput.pue))]
}

/** JSON with names that carry their unit; exact money as decimal strings of nano-dollars. */
export function costJson({ question, rate, hourly, iceberg, ...rest }: CostAnswer): string {
  const { utilisation, allocation, capacity, devices, notes, rateInput } = question
  const answer = {
    usdPerMillionTokens: hourly.perMillionTokens,
    nanoUsdPerHour: rate.nanoUsdPerHour,
    devices,
    prices: rateInput.devices.map(entry => entry.price),
    lines: rate.lines,
    allocation: { statement: allocation.statement, ...hourly.allocation },
    utilisation: { statement: utilisation.statement, ...utilisation.factors },
    capacityTokensPerSecond: capacity,
    servedTokensPerSecond: hourly.servedTokensPerSecond,
    iceberg: iceberg.rows,
    notCounted: rate.notCounted,
    itWatts: rateInput.itWatts,
    pue: rateInput.pue,
    pueStatement: question.pueStatement,
    usdPerKilowattHour: rateInput.usdPerKilowattHour,
    perWatt: rest.perWatt,
    carbonGramsPerHour: rate.carbonGramsPerHour,
    carbonGramsPerMillionTokens: rest.carbonGramsPerMillionTokens,
    notes,
  }
  return JSON.stringify(answer, (_, value) => (typeof value === 'bigint' ? value.toString() : value), 2)
}
