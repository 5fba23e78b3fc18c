/**
 * SGLang command lines. Flags: SGLang docs advanced_features/server_arguments, pd_disaggregation, dp_dpa_smg_guide (0.5).
 * With --enable-dp-attention, --tp-size counts all ranks, and --max-running-requests and --chunked-prefill-size are
 * divided by --dp-size (server_args.py).
 */
import { memoryRules } from '../../perf/memory-budget.ts'
import { draftCheckpoint, launchComments } from './launch-comments.ts'
import type { LaunchFile, LaunchPlan, PoolPlan } from './launch-plan.ts'
import { type Argument, shellCommand, shellScript } from './shell.ts'

const port = { aggregated: 8000, prefill: 8100, decode: 8200 } as const
const bootstrapPort = 8998

export function sglangOptions(plan: LaunchPlan, pool: PoolPlan): (readonly Argument[])[] {
  const { precision, speculation } = plan.deployment
  const { tensor, pipeline, attentionData, expert } = pool.pool.parallelism
  const options: (readonly Argument[])[] = [['--tp-size', tensor * attentionData]]
  if (pipeline > 1) options.push(['--pp-size', pipeline])
  if (attentionData > 1) options.push(['--dp-size', attentionData], ['--enable-dp-attention'])
  if (expert > 1) options.push(['--ep-size', expert])
  options.push(
    ['--context-length', plan.maximumModelTokens],
    ['--max-running-requests', pool.sequencesPerGroup * attentionData],
    ['--chunked-prefill-size', pool.batchedTokens * attentionData],
    ['--mem-fraction-static', memoryRules.sglang.fraction],
    ['--kv-cache-dtype', precision.keyValueCache === 'fp8' ? 'fp8_e4m3' : 'auto'],
  )
  if (precision.preset === 'fp8' && plan.needsQuantisedCheckpoint) options.push(['--quantization', 'fp8'])
  if (speculation !== null) {
    options.push(
      ['--speculative-algorithm', speculation.method === 'mtp' ? 'NEXTN' : speculation.method.toUpperCase()],
      ['--speculative-num-steps', speculation.draftTokens],
      ['--speculative-eagle-topk', 1],
      ['--speculative-num-draft-tokens', speculation.draftTokens + 1],
    )
    if (speculation.method !== 'mtp') options.push(['--speculative-draft-model-path', draftCheckpoint])
  }
  if (pool.role !== 'aggregated') {
    options.push(
      ['--disaggregation-mode', pool.role],
      ['--disaggregation-transfer-backend', 'nixl'],
      ['--disaggregation-bootstrap-port', bootstrapPort],
    )
  }
  return options
}

export function sglangFiles(plan: LaunchPlan): LaunchFile[] {
  const files: LaunchFile[] = plan.pools.map(pool => ({
    path: pool.role === 'aggregated' ? 'launch-sglang.sh' : `launch-sglang-${pool.role}.sh`,
    text: sglangScript(plan, pool),
    executable: true,
  }))
  if (plan.deployment.mode === 'disaggregated') {
    files.push({ path: 'launch-sglang-router.sh', text: routerScript(plan), executable: true })
  }
  return files
}

function sglangScript(plan: LaunchPlan, pool: PoolPlan): string {
  const options: (readonly Argument[])[] = [
    ['--model-path', plan.modelId],
    ...sglangOptions(plan, pool),
    ['--host', '0.0.0.0'],
    ['--port', port[pool.role]],
  ]
  const comments = launchComments(plan, pool)
  const command = ['exec', 'python3', '-m', 'sglang.launch_server']
  if (pool.hosts === 1) return shellScript(comments, [shellCommand(command, options)])
  options.push(
    ['--nnodes', pool.hosts],
    ['--node-rank', { raw: '"$NODE_RANK"' }],
    ['--dist-init-addr', { raw: '"$HEAD_ADDRESS:5000"' }],
  )
  return shellScript(
    [
      ...comments,
      `Run on all ${pool.hosts} hosts with NODE_RANK=0 to ${pool.hosts - 1} and HEAD_ADDRESS set to host 0.`,
    ],
    [
      `: "\${HEAD_ADDRESS:?address of host 0}" "\${NODE_RANK:?0 to ${pool.hosts - 1}}"`,
      shellCommand(command, options),
    ],
  )
}

function routerScript(plan: LaunchPlan): string {
  const options: (readonly Argument[])[] = [['--pd-disaggregation']]
  const variables: string[] = []
  for (const pool of plan.pools) {
    for (let index = 0; index < pool.pool.replicas; index++) {
      const variable = `${pool.role.toUpperCase()}_${index}`
      variables.push(variable)
      const url = { raw: `"http://$${variable}:${port[pool.role]}"` }
      options.push(pool.role === 'prefill' ? ['--prefill', url, bootstrapPort] : ['--decode', url])
    }
  }
  options.push(['--host', '0.0.0.0'], ['--port', port.aggregated])
  const checks = variables.map(name => `"\${${name}:?address of ${name.toLowerCase().replace('_', ' ')}}"`)
  return shellScript(
    ['Routes requests to prefill replicas and from there to decode replicas; set their addresses first.'],
    [
      `: ${checks.join(' \\\n  ')}`,
      shellCommand(['exec', 'python3', '-m', 'sglang_router.launch_router'], options),
    ],
  )
}
