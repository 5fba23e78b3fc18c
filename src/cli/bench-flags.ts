/** The flags of `bench`, as they are written; bench-*.ts check them. Names are AIPerf's where the meaning is the same. */
import type { Command } from 'commander'
import {
  factsFlag,
  type PriceFlags,
  rangeRatioFlag,
  repeatable,
  turnIslFlag,
  withPriceFlags,
  workloadFlag,
} from './shared-flags.ts'

export interface BenchFlags extends PriceFlags {
  readonly model?: string
  readonly endpoint?: string
  readonly endpointPath?: string
  readonly template?: string
  readonly streaming: boolean
  readonly header?: readonly string[]
  readonly extraInputs?: readonly string[]
  readonly exactLength: boolean
  readonly requestTimeoutSeconds?: string
  readonly connectionReuseStrategy?: string
  readonly insecure?: boolean
  readonly tokenizer?: string

  readonly concurrency?: string
  readonly requestRate?: string
  readonly arrivalPattern?: string
  readonly arrivalSmoothness?: string
  readonly requestRateSeries?: string
  readonly concurrencyRamp?: string
  readonly prefillConcurrency?: string
  readonly userCentricRate?: string
  readonly numUsers?: string
  readonly requestCount?: string
  readonly benchmarkDuration?: string
  readonly benchmarkGracePeriod?: string
  readonly warmupRequestCount?: string
  readonly requestCancellationRate?: string
  readonly requestCancellationDelay?: string
  readonly steadyStart: boolean
  readonly workers?: string
  readonly numProfileRuns?: string

  readonly isl?: string
  readonly osl?: string
  readonly islStddev?: string
  readonly oslStddev?: string
  readonly rangeRatio?: string
  readonly prefixPromptLength?: string
  readonly numPrefixPrompts?: string
  readonly sessionTurnsMean?: string
  readonly sessionTurnDelayMean?: string
  readonly turnIsl?: string
  readonly numSessions?: string
  readonly workload?: string
  readonly inputFile?: string
  readonly customDatasetType?: string
  readonly fixedSchedule?: boolean
  readonly fixedScheduleSpeedup?: string
  readonly audio?: string
  readonly randomSeed?: string

  readonly slo?: string
  readonly goodput?: string
  readonly search?: string
  readonly require?: boolean

  readonly hardware?: string
  readonly facts?: string
  readonly deployment?: string
  readonly coefficients?: string

  readonly serverMetrics?: string | boolean
  readonly gpuTelemetry?: string
  readonly powerMetric?: string
  readonly selfTest?: boolean

  readonly out?: string
  readonly asReportedBy?: string
  readonly json?: boolean
  readonly csv?: boolean
  readonly html?: string
}

/** Adds the flags in groups, in the order in which a user thinks of them. */
export function withBenchFlags(command: Command): Command {
  return withOutputFlags(withMoneyFlags(withDataFlags(withLoadFlags(withEndpointFlags(command)))))
}

function withEndpointFlags(command: Command): Command {
  return command
    .optionsGroup('Endpoint (keys come from TOKENWRIGHT_API_KEY or OPENAI_API_KEY, never from a flag):')
    .option('-m, --model <name>', 'model to ask for (default: the only one that the server lists)')
    .option(
      '--endpoint <kind>',
      'chat (default), completions, responses, messages, embeddings, rerank, transcription, template',
    )
    .option('--endpoint-path <path>', 'another path than that of the kind')
    .option(
      '--template <file>',
      'JSON body with {{prompt}}, {{model}}, {{max_tokens}}, for --endpoint template',
    )
    .option('--no-streaming', 'ask for whole answers: no TTFT, no TPOT')
    .addOption(repeatable('-H, --header <name:value>', 'header of every request'))
    .addOption(repeatable('--extra-inputs <name:value>', 'field of every request body: temperature:0'))
    .option('--no-exact-length', 'do not ask for ignore_eos and min_tokens, which strict APIs refuse')
    .option('--request-timeout-seconds <n>', 'give a request up after so long (default: 600)')
    .option('--connection-reuse-strategy <how>', 'pooled (default) or never')
    .option('--insecure', 'accept any TLS certificate')
    .option(
      '--tokenizer <name>',
      'also count tokens here: o200k, cl100k, harmony (with gpt-tokenizer installed), emulator',
    )
}

