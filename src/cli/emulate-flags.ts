/** The flags of `emulate`, as they are written; emulate-*.ts check them. What `simulate` has too means the same. */
import { Command } from 'commander'
import { present } from '../core/assert.ts'
import { repeatable } from './shared-flags.ts'
import { type SimulateFlags, withSimulateFlags } from './simulate-flags.ts'

const deploymentFlags = [
  'model',
  'hardware',
  'engine',
  'precision',
  'tp',
  'pp',
  'dp',
  'ep',
  'replicas',
  'prefillReplicas',
  'decodeReplicas',
  'coefficients',
] as const
const engineFlags = [
  'maxNumSeqs',
  'maxNumBatchedTokens',
  'maxModelLen',
  'numGpuBlocks',
  'blockSize',
  'prefixCaching',
  'asyncScheduling',
  'scheduler',
  'mixedChunk',
  'hostCache',
  'hostBandwidth',
  'diskCache',
  'diskBandwidth',
] as const
const fleetFlags = [
  'router',
  'startup',
  'faultMtbf',
  'faultMttr',
  'fault',
  'retry',
  'autoscale',
  'scaleAt',
  'scalePeriod',
  'upgradeAt',
] as const
const moneyFlags = ['slo', 'tier', 'region', 'price', 'electricity', 'pue', 'facts'] as const

type SharedFlag =
  | (typeof deploymentFlags)[number]
  | (typeof engineFlags)[number]
  | (typeof fleetFlags)[number]
  | (typeof moneyFlags)[number]
  | 'seed'
  | 'json'

export interface EmulateFlags extends Pick<SimulateFlags, SharedFlag> {
  readonly host?: string
  readonly port?: string
  readonly servedModelName?: readonly string[]
  readonly apiKey?: readonly string[]
  readonly timeScale?: string
  readonly truthLog?: string
  readonly grace?: string
  readonly keepAlive?: string
  readonly maxBody?: string

  readonly meanInput?: string
  readonly meanOutput?: string
  readonly reasoningShare?: string
  readonly reasoningField?: string
  readonly toolCallShare?: string
  readonly embeddingDimensions?: string
  readonly transcriptionSpeed?: string
  readonly requestFault?: readonly string[]

  readonly metrics: boolean
  readonly metricNames?: string
  readonly oldMetricNames?: boolean
  readonly kvEventsEndpoint?: string
  readonly kvEventsReplayEndpoint?: string
  readonly kvEventsTopic?: string
  readonly kvEventsPod?: string
  readonly kvEventsFormat?: string
  readonly kvEventsBuffer?: string
  readonly kvEventsHashSeed?: string
}

/** Adds the flags in groups, in the order in which a user thinks of them. */
export function withEmulateFlags(command: Command): Command {
  const shared = withSimulateFlags(new Command()).options
  const group = (heading: string, names: readonly SharedFlag[]) => {
    for (const name of names) {
      const option = shared.find(candidate => candidate.attributeName() === name)
      command.addOption(present(option, `simulate has ${name}`).helpGroup(heading))
    }
  }
  group('What serves (instead of deployment files):', deploymentFlags)
  withServerFlags(command)
  withAnswerFlags(command)
  withSideChannelFlags(command)
  group('Fleet (with several deployments "MODEL: …" says whose):', fleetFlags)
  group('Engine (default: as it starts by itself):', engineFlags)
  group('Objectives and money, for the summary:', moneyFlags)
  group('Run and output:', ['seed', 'json'])
  return command
}

function withServerFlags(command: Command): void {
  command
    .optionsGroup('Server:')
    .option('--port <n>', 'port to listen on; 0: any that is free (default: 8000)')
    .option('--host <address>', 'address to listen on (default: 127.0.0.1; 0.0.0.0: all)')
    .addOption(
      repeatable(
        '--served-model-name <names>',
        'names under which a deployment answers, separated by commas; once per deployment, in order',
      ),
    )
    .addOption(repeatable('--api-key <key>', 'key that opens /v1; or TOKENWRIGHT_API_KEY in the environment'))
    .option('--time-scale <factor>', 'seconds of the run per second on the wall: 10 is ten times as fast')
    .option('--truth-log <file>', 'what really happened to every request, as JSON lines')
    .option('--grace <time>', 'let requests under way go on so long when it is stopped (default: 0s)')
    .option('--keep-alive <time>', 'close connections without a request after so long (default: 5s)')
    .option('--max-body <bytes>', 'refuse larger requests: 64MiB (default)')
}

function withAnswerFlags(command: Command): void {
  command
    .optionsGroup('Answers:')
    .option(
      '--mean-output <tokens>',
      'mean length of answers that the client does not fix (default: as planned for, or 200)',
    )
    .option(
      '--mean-input <tokens>',
      'mean prompt, for the memory of sliding windows (default: as planned for, or 1,000)',
    )
    .option('--reasoning-share <share>', 'part of each answer that is reasoning: 40% (default: 0)')
    .option('--reasoning-field <name>', 'reasoning_content (default) or reasoning')
    .option('--tool-call-share <share>', 'calls among answers with tools and tool_choice auto (default: 50%)')
    .option('--embedding-dimensions <n>', 'length of embeddings (default: 1,024)')
    .option('--transcription-speed <factor>', 'seconds of sound transcribed per second (default: 100)')
    .addOption(
      repeatable(
        '--request-fault <what>',
        'faults of connections: "stall;ms=500 in 1%", "status;code=503 in 0.5%", reset-after, drip, …',
      ),
    )
}

function withSideChannelFlags(command: Command): void {
  command
    .optionsGroup('Metrics and KV events:')
    .option('--no-metrics', 'without /metrics and /dcgm/metrics')
    .option('--metric-names <engine>', "whose metric names: vllm, sglang, trtllm (default: the engine's own)")
    .option('--old-metric-names', "vLLM's names from before 0.11 too")
    .option(
      '--kv-events-endpoint <endpoint>',
      'publish KV events over ZeroMQ: tcp://*:5557 (replica r at port + r)',
    )
    .option('--kv-events-replay-endpoint <endpoint>', 'answer requests for past ones: tcp://*:6557')
    .option('--kv-events-topic <topic>', '{pod}, {model} and {replica} are filled in (default: empty)')
    .option('--kv-events-pod <name>', 'for {pod} (default: localhost)')
    .option('--kv-events-format <name>', "vllm-0.24, sglang-maps and others (default: the engine's)")
    .option('--kv-events-buffer <n>', 'batches kept for replays (default: 10,000)')
    .option('--kv-events-hash-seed <n>', 'equal seeds, equal block hashes (default: 0)')
}
