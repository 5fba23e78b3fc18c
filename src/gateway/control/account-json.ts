/** What the ledger knows of a request, as JSON: amounts are decimal strings of dollars, exact; other requests of its intervals stay out. */

import type { CostNanoUsd, RequestAccount, RequestAdjusted, RequestSettled, Target } from '../ledger/index.ts'
import { usdText } from '../ledger/report/decimal.ts'
import { safeText } from '../observe/safe-text.ts'

export function accountJson(account: RequestAccount): object {
  const { requestId, opened, settled, adjusted, intervals, totalNanoUsd } = account
  return {
    requestId: safeText(requestId),
    totalUsd: usdText(totalNanoUsd),
    opened:
      opened === null
        ? null
        : {
            atMs: opened.atMs,
            tenant: safeText(opened.tenant),
            keyId: safeText(opened.keyId),
            model: safeText(opened.modelAlias),
            target: targetText(opened.target),
            reservedUsd: usdText(opened.reservedNanoUsd),
          },
    settled: settled.map(event => ({
      ...bookedJson(event),
      final: event.final,
      releasedUsd: usdText(event.releasedNanoUsd),
      ttftMs: event.ttftMs,
      durationMs: event.durationMs,
      sample:
        event.sample === null
          ? null
          : {
              predictedCachedTokens: event.sample.predictedCachedTokens,
              realisedCachedTokens: event.sample.realisedCachedTokens,
              predictedTtftMs: event.sample.predictedTtftMs,
              realisedTtftMs: event.sample.realisedTtftMs,
              predictedUsd: usdOrNull(event.sample.predictedNanoUsd),
              realisedUsd: usdOrNull(event.sample.realisedNanoUsd),
            },
    })),
    adjusted: adjusted.map(event => ({
      ...bookedJson(event),
      adjustment: safeText(event.adjustment),
      reason: event.reason,
    })),
    engineCharges: intervals.flatMap(interval =>
      [interval, ...interval.corrections].flatMap(({ charges }) =>
        charges
          .filter(charge => charge.requestId === requestId)
          .map(charge => ({
            fromMs: interval.fromMs,
            toMs: interval.toMs,
            deployment: interval.deployment,
            replica: charge.replica,
            attempt: charge.attempt,
            bearer: charge.bearer,
            prefillMs: charge.prefillUs / 1000,
            decodeMs: charge.decodeUs / 1000,
            heldTokenMs: charge.heldTokenMs,
            energyMillijoules: charge.energyMillijoules,
            usd: usdText(
              charge.prefillNanoUsd +
                charge.decodeNanoUsd +
                charge.prefillEnergyNanoUsd +
                charge.decodeEnergyNanoUsd,
            ),
          })),
      ),
    ),
  }
}

function bookedJson(event: RequestSettled | RequestAdjusted): object {
  return {
    atMs: event.atMs,
    attempt: event.attempt,
    target: targetText(event.target),
    tokens: event.usage,
    state: event.state,
    bearer: event.bearer,
    usd: costJson(event.costNanoUsd),
    priceRule: event.priceRuleId,
  }
}

function costJson(cost: CostNanoUsd): Record<string, string> {
  return Object.fromEntries(Object.entries(cost).map(([name, amount]) => [name, usdText(amount)]))
}

function usdOrNull(amount: bigint | null): string | null {
  return amount === null ? null : usdText(amount)
}

function targetText(target: Target): string {
  return target.kind === 'offer' ? target.offer : `${target.deployment}/${target.replica}`
}
