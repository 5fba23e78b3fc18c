/** Two sets of requirements at once: those of the alias that was asked for hold wherever its request ends up. */
import { dataPolicies, type Requirements } from '../config/gateway-config.ts'

/** What meets both; null: nothing is asked. */
export function bothRequired(one: Requirements | null, other: Requirements | null): Requirements | null {
  if (one === null || other === null) return one ?? other
  return {
    regions: common(one.regions, other.regions),
    quantizations: common(one.quantizations, other.quantizations),
    // From strict to loose.
    dataPolicy: dataPolicies.find(policy => policy === one.dataPolicy || policy === other.dataPolicy) ?? null,
    maximumInputUsdPerMillionTokens: least(
      one.maximumInputUsdPerMillionTokens,
      other.maximumInputUsdPerMillionTokens,
    ),
    maximumOutputUsdPerMillionTokens: least(
      one.maximumOutputUsdPerMillionTokens,
      other.maximumOutputUsdPerMillionTokens,
    ),
  }
}

function common(one: readonly string[] | null, other: readonly string[] | null): readonly string[] | null {
  if (one === null || other === null) return one ?? other
  return one.filter(item => other.includes(item))
}

function least(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other)
}
