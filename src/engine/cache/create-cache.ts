/** Which cache an engine has. */
import type { EngineSettings } from '../settings.ts'
import { BlockPool, type BlockPoolRules } from './block-pool.ts'
import { BlockTiers, type WritePolicy } from './block-tiers.ts'
import { CountingCache } from './counting-cache.ts'
import type { CacheListener, KeyValueCache } from './key-value-cache.ts'
import { RadixCache } from './radix-cache.ts'

/** vLLM V1 since pull request 42656 (May 2026). */
const vllmRules: BlockPoolRules = { unusedFirst: true, answersAtEnd: false, partialReuse: false }
const trtllmRules: BlockPoolRules = { unusedFirst: false, answersAtEnd: true, partialReuse: true }

/**
 * The cache of one rank by the rules of its engine. Blocks are those that can be used: vLLM reports one more
 * (num_gpu_blocks, with the null block). Without a listener events cost nothing.
 */
export function createCache(
  settings: Pick<EngineSettings, 'rules' | 'blocksPerRank' | 'blockTokens' | 'prefixCaching' | 'tiers'>,
  listener?: CacheListener,
): KeyValueCache {
  const { rules, blocksPerRank, blockTokens, prefixCaching, tiers } = settings
  const listening = listener ?? null
  if (!prefixCaching) return new CountingCache(blocksPerRank, blockTokens, listening)
  const slower = (policy: WritePolicy): BlockTiers | null =>
    tiers.length === 0 ? null : new BlockTiers(tiers, blockTokens, policy, listening)
  switch (rules.engine) {
    case 'vllm':
      return new BlockPool(blocksPerRank, blockTokens, vllmRules, slower('write-through'), listening)
    case 'trtllm':
      return new BlockPool(blocksPerRank, blockTokens, trtllmRules, slower('write-back'), listening)
    case 'sglang':
      return new RadixCache(blocksPerRank, blockTokens, tiers, listening)
  }
}
