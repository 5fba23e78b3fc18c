/** `tokenwright plan`: the cheapest way to serve a model within latency objectives. */
import { Command } from 'commander'
import { type PlanFlags, withPlanFlags } from '../plan-flags.ts'

const examples = `
Examples:
  $ tokenwright plan --example
  $ tokenwright plan meta-llama/Llama-3.1-70B --isl 4000 --osl 500 --slo "ttft p90 < 1s, tpot mean < 30ms"
  $ tokenwright plan deepseek-ai/DeepSeek-R1 --isl 8k --osl 1k --prefix-cache-hit 60% --hardware gb200,b200,h200
  $ tokenwright plan ./config.json --trace requests.csv --rate 40/s --tier reserved --region us-texas --json
  $ tokenwright plan openai/gpt-oss-120b --isl 2k --osl 500 --price h100=2.10/h --demand-shape office-generic
  $ tokenwright plan --example --hardware h200 --verify
  $ tokenwright plan --example --html plan.html --save-dir deployment

No feasible configuration is a result: it says which constraint binds and what would relax it (exit code 3).
`

export function planCommand(): Command {
  return withPlanFlags(new Command('plan'))
    .description(
      'The cheapest way to serve a model: hardware, parallelism, precision, engine, pools, speculation; its cost per ' +
        'million tokens, latency, power, the files that launch it and the benchmark that would show it wrong.',
    )
    .argument('[model]', 'name from tokenwright catalog models, or path of a Hugging Face config.json')
    .addHelpText('after', examples)
    .action(async (model: string | undefined, flags: PlanFlags) => {
      const { runPlan } = await import('../run-plan.ts')
      await runPlan(model, flags)
    })
}
