/** `tokenwright emulate`: an OpenAI-compatible server without a GPU, with the timings of a deployment. */
import { Command } from 'commander'
import { type EmulateFlags, withEmulateFlags } from '../emulate-flags.ts'

const examples = `
Examples:
  $ tokenwright plan --example --hardware h200 --save-dir deployment
  $ tokenwright emulate deployment --port 8000 --truth-log truth.jsonl
  $ tokenwright emulate --model meta-llama/Llama-3.1-8B --hardware h100 --time-scale 10
  $ tokenwright emulate --model meta-llama/Llama-3.1-70B --hardware 8xh200 --tp 4 --router prefix-aware
  $ tokenwright emulate large/ small/ --served-model-name large --served-model-name small,cheap
  $ tokenwright emulate deployment --request-fault "stall;ms=500 in 1%" --fault "crash 0 at 60s for 30s"
  $ tokenwright emulate deployment --kv-events-endpoint "tcp://*:5557" --kv-events-topic "kv@{pod}@{model}"

A deployment is what tokenwright plan --save-dir writes (deployment.yaml, or its folder). What is answered is made up; when
it is answered is what the twin of that deployment says. Ctrl-C or SIGTERM closes it in order: connections, truth log, then
a summary with the requests, the tokens, how late they left, and the bill. Guide: docs/guides/emulate.md.
`

export function emulateCommand(): Command {
  return withEmulateFlags(new Command('emulate'))
    .description(
      'An OpenAI-compatible server without a GPU: the engines and routing of a deployment in real time, with vLLM-shaped ' +
        'metrics, KV events, faults on demand, and a log of when every token really left.',
    )
    .argument('[deployments...]', 'deployment.yaml as tokenwright plan --save-dir writes it, or its folder')
    .addHelpText('after', examples)
    .action(async (deployments: string[], flags: EmulateFlags) => {
      const { emulate } = await import('../emulate-run.ts')
      await emulate(deployments, flags)
    })
}
