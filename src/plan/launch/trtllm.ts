/**
 * trtllm-serve with its YAML. Options: TensorRT-LLM 1.0 to 1.4 docs, commands/trtllm-serve, torch/llm_args, disagg-serving;
 * checked against NVIDIA/TensorRT-LLM examples/configs/curated and ai-dynamo/dynamo recipes/deepseek-r1 (2026).
 */
import { stringify } from 'yaml'
import { memoryRules } from '../../perf/memory-budget.ts'
import { draftCheckpoint, launchComments } from './launch-comments.ts'
import type { LaunchFile, LaunchPlan, PoolPlan } from './launch-plan.ts'
import { type Argument, shellCommand, shellComment, shellScript } from './shell.ts'

const port = { aggregated: 8000, prefill: 8100, decode: 8200 } as const

/** The extra_llm_api_options file of one pool. */
export function trtllmConfig(plan: LaunchPlan, pool: PoolPlan): Record<string, unknown> {
  const { precision, speculation } = plan.deployment
  const { tensor, pipeline, attentionData, expert } = pool.pool.parallelism
  const prefill = pool.role === 'prefill'
  const config: Record<string, unknown> = {
    tensor_parallel_size: tensor * attentionData,
    pipeline_parallel_size: pipeline,
    moe_expert_parallel_size: expert,
    enable_attention_dp: attentionData > 1,
    max_batch_size: pool.sequencesPerGroup,
    // A decode worker's step carries one token (and its drafts) per sequence; others take prompts in.
    max_num_tokens:
      pool.role === 'decode'
        ? pool.sequencesPerGroup * ((speculation?.draftTokens ?? 0) + 1)
        : Math.max(pool.batchedTokens, pool.sequencesPerGroup),
    max_seq_len: plan.maximumModelTokens,
    enable_chunked_prefill: pool.role !== 'decode',
    cuda_graph_config: prefill ? null : { enable_padding: true, max_batch_size: pool.sequencesPerGroup },
    kv_cache_config: {
      dtype: precision.keyValueCache === 'fp8' ? 'fp8' : 'auto',
      free_gpu_memory_fraction: memoryRules.trtllm.fraction,
      // Blocks that are handed over are not reused by the worker that sent them.
      enable_block_reuse: pool.role === 'aggregated',
    },
  }
  if (speculation !== null) {
    config.speculative_config = {
      decoding_type: speculation.method === 'mtp' ? 'MTP' : 'Eagle3',
      max_draft_len: speculation.draftTokens,
      ...(speculation.method === 'mtp' ? {} : { speculative_model: draftCheckpoint }),
    }
  }
  if (pool.role !== 'aggregated') {
    config.cache_transceiver_config = { backend: 'DEFAULT', max_tokens_in_buffer: plan.maximumModelTokens }
  }
  // The context worker must hold blocks until they are sent (TensorRT-LLM disagg-serving docs).
  if (prefill) config.disable_overlap_scheduler = true
  return config
}

export function configPath(pool: PoolPlan): string {
  return pool.role === 'aggregated' ? 'trtllm.yaml' : `trtllm-${pool.role}.yaml`
}

export function trtllmFiles(plan: LaunchPlan): LaunchFile[] {
  const files = plan.pools.flatMap((pool): LaunchFile[] => [
    {
      path: configPath(pool),
      text: `${shellComment(launchComments(plan, pool))}\n${stringify(trtllmConfig(plan, pool))}`,
      executable: false,
    },
    {
      path: pool.role === 'aggregated' ? 'launch-trtllm.sh' : `launch-trtllm-${pool.role}.sh`,
      text: trtllmScript(plan, pool),
      executable: true,
    },
  ])
  if (plan.deployment.mode === 'disaggregated') files.push(...orchestratorFiles(plan))
  return files
}

function trtllmScript(plan: LaunchPlan, pool: PoolPlan): string {
  const { tensor, pipeline, attentionData, expert } = pool.pool.parallelism
  const options: (readonly Argument[])[] = [
    ['--host', '0.0.0.0'],
    ['--port', port[pool.role]],
    ['--backend', 'pytorch'],
    ['--tp_size', tensor * attentionData],
    ['--pp_size', pipeline],
    ['--ep_size', expert],
    ['--extra_llm_api_options', configPath(pool)],
  ]
  const serve = ['trtllm-serve', plan.modelId]
  const comments = launchComments(plan, pool)
  if (pool.hosts === 1) return shellScript(comments, [shellCommand(['exec', ...serve], options)])
  const launcher = ['exec', 'srun', '--mpi=pmix', '-N', pool.hosts, '--ntasks', pool.ranks]
  const perHost = ['--ntasks-per-node', pool.devicesPerHost, 'trtllm-llmapi-launch']
  return shellScript(
    [...comments, `One replica spans ${pool.hosts} hosts: run it inside a Slurm allocation.`],
    [shellCommand([...launcher, ...perHost, ...serve], options)],
  )
}

/** `trtllm-serve disaggregated -c` sends prompts to context servers and hands them on to generation servers. */
function orchestratorFiles(plan: LaunchPlan): LaunchFile[] {
  const servers = (role: 'prefill' | 'decode') => {
    const replicas = plan.pools.find(pool => pool.role === role)?.pool.replicas ?? 1
    const urls = Array.from({ length: replicas }, (_, index) => `${role}-${index}:${port[role]}`)
    return { num_instances: replicas, urls }
  }
  const config = {
    hostname: '0.0.0.0',
    port: port.aggregated,
    backend: 'pytorch',
    context_servers: servers('prefill'),
    generation_servers: servers('decode'),
  }
  return [
    {
      path: 'trtllm-disaggregated.yaml',
      text: `# Replace the host names prefill-0, decode-0 … by those of the running workers.\n${stringify(config)}`,
      executable: false,
    },
    {
      path: 'launch-trtllm-disaggregated.sh',
      text: shellScript(
        ['Start the prefill and decode workers first.'],
        [shellCommand(['exec', 'trtllm-serve', 'disaggregated', '-c', 'trtllm-disaggregated.yaml'], [])],
      ),
      executable: true,
    },
  ]
}
