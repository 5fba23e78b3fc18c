/** The answer as JSON: amounts of the window are decimal strings of dollars, exact; a month's are numbers, for they are estimates. */
import { usdText } from '../ledger/report/decimal.ts'
import type { AdviceReport } from './advise.ts'
import { hoursPerMonth, leastData } from './types.ts'

/** Indented JSON with a final line feed. */
export function adviceJson(report: AdviceReport): string {
  const { spend, advice, regret, replay } = report
  const value = {
    kind: 'tokenwright-advice',
    version: 1,
    from: timeText(report.fromMs),
    to: timeText(report.toMs),
    coveredHours: report.coveredHours,
    requests: report.requests,
    hoursPerMonth,
    leastData,
    spend: {
      totalUsd: usdText(spend.totalNanoUsd),
      idleUsd: usdText(spend.idleNanoUsd),
      openUsd: usdText(spend.openNanoUsd),
      tokens: Number(spend.tokens),
      lines: spend.lines.map(line => ({
        target: line.target,
        kind: line.kind,
        requests: line.requests,
        tokens: Number(line.tokens),
        totalUsd: usdText(line.totalNanoUsd),
        idleUsd: usdText(line.idleNanoUsd),
        idleShare: line.idleShare,
        usdPerMillionTokens: line.usdPerMillionTokens,
      })),
    },
    advice: advice.map(({ savedNanoUsd, perMonth, ...rest }) => ({
      ...rest,
      savedUsd: usdText(savedNanoUsd),
      savedUsdPerMonth: perMonth,
    })),
    breakEvens: report.breakEvens,
    regret:
      regret === null
        ? null
        : {
            decisions: regret.decisions,
            isSampled: regret.isSampled,
            regretted: regret.regretted,
            regretUsd: usdText(regret.regretNanoUsd),
            pickedUsd: usdText(regret.pickedNanoUsd),
            usdPerMonth: regret.perMonth,
            instead: regret.instead.map(({ name, decisions, nanoUsd }) => ({
              ...{ name, decisions },
              usd: usdText(nanoUsd),
            })),
            priceError: regret.priceError,
          },
    replay: replay === null ? null : { ...replay, fromMs: undefined, from: timeText(replay.fromMs) },
    refusals: report.refusals,
  }
  return `${JSON.stringify(value, null, 2)}\n`
}

function timeText(atMs: number): string {
  return new Date(atMs).toISOString()
}
