/**
 * NVIDIA Dynamo on Kubernetes: one DynamoGraphDeployment (nvidia.com/v1alpha1), aggregated or disaggregated.
 * Structure and flags: ai-dynamo/dynamo examples/backends/{vllm,sglang,trtllm}/deploy/{agg,disagg,disagg-multinode}.yaml and
 * recipes/deepseek-r1, as of Dynamo 1.3 (2026).
 */
import { stringify } from 'yaml'
import { launchComments } from './launch-comments.ts'
import type { LaunchFile, LaunchPlan, PoolPlan } from './launch-plan.ts'
import { sglangOptions } from './sglang.ts'
import { type Argument, shellComment } from './shell.ts'
import { configPath, trtllmConfig } from './trtllm.ts'
import { nixlTransfer, vllmOptions } from './vllm.ts'

/** Runtime images of the release the manifest was checked with. */
const images = {
  vllm: 'nvcr.io/nvidia/ai-dynamo/vllm-runtime:1.3.0',
  sglang: 'nvcr.io/nvidia/ai-dynamo/sglang-runtime:1.3.0',
  trtllm: 'nvcr.io/nvidia/ai-dynamo/tensorrtllm-runtime:1.3.1',
} as const

type DynamoEngine = keyof typeof images

const configFolder = '/config'

/** Null for engines that Dynamo does not run. */
export function dynamoFile(plan: LaunchPlan): LaunchFile | null {
  const { engine } = plan.deployment
  if (engine === 'atom') return null
  const name = kubernetesName(`${plan.modelId}-${engine}`)
  const services: Record<string, unknown> = {
    Frontend: {
      componentType: 'frontend',
      replicas: 1,
      extraPodSpec: { mainContainer: { image: images[engine] } },
    },
  }
  for (const pool of plan.pools) services[serviceName(pool)] = worker(plan, pool, engine, name)
  const graph = {
    apiVersion: 'nvidia.com/v1alpha1',
    kind: 'DynamoGraphDeployment',
    metadata: { name },
    spec: { backendFramework: engine, services },
  }
  const documents = engine === 'trtllm' ? [configMap(plan, name), graph] : [graph]
  const comments = [
    ...new Set(
      plan.pools.flatMap(pool => launchComments(plan, pool).filter(line => !line.startsWith('Start '))),
    ),
    'kubectl create secret generic hf-token-secret --from-literal=HF_TOKEN=…; then kubectl apply -f this file.',
  ]
  return {
    path: 'dynamo.yaml',
    text: `${shellComment(comments)}\n${documents.map(document => stringify(document, { lineWidth: 0 })).join('---\n')}`,
    executable: false,
  }
}

function serviceName(pool: PoolPlan): string {
  return { aggregated: 'Worker', prefill: 'PrefillWorker', decode: 'DecodeWorker' }[pool.role]
}

function worker(
  plan: LaunchPlan,
  pool: PoolPlan,
  engine: DynamoEngine,
  name: string,
): Record<string, unknown> {
  const usesConfig = engine === 'trtllm'
  return {
    envFromSecret: 'hf-token-secret',
    componentType: 'worker',
    ...(pool.role === 'aggregated' ? {} : { subComponentType: pool.role }),
    replicas: pool.pool.replicas,
    ...(pool.hosts > 1 ? { multinode: { nodeCount: pool.hosts } } : {}),
    // Devices of one host; a replica over several hosts takes that many of each.
    resources: { limits: { gpu: String(pool.devicesPerHost) } },
    sharedMemory: { size: '80Gi' },
    extraPodSpec: {
      ...(usesConfig ? { volumes: [{ name: 'engine-config', configMap: { name: `${name}-config` } }] } : {}),
      mainContainer: {
        image: images[engine],
        ...(usesConfig
          ? { volumeMounts: [{ name: 'engine-config', mountPath: configFolder, readOnly: true }] }
          : {}),
        command: ['python3', '-m', `dynamo.${engine}`],
        args: workerArguments(plan, pool, engine),
      },
    },
  }
}

function workerArguments(plan: LaunchPlan, pool: PoolPlan, engine: DynamoEngine): string[] {
  const flat = (options: readonly (readonly Argument[])[]) =>
    options.flat().map(argument => (typeof argument === 'object' ? argument.raw : String(argument)))
  switch (engine) {
    case 'vllm': {
      const options = ['--model', plan.modelId, ...flat(vllmOptions(plan, pool))]
      // Every host serves its own data-parallel ranks behind Dynamo's router.
      if (pool.pool.parallelism.attentionData > 1) options.push('--data-parallel-hybrid-lb')
      if (pool.role !== 'aggregated') {
        options.push('--disaggregation-mode', pool.role, '--kv-transfer-config', nixlTransfer)
      }
      return options
    }
    case 'sglang':
      return [
        '--model-path',
        plan.modelId,
        '--served-model-name',
        plan.modelId,
        ...flat(sglangOptions(plan, pool)),
        '--skip-tokenizer-init',
        '--host',
        '0.0.0.0',
      ]
    case 'trtllm':
      return [
        '--model-path',
        plan.modelId,
        '--served-model-name',
        plan.modelId,
        '--extra-engine-args',
        `${configFolder}/${configPath(pool)}`,
        ...(pool.role === 'aggregated' ? [] : ['--disaggregation-mode', pool.role]),
      ]
  }
}

function configMap(plan: LaunchPlan, name: string): Record<string, unknown> {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `${name}-config` },
    data: Object.fromEntries(plan.pools.map(pool => [configPath(pool), stringify(trtllmConfig(plan, pool))])),
  }
}

/** RFC 1123 label, short enough for the suffixes that Kubernetes adds. */
export function kubernetesName(text: string): string {
  const name = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/g, '')
  return name === '' ? 'deployment' : name
}
