/**
 * vLLM command lines. Flags: vLLM 0.11 to 0.19 docs, cli/serve, serving/data_parallel_deployment,
 * features/spec_decode, features/disagg_prefill (NixlConnector).
 */

import { memoryRules } from '../../perf/memory-budget.ts'
import { draftCheckpoint, launchComments } from './launch-comments.ts'
import type { LaunchFile, LaunchPlan, PoolPlan } from './launch-plan.ts'
import type { Argument } from './shell.ts'
import { shellCommand, shellScript } from './shell.ts'

const port = { aggregated: 8000, prefill: 8100, decode: 8200 } as const

/** Options that hold however the engine is started: by `vllm serve` or by Dynamo's worker. */
export function vllmOptions(plan: LaunchPlan, pool: PoolPlan): (readonly Argument[])[] {
  const { precision, speculation } = plan.deployment
  const { tensor, pipeline, attentionData, expert } = pool.pool.parallelism
  const options: (readonly Argument[])[] = [['--tensor-parallel-size', tensor]]
  if (pipeline > 1) options.push(['--pipeline-parallel-size', pipeline])
  if (attentionData > 1) options.push(['--data-parallel-size', attentionData])
  if (expert > 1) options.push(['--enable-expert-parallel'])
  options.push(
    ['--max-model-len', plan.maximumModelTokens],
    ['--max-num-seqs', pool.sequencesPerGroup],
    ['--max-num-batched-tokens', pool.batchedTokens],
    ['--gpu-memory-utilization', memoryRules.vllm.fraction],
    ['--kv-cache-dtype', precision.keyValueCache === 'fp8' ? 'fp8' : 'auto'],
  )
  // Only FP8 can be made from a BF16 checkpoint while loading; other formats come with their own checkpoint.
  if (precision.preset === 'fp8' && plan.needsQuantisedCheckpoint) options.push(['--quantization', 'fp8'])
  if (speculation !== null) {
    const draft = speculation.method === 'mtp' ? {} : { model: draftCheckpoint }
    const config = { method: speculation.method, ...draft, num_speculative_tokens: speculation.draftTokens }
    options.push(['--speculative-config', JSON.stringify(config)])
  }
  return options
}

/** KV caches move over NIXL; either side may send. */
export const nixlTransfer = JSON.stringify({ kv_connector: 'NixlConnector', kv_role: 'kv_both' })

export function vllmFiles(plan: LaunchPlan): LaunchFile[] {
  return plan.pools.map(pool => ({
    path: pool.role === 'aggregated' ? 'launch-vllm.sh' : `launch-vllm-${pool.role}.sh`,
    text: vllmScript(plan, pool),
    executable: true,
  }))
}

function vllmScript(plan: LaunchPlan, pool: PoolPlan): string {
  const options = [...vllmOptions(plan, pool), ['--host', '0.0.0.0'], ['--port', port[pool.role]]]
  if (pool.role !== 'aggregated') options.push(['--kv-transfer-config', nixlTransfer])
  const command = ['vllm', 'serve', plan.modelId]
  const comments = launchComments(plan, pool)
  if (pool.hosts === 1) return shellScript(comments, [shellCommand(['exec', ...command], options)])
  const { attentionData } = pool.pool.parallelism
  const localGroups = Math.max(1, Math.floor(attentionData / pool.hosts))
  const byGroups = attentionData >= pool.hosts && attentionData % pool.hosts === 0
  const shared: (readonly Argument[])[] = byGroups
    ? [
        ['--data-parallel-size-local', localGroups],
        ['--data-parallel-address', { raw: '"$HEAD_ADDRESS"' }],
        ['--data-parallel-rpc-port', 13345],
      ]
    : [
        ['--nnodes', pool.hosts],
        ['--node-rank', { raw: '"$NODE_RANK"' }],
        ['--master-addr', { raw: '"$HEAD_ADDRESS"' }],
      ]
  const start: (readonly Argument[])[] = byGroups
    ? [['--data-parallel-start-rank', { raw: `"$((NODE_RANK * ${localGroups}))"` }]]
    : []
  const head = shellCommand(['exec', ...command], [...options, ...shared])
  const others = shellCommand(['exec', ...command, '--headless'], [...options, ...shared, ...start])
  return shellScript(
    [
      ...comments,
      `Run on all ${pool.hosts} hosts with NODE_RANK=0 to ${pool.hosts - 1} and HEAD_ADDRESS set to host 0.`,
    ],
    [
      `: "\${HEAD_ADDRESS:?address of host 0}" "\${NODE_RANK:?0 to ${pool.hosts - 1}}"`,
      `if [ "$NODE_RANK" -eq 0 ]; then\n${head}\nelse\n${others}\nfi`,
    ],
  )
}
