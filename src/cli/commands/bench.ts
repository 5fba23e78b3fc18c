/** `tokenwright bench`: what a running endpoint costs per million tokens, and whether the measurement can be trusted. */
import { Command } from 'commander'
import { type BenchFlags, withBenchFlags } from '../bench-flags.ts'

const examples = `
Examples:
  $ tokenwright bench http://localhost:8000 --concurrency 1,4,16,64 --isl 1024 --osl 256 --hardware 8xh200
  $ tokenwright bench http://localhost:8000 --search min-cost --slo "ttft p95 < 500ms, tpot p95 < 30ms" --hardware h100
  $ tokenwright bench http://localhost:8000 --request-rate 2,4,8 --arrival-pattern poisson --benchmark-duration 2min --out run
  $ tokenwright bench http://localhost:8000 --input-file mooncake.jsonl --fixed-schedule --slo "ttft p99 < 2s" --require
  $ tokenwright bench http://localhost:8000 --concurrency 8 --session-turns-mean 6 --session-turn-delay-mean 2s
  $ tokenwright bench http://localhost:8000 --endpoint transcription --audio recordings/ --hardware l4
  $ tokenwright bench quick
  $ tokenwright bench self-test
  $ tokenwright bench report run --as-reported-by all

The address is that of the server, with or without /v1. "quick" looks for a server on this machine and takes a minute.
"self-test" measures this load generator against an endpoint of known timings. Guide: docs/guides/bench.md.
`

export function benchCommand(): Command {
  return withBenchFlags(new Command('bench'))
    .description(
      'Sends load to an OpenAI-compatible endpoint and says what a million tokens cost there within the objectives, and ' +
        'whether the measurement can be trusted.',
    )
    .argument('[endpoint]', 'URL of the server, or "quick", "self-test", "report"')
    .argument('[folder]', 'with "report": the folder that bench --out wrote')
    .addHelpText('after', examples)
    .action(async (endpoint: string | undefined, folder: string | undefined, flags: BenchFlags) => {
      const { bench } = await import('../bench-command.ts')
      await bench(endpoint, flags, folder)
    })
}
