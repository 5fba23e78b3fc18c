/** The flags of `simulate`, as they are written; simulate-*.ts check them. */
import type { Command } from 'commander'
import {
  factsFlag,
  type PriceFlags,
  pueOrEntry,
  rangeRatioFlag,
  repeatable,
  turnIslFlag,
  withPriceFlags,
  workloadFlag,
} from './shared-flags.ts'

export interface SimulateFlags extends PriceFlags {
  readonly model?: string
  readonly hardware?: string
  readonly engine?: string
  readonly precision?: string
  readonly tp?: string
  readonly dp?: string
  readonly ep?: string
  readonly pp?: string
  readonly replicas?: string
  readonly prefillReplicas?: string
  readonly decodeReplicas?: string
  readonly coefficients?: string

  readonly concurrency?: string
  readonly rate?: string
  readonly arrival?: string
  readonly cv?: string
  readonly burst?: string
  readonly burstEvery?: string
  readonly start?: string
  readonly isl?: string
  readonly osl?: string
  readonly islCv?: string
  readonly oslCv?: string
  readonly rangeRatio?: string
  readonly rangeAround?: string
  readonly lengthCorrelation?: string
  readonly prefixShare?: string
  readonly prefixTokens?: string
  readonly prefixGroups?: string
  readonly prefixZipf?: string
  readonly turns?: string
  readonly turnIsl?: string
  readonly sessions?: string
  readonly thinkTime?: string
  readonly thinkCv?: string
  readonly workload?: string
  readonly requests?: string
  readonly duration?: string
  readonly warmup?: string

  readonly trace?: readonly string[]
  readonly speedup?: string
  readonly window?: string
  readonly inputFactor?: string
  readonly outputFactor?: string
  readonly reuse?: string
  readonly contextLimit?: string
  readonly replay?: string
  readonly thinkFactor?: string
  readonly maxThink?: string
  readonly repeat?: string
  readonly shuffle?: boolean

  readonly router?: string
  readonly startup?: string
  readonly faultMtbf?: string
  readonly faultMttr?: string
  readonly fault?: readonly string[]
  readonly retry?: boolean
  readonly autoscale?: readonly string[]
  readonly scaleAt?: readonly string[]
  readonly scalePeriod?: string
  readonly upgradeAt?: string

  readonly maxNumSeqs?: string
  readonly maxNumBatchedTokens?: string
  readonly maxModelLen?: string
  readonly numGpuBlocks?: string
  readonly blockSize?: string
  readonly prefixCaching: boolean
  readonly asyncScheduling?: boolean
  readonly scheduler?: string
  readonly mixedChunk?: boolean
  readonly hostCache?: string
  readonly hostBandwidth?: string
  readonly diskCache?: string
  readonly diskBandwidth?: string

  readonly slo?: string
  readonly check?: boolean
  readonly facts?: string

  readonly seed?: string
  readonly until?: string
  readonly json?: boolean
  readonly csv?: boolean
  readonly records?: string
  readonly html?: string
  readonly chromeTrace?: string
}

/** Adds the flags in groups, in the order in which a user thinks of them. */
export function withSimulateFlags(command: Command): Command {
  return withOutputFlags(
    withEngineFlags(withFleetFlags(withTraceFlags(withWorkloadFlags(withDeploymentFlags(command))))),
  )
}

function withDeploymentFlags(command: Command): Command {
  return command
    .optionsGroup('What serves (instead of a deployment file):')
    .option('--model <name>', 'name from tokenwright catalog models, or path of a config.json')
    .option('--hardware <devices>', 'accelerator and how many: h200, 8xh200')
    .option('--engine <name>', 'vllm, sglang, trtllm (default: the first of them that runs on it)')
    .option('--precision <name>', 'bf16, fp8, nvfp4, mxfp4, int4 (default: as the checkpoint is)')
    .option('--tp <n>', 'tensor parallelism (default: the devices that the rest leaves)')
    .option('--pp <n>', 'pipeline stages')
    .option('--dp <n>', 'attention-data-parallel groups of one replica')
    .option('--ep <n>', 'expert parallelism')
    .option(
      '--replicas <n>',
      'engine instances; with a file, instead of as many as it has; with several: 2,1',
    )
    .option('--prefill-replicas <n>', 'prefill and decode apart: engine instances that read prompts')
    .option('--decode-replicas <n>', 'and those that write the answers')
    .option('--coefficients <file>', 'your own coefficients of the performance model')
}

