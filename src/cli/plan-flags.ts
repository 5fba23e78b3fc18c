/** The flags of `plan`, as they are written; plan-request.ts checks them. */
import type { Command } from 'commander'
import { factsFlag, type PriceFlags, pueOrEntry, withPriceFlags } from './shared-flags.ts'

export interface PlanFlags extends PriceFlags {
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

/** Adds the flags in groups, in the order in which a user thinks of them. */
export function withPlanFlags(command: Command): Command {
  const priced = command
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
  const regions = 'us-texas, germany, us-east-1'
  return withPriceFlags(priced, { tier: 'reserved', regions, pue: pueOrEntry })
    .option('--load-factor <share>', 'mean demand ÷ capacity bought: 60% (default: 1, always full)')
    .option('--demand-shape <id>', 'the same from a day of demand: office-generic, or 24 numbers')
    .option(...factsFlag)
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