function withLoadFlags(command: Command): Command {
  return command
    .optionsGroup('Load (default: --concurrency 1,4,16,64):')
    .option(
      '--concurrency <list>',
      'closed loop: so many requests always in flight; one point for each: 1,4,16',
    )
    .option('--request-rate <list>', 'open loop: requests per second, one point for each: 2,4,8; or 120/min')
    .option('--arrival-pattern <kind>', 'poisson (default), constant, gamma, concurrency_burst')
    .option('--arrival-smoothness <shape>', 'of gamma arrivals: 1 is Poisson, less is burstier')
    .option('--request-rate-series <list>', 'rates over time: "30s=2/s,60s=8/s,30s=2/s"')
    .option('--concurrency-ramp <time>', 'users begin one after the other over this time: 30s')
    .option('--prefill-concurrency <n>', 'at most so many requests without their first token')
    .option(
      '--user-centric-rate <rate>',
      'with --num-users: turns per second over all users, each with its own clock',
    )
    .option('--num-users <n>', 'users of --user-centric-rate')
    .option('--request-count <n>', 'stop a point after so many requests')
    .option('--benchmark-duration <time>', 'stop a point after so long (default: 60s)')
    .option('--benchmark-grace-period <time>', 'then wait so long for answers under way (default: 30s)')
    .option(
      '--warmup-request-count <n>',
      'requests before each point, with other prompts (default: as many as users)',
    )
    .option('--request-cancellation-rate <share>', 'share of requests that the client breaks off: 5%')
    .option('--request-cancellation-delay <time>', 'so long after they were sent (default: 1s)')
    .option(
      '--no-steady-start',
      'users begin together with whole answers and may lock into waves, as other tools do it',
    )
    .option('--num-profile-runs <n>', 'measure every load so many times, in turn: how far runs lie apart')
    .option('--workers <n>', 'threads that send (default: 1; more from 2,000 streams on)')
}

function withDataFlags(command: Command): Command {
  return command
    .optionsGroup('Requests (default: --isl 1024 --osl 256):')
    .option('--isl <tokens>', 'input length, mean')
    .option('--osl <tokens>', 'output length, mean')
    .option('--isl-stddev <tokens>', 'its standard deviation: normal, cut at 1')
    .option('--osl-stddev <tokens>', 'the same for the output length')
    .option(...rangeRatioFlag)
    .option('--prefix-prompt-length <tokens>', 'tokens that prompts share')
    .option('--num-prefix-prompts <n>', 'different shared prefixes (default: 1)')
    .option('--session-turns-mean <n>', 'conversations of so many turns; the real answers are sent back')
    .option('--session-turn-delay-mean <time>', 'pause between an answer and the next turn: 2s')
    .option(...turnIslFlag)
    .option('--num-sessions <n>', 'begin so many conversations')
    .option(...workloadFlag)
    .option('--input-file <file>', 'requests from a file: a trace (Mooncake, Azure, BurstGPT …) or prompts')
    .option(
      '--custom-dataset-type <kind>',
      'single_turn, multi_turn, random_pool: real prompts; else a trace',
    )
    .option('--fixed-schedule', 'send a trace at its recorded times')
    .option('--fixed-schedule-speedup <factor>', 'that many times as fast')
    .option('--audio <folder>', 'audio files for --endpoint transcription, with texts beside them')
    .option(
      '--random-seed <text>',
      'of all randomness (default: the time); the same seed sends the same requests',
    )
}

function withMoneyFlags(command: Command): Command {
  const priced = command
    .optionsGroup('Objectives and money:')
    .option('--slo <objectives>', 'e.g. "ttft p95 < 500ms, tpot p95 < 30ms"')
    .option('--goodput <limits>', 'the same per request, as AIPerf writes it: "time_to_first_token:500"')
    .option('--search <goal>', 'find the load: max-concurrency, max-rate, max-goodput, min-cost')
    .option('--require', 'exit code 3 when an objective is missed, or the measurement is invalid')
    .option('--hardware <devices>', 'what serves: 8xh200; with it everything gets a price')
  return withPriceFlags(priced, { tier: 'on-demand' })
    .option(...factsFlag)
    .option('--deployment <file>', 'deployment.yaml of plan --save-dir: compare with what it predicts')
    .option('--coefficients <file>', 'your own coefficients for that prediction')
}

function withOutputFlags(command: Command): Command {
  return command
    .optionsGroup('Server, and output:')
    .option('--server-metrics <url>', 'Prometheus page of the engine (default: /metrics beside the endpoint)')
    .option('--no-server-metrics', 'do not look for it')
    .option('--gpu-telemetry <url>', 'Prometheus page with power: DCGM or AMD exporter')
    .option('--power-metric <name>', 'metric there, in watts or joules, if it is another one')
    .option('--self-test', 'measure this load generator first, and attach its error bars')
    .option(
      '--out <folder>',
      'write result.json, requests.jsonl, summary.csv, report.html, profile_export_aiperf.json',
    )
    .option(
      '--as-reported-by <peers>',
      'with bench report FOLDER: figures by the formulas of aiperf, vllm, sglang, guidellm … or all',
    )
    .option('--json', 'print JSON')
    .option('--csv', 'print CSV, one row per point')
    .option('--html <file>', 'also write the report into a file')
}