function withWorkloadFlags(command: Command): Command {
  return command
    .optionsGroup('Synthetic workload (default: the load and lengths of the deployment file):')
    .option('--concurrency <n>', 'closed loop: so many requests (or sessions) always in flight')
    .option('--rate <rate>', 'open loop: requests (or sessions) that arrive: 12/s, 700/min')
    .option('--arrival <kind>', 'constant, poisson, gamma or weibull (default: poisson)')
    .option('--cv <number>', 'coefficient of variation of the gaps, with gamma and weibull')
    .option('--burst <n>', 'open loop: so many requests at once')
    .option('--burst-every <time>', 'again after so long: 30s')
    .option('--start <how>', 'of a closed loop: steady (default), burst, or spread over a time: 30s')
    .option('--isl <tokens>', 'input length: 4000, 4k; with --turns that of the first turn')
    .option('--osl <tokens>', 'output length')
    .option('--isl-cv <number>', 'spread of the input length: lognormal with this coefficient of variation')
    .option('--osl-cv <number>', 'the same for the output length')
    .option(...rangeRatioFlag)
    .option('--range-around <share>', 'uniform lengths so much below to above them, as vllm bench')
    .option('--length-correlation <r>', 'rank correlation of input and output length, −1 to 1')
    .option('--prefix-share <share>', 'part of each prompt that is shared: 50%')
    .option('--prefix-tokens <tokens>', 'the same in tokens')
    .option('--prefix-groups <n>', 'different shared prefixes (default: 1)')
    .option('--prefix-zipf <exponent>', 'how much more popular the first of them are (default: 0, all alike)')
    .option('--turns <n>', 'sessions: requests of each, every prompt repeating what was said before')
    .option(...turnIslFlag)
    .option('--sessions <n>', 'begin so many sessions')
    .option('--think-time <time>', 'pause between an answer and the next request of the same user')
    .option('--think-cv <number>', 'its coefficient of variation (default: 0)')
    .option(...workloadFlag)
    .option('--requests <n>', 'stop after so many requests')
    .option('--duration <time>', 'no request after so long: 10min')
    .option('--warmup <what>', 'the first requests that do not count: 100, or those of a time: 30s')
}

function withTraceFlags(command: Command): Command {
  return command
    .optionsGroup('Recorded workload:')
    .addOption(repeatable('--trace <file>', 'requests from a trace: Mooncake, Azure, BurstGPT and others'))
    .option('--speedup <factor>', 'recorded times run so many times as fast; or say --rate')
    .option('--window <from..to>', 'only what starts within: 10min..20min, 0s..5min')
    .option('--input-factor <factor>', 'inputs so many times as long')
    .option('--output-factor <factor>', 'outputs so many times as long')
    .option('--reuse <share>', "how much of the trace's prefix reuse to keep (default: 100%)")
    .option('--context-limit <tokens>', 'leave out requests with more tokens, input and output')
    .option('--replay <mode>', 'arrivals: at recorded times; sessions: turns wait for answers')
    .option('--think-factor <factor>', 'pauses between turns so many times as long')
    .option('--max-think <time>', 'pauses between turns not longer than this')
    .option('--repeat <n>', 'so many passes through the trace')
    .option('--shuffle', 'in random order')
}

function withFleetFlags(command: Command): Command {
  return command
    .optionsGroup('Fleet:')
    .option('--router <policy>', 'least-loaded (default), round-robin, prefix-aware, cost, …, or JSON')
    .option('--startup <time>', 'from the order for a replica to its first request (default: 120s)')
    .option('--fault-mtbf <time>', 'crashes of each replica at random, this far apart on average')
    .option('--fault-mttr <time>', 'and how long until it starts again, on average')
    .addOption(
      repeatable('--fault <what>', '"crash 0 at 60s for 30s", "slow 1 at 2min for 1min by 3", stall, link'),
    )
    .option('--retry', 'route requests again that a crash broke off before their first token')
    .addOption(repeatable('--autoscale <how>', '"target=32,min=2,max=8": requests per replica, and more'))
    .addOption(repeatable('--scale-at <plan>', 'replicas from a time on: "10min=4,20min=2"'))
    .option('--scale-period <time>', 'the plan starts over: 24h')
    .option('--upgrade-at <time>', 'replace all replicas from then on, one at a time')
}

function withEngineFlags(command: Command): Command {
  return command
    .optionsGroup('Engine (default: as it starts by itself):')
    .option('--max-num-seqs <n>', 'sequences of one step and attention group')
    .option('--max-num-batched-tokens <n>', 'tokens of one step and attention group')
    .option('--max-model-len <tokens>', 'longest request, input and output')
    .option('--num-gpu-blocks <n>', 'KV-cache blocks of one attention group, as the engine prints them')
    .option('--block-size <tokens>', 'tokens of one block')
    .option('--no-prefix-caching', 'without reuse of prefixes')
    .option('--async-scheduling', "vLLM's asynchronous scheduling")
    .option(
      '--scheduler <policy>',
      'fcfs, priority (vLLM); fcfs, lpm (SGLang); no-evict, max-utilization (TensorRT-LLM)',
    )
    .option('--mixed-chunk', 'SGLang: prompt chunks ride with decodes')
    .option('--host-cache <bytes>', 'KV cache in host memory per device: 100GB')
    .option('--host-bandwidth <rate>', 'from host to device: 50GB/s (default, assumed)')
    .option('--disk-cache <bytes>', 'KV cache on disk per device: 1TB')
    .option('--disk-bandwidth <rate>', 'from disk to device: 5GB/s (default, assumed)')
}

function withOutputFlags(command: Command): Command {
  const priced = command
    .optionsGroup('Objectives and money:')
    .option('--slo <objectives>', 'e.g. "ttft p95 < 1s, tpot mean < 30ms" (default: those of the file)')
    .option('--check', 'exit code 3 when an objective is missed')
  return withPriceFlags(priced, { tier: 'as the file, or reserved', pue: pueOrEntry })
    .option(...factsFlag)
    .optionsGroup('Run and output:')
    .option('--seed <text>', 'of all randomness (default: 1)')
    .option('--until <time>', 'stop there, whatever is still under way')
    .option('--json', 'print JSON')
    .option('--csv', 'print CSV, one row per request')
    .option('--records <file>', 'also write that CSV into a file')
    .option('--html <file>', 'also write one page with figures')
    .option('--chrome-trace <file>', 'also write steps and requests for Perfetto or chrome://tracing')
}
