/** The flags of `plan`, as they are written; plan-request.ts checks them. */
import { type Command, Option } from 'commander'

export interface PlanFlags {
  readonly isl?: string
  readonly osl?: string
  readonly cached?: string
  readonly prefixCacheHit?: string
  readonly trace?: string
  readonly rate?: string
  readonly concurrency?: string
  readonly slo?: string
  readonly margin?: string
  readonly hardware?: string
  readonly engine?: string
  readonly precision?: string
  readonly maxDevices?: string
  readonly disaggregated: boolean
  readonly speculation: boolean
  readonly tier?: string
  readonly region?: string
  readonly price?: readonly string[]
  readonly electricity?: string
  readonly pue?: string
  readonly loadFactor?: string
  readonly demandShape?: string
  readonly facts?: string
  readonly coefficients?: string
  readonly example?: boolean
  readonly verify?: string | true
  readonly top?: string
  readonly json?: boolean
  readonly csv?: boolean
  readonly html?: string
  readonly saveDir?: string
  readonly force?: boolean
}

const collected = (value: string, previous: readonly string[] | undefined) => [...(previous ?? []), value]

/** Adds the flags in groups, in the order in which a user thinks of them. */
export function withPlanFlags(command: Command): Command {
  return command
    .optionsGroup('Traffic:')
    .option('--isl <tokens>', 'mean input length: 4000, 4k')
    .option('--osl <tokens>', 'mean output length')
    .option('--cached <tokens>', 'mean input tokens found in a prefix cache')
    .option('--prefix-cache-hit <share>', 'the same as a share of the input: 80%')
    .option('--trace <file>', 'lengths and prefix reuse from a trace (CSV or JSON lines, .gz too)')
    .option('--rate <rate>', 'demand to meet: 40/s, 2400/min, or "trace" for that of the trace')
    .option(
      '--concurrency <n>',
      'requests always in flight per deployment (default: as many as the objectives allow)',
    )
    .optionsGroup('Objectives:')
    .option('--slo <objectives>', 'e.g. "ttft p90 < 1s, tpot mean < 30ms"')
    .option('--margin <share>', 'share of every objective kept free for errors of the prediction: 10%')
    .optionsGroup('What to search:')
    .option('--hardware <ids>', 'accelerators, separated by commas (default: the whole catalog)')
    .option('--engine <names>', 'vllm, sglang, trtllm (default: all)')
    .option('--precision <names>', 'bf16, fp8, nvfp4, mxfp4, int4 (default: all that fit the checkpoint)')
    .option('--max-devices <n>', 'devices of one deployment at most (default: 64, with --rate 1024)')
    .option('--no-disaggregated', 'without separate prefill and decode pools')
    .option('--no-speculation', 'without speculative decoding')
    .optionsGroup('Money:')
    .option('--tier <tier>', 'owned, reserved, on-demand or spot (default: reserved)')
    .option('--region <name>', 'region of device and electricity prices: us-texas, germany, us-east-1')
    .addOption(
      new Option(
        '--price <accelerator=price>',
        'your price per device hour: h200=2.50/h (repeatable)',
      ).argParser(collected),
    )
    .option('--electricity <price>', 'your tariff per kWh: $0.07/kWh, or the id of a region')
    .option('--pue <factor>', 'utility power ÷ IT power: 1.25, or the name of a catalog entry')
    .option('--load-factor <share>', 'mean demand ÷ capacity bought: 60% (default: 1, always full)')
    .option('--demand-shape <id>', 'the same from a day of demand: office-generic, or 24 numbers')
    .option('--facts <file>', 'YAML file with your own accelerators, prices, tariffs')
    .option('--coefficients <file>', 'your own calibration, as tokenwright calibrate writes it')
    .option('--verify [n]', 'simulate the n cheapest (default: 3) and show where the twin differs')
    .optionsGroup('Output:')
    .option('--top <n>', 'rows of the ranking (default: 10; files: all)')
    .option('--json', 'print JSON')
    .option('--csv', 'print CSV, one row per deployment')
    .option('--html <file>', 'also write one page with figures')
    .option('--save-dir <folder>', 'also write launch files, benchmark and all reports into a folder')
    .option('--force', 'write into a folder that holds other files')
    .option('--example', 'a built-in question: Llama-3.1-70B, 4,000 in, 500 out, over all hardware')
}
