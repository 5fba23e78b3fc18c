/** `tokenwright simulate`: what a deployment does with a workload, request by request, in virtual time. */
import { Command } from 'commander'
import { type SimulateFlags, withSimulateFlags } from '../simulate-flags.ts'

const examples = `
Examples:
  $ tokenwright simulate deployment.yaml
  $ tokenwright simulate deployment.yaml --trace mooncake.jsonl.gz --slo "ttft p95 < 2s, tpot mean < 30ms" --check
  $ tokenwright simulate deployment/ --trace azure.csv --rate 40/s --records requests.csv --html run.html
  $ tokenwright simulate --model meta-llama/Llama-3.1-70B --hardware 8xh200 --tp 4 --replicas 2 \\
      --arrival poisson --rate 12/s --isl 4000 --osl 500
  $ tokenwright simulate --model openai/gpt-oss-120b --hardware h200 --concurrency 64 --isl 2k --osl 500 --json
  $ tokenwright simulate deployment.yaml --concurrency 32 --turns 8 --isl 2000 --osl 300 --router prefix-aware
  $ tokenwright simulate h200/ mi355x/ --replicas 2,1 --rate 8/s --router cost --slo "ttft p95 < 2s, tpot mean < 50ms"
  $ tokenwright simulate deployment.yaml --fault "crash 0 at 60s for 30s" --autoscale "target=32,min=2,max=8"

A deployment file is what tokenwright plan --save-dir writes (deployment.yaml, or its folder). Without a workload of your
own, the load that the file was planned for is simulated. The same inputs and seed give the same output, byte for byte.
With --check, an objective that is missed is exit code 3.
`

export function simulateCommand(): Command {
  return withSimulateFlags(new Command('simulate'))
    .description(
      'What a deployment does with a workload: every request goes through the batching rules of the engine, in virtual ' +
        'time. Percentiles, goodput, watts, dollars per million tokens, a timeline.',
    )
    .argument(
      '[deployments...]',
      'deployment.yaml as tokenwright plan --save-dir writes it, or its folder; several are one fleet behind one router',
    )
    .addHelpText('after', examples)
    .action(async (deployments: string[], flags: SimulateFlags) => {
      const { simulateDeployment } = await import('../simulate-command.ts')
      await simulateDeployment(deployments, flags)
    })
}
