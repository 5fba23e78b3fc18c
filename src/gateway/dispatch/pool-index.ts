/** The prefix index of an alias: what its router asks, and what outlives the router when its policy is changed. */
import {
  CandidateColumns,
  EstimatedPrefixIndex,
  type PrefixIndexSpec,
  prefixIndexDefaults,
  type RouterParts,
  type RouterSpec,
  usesPrefixIndex,
} from '../../routing/index.ts'
import type { ModelConfig } from '../config/gateway-config.ts'
import { createMixedPrefixIndex, type MixedPrefixIndex, ownBlockTokens } from '../engine-state/index.ts'

export interface PoolIndex extends RouterParts {
  /** Equal: the same index would be made. */
  readonly key: string
  /** null: prompts are named by bytes, and events of engines, which name tokens, say nothing about them. */
  readonly told: MixedPrefixIndex | null
}

/** Blocks of prompts named by bytes stand for as many tokens (byteBlockDefaults); engines' small blocks are taken together to as many. */
const blockTokens = ownBlockTokens(1)

/** null: the policy does not look at caches. */
export function createPoolIndex({ router, tokenizer }: ModelConfig): PoolIndex | null {
  if (!usesPrefixIndex(router)) return null
  const spec = indexSpecOf(router)
  const isByTokens = tokenizer !== 'bytes'
  const key = JSON.stringify([isByTokens, spec])
  const columns = new CandidateColumns()
  const capacityTokens = spec?.kind === 'estimated' ? spec.capacityTokens : undefined
  if (isByTokens) {
    const told = createMixedPrefixIndex({
      ...(spec?.kind === 'events' && spec.tierWeights !== undefined ? { tierWeights: spec.tierWeights } : {}),
      ...(spec?.kind === 'events' && typeof spec.predictionSeconds === 'number'
        ? { predictionSeconds: spec.predictionSeconds }
        : {}),
      ...(capacityTokens === undefined ? {} : { capacityTokens }),
    })
    return { key, columns, index: told, told }
  }
  const index = new EstimatedPrefixIndex({
    blockTokens,
    capacityTokens: capacityTokens ?? prefixIndexDefaults.capacityTokens,
    ttlSeconds: spec?.kind === 'estimated' ? (spec.ttlSeconds ?? null) : null,
  })
  return { key, columns, index, told: null }
}

function indexSpecOf(router: RouterSpec): PrefixIndexSpec | null {
  return 'index' in router ? (router.index ?? null) : null
}
