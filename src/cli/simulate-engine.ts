/** What flags set otherwise than the engine would by itself. */
import { TokenwrightError } from '../core/errors.ts'
import { parseCount, parseTokenCount } from '../core/parse-quantity.ts'
import type { SchedulerRules } from '../engine/settings.ts'
import type { PoolSettings } from '../fleet/types.ts'
import type { Engine } from '../perf/deployment.ts'
import { defaultRules, type EngineOverrides } from '../sim/twin-pools.ts'
import { parseBandwidth, parseBytes } from './simulate-bytes.ts'
import type { SimulateFlags } from './simulate-flags.ts'

/** All but the slower tiers, whose size is known in bytes first: tiersOf. */
export function engineOverrides(flags: SimulateFlags, engine: Engine): EngineOverrides {
  const count = (text: string | undefined, where: string) =>
    text === undefined ? undefined : parseCount(text, where)
  const rules = schedulerRules(flags, engine)
  return {
    tokenBudget: count(flags.maxNumBatchedTokens, '--max-num-batched-tokens'),
    maximumSequences: count(flags.maxNumSeqs, '--max-num-seqs'),
    maximumContextTokens:
      flags.maxModelLen === undefined ? undefined : atLeastOne(flags.maxModelLen, '--max-model-len'),
    blocksPerRank: count(flags.numGpuBlocks, '--num-gpu-blocks'),
    blockTokens: count(flags.blockSize, '--block-size'),
    ...(flags.prefixCaching ? {} : { prefixCaching: false }),
    ...(flags.asyncScheduling ? { asyncScheduling: asynchronous(engine) } : {}),
    ...(rules === null ? {} : { rules }),
  }
}

/** Whether anything differs from what the analytic prediction assumes. */
export function isOverridden(flags: SimulateFlags): boolean {
  return (
    !flags.prefixCaching ||
    [
      flags.maxNumSeqs,
      flags.maxNumBatchedTokens,
      flags.maxModelLen,
      flags.numGpuBlocks,
      flags.blockSize,
      flags.asyncScheduling,
      flags.scheduler,
      flags.mixedChunk,
      flags.hostCache,
      flags.diskCache,
    ].some(flag => flag !== undefined)
  )
}

function atLeastOne(text: string, where: string): number {
  const tokens = parseTokenCount(text, where)
  if (tokens > 0) return tokens
  throw new TokenwrightError('number', 'a request has at least one token', { where, fix: 'give 1 or more' })
}

function asynchronous(engine: Engine): true {
  if (engine === 'vllm' || engine === 'atom') return true
  throw new TokenwrightError('usage', `--async-scheduling is vLLM's, the engine is ${engine}`, {
    where: '--async-scheduling',
    fix: 'leave it out',
  })
}

/** Policies by engine, under the names that users give them. */
function schedulerRules(flags: SimulateFlags, engine: Engine): SchedulerRules | null {
  const { scheduler, mixedChunk } = flags
  const rules = defaultRules(engine)
  if (mixedChunk === true && rules.engine !== 'sglang')
    throw new TokenwrightError('usage', `--mixed-chunk is SGLang's, the engine is ${engine}`, {
      where: '--mixed-chunk',
      fix: 'leave it out: other engines mix prompts and decodes anyway',
    })
  if (scheduler === undefined)
    return mixedChunk === true ? ({ ...rules, mixedChunk } as SchedulerRules) : null
  switch (rules.engine) {
    case 'vllm':
      return { ...rules, policy: policyOf(scheduler, engine, { fcfs: 'fcfs', priority: 'priority' }) }
    case 'sglang':
      return {
        ...rules,
        policy: policyOf(scheduler, engine, { fcfs: 'fcfs', lpm: 'lpm' }),
        mixedChunk: mixedChunk ?? rules.mixedChunk,
      }
    case 'trtllm':
      return {
        ...rules,
        policy: policyOf(scheduler, engine, {
          'no-evict': 'guaranteed-no-evict',
          'guaranteed-no-evict': 'guaranteed-no-evict',
          'max-utilization': 'max-utilization',
        }),
      }
  }
}

function policyOf<Policy extends string>(
  name: string,
  engine: Engine,
  policies: Readonly<Record<string, Policy>>,
): Policy {
  const found = policies[name.toLowerCase().replaceAll('_', '-')]
  if (found !== undefined) return found
  throw new TokenwrightError('usage', `${engine} has no scheduling policy "${name}"`, {
    where: '--scheduler',
    fix: `take one of ${Object.keys(policies).join(', ')}`,
  })
}

/** Bandwidths of slower tiers where nobody says: PCIe 5.0 x16 carries 63 GB/s at most, an NVMe disk 5 to 14 (assumed). */
const assumedBandwidth = { host: 50e9, disk: 5e9 }

/** KV cache below the device's, by size per device; `blockBytes` of a pool turns bytes into blocks. */
export function tiersOf(flags: SimulateFlags, blockBytes: number): NonNullable<EngineOverrides['tiers']> {
  const tier = (
    name: 'host' | 'disk',
    size: string | undefined,
    rate: string | undefined,
  ): NonNullable<EngineOverrides['tiers']> => {
    if (size === undefined) return []
    const blocks = Math.floor(parseBytes(size, `--${name}-cache`) / blockBytes)
    if (blocks < 1)
      throw new TokenwrightError('number', `${size} hold no block of ${Math.round(blockBytes)} bytes`, {
        where: `--${name}-cache`,
        fix: 'give more, or leave it out',
      })
    const bandwidth =
      rate === undefined ? assumedBandwidth[name] : parseBandwidth(rate, `--${name}-bandwidth`)
    return [
      { tier: name, blocksPerRank: blocks, readBytesPerSecond: bandwidth, writeBytesPerSecond: bandwidth },
    ]
  }
  return [
    ...tier('host', flags.hostCache, flags.hostBandwidth),
    ...tier('disk', flags.diskCache, flags.diskBandwidth),
  ]
}

/** Asked of a pool built with this: its tiers then tell the bytes of a block. */
export const probeTiers: NonNullable<EngineOverrides['tiers']> = [
  { tier: 'host', blocksPerRank: 1, readBytesPerSecond: 1, writeBytesPerSecond: 1 },
]

export function blockBytesOf(pools: readonly PoolSettings[]): number {
  return Math.max(...pools.map(pool => pool.engine.tiers[0]?.blockBytes ?? 0))
}
