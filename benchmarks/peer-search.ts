/**
 * The same question to tokenwright and to AIConfigurator on this machine, run in turn, whole processes timed.
 * Needs the peer: pip install aiconfigurator (0.12.0 was tried); PEER names its program when it is not on the PATH.
 *
 *   node benchmarks/peer-search.ts [runs]
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const runs = Number(process.argv[2] ?? 5)
const peer = process.env.PEER ?? 'aiconfigurator'
const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
const question = ['--isl', '4000', '--osl', '500']
const objectives = ['--slo', 'ttft mean < 1s, tpot mean < 30ms']
const programs = [
  {
    name: 'tokenwright, H200, all engines and precisions',
    command: [
      process.execPath,
      main,
      'plan',
      'Qwen/Qwen3-32B',
      ...question,
      ...objectives,
      '--hardware',
      'h200',
      '--max-devices',
      '8',
    ],
  },
  {
    name: 'tokenwright, whole catalog',
    command: [process.execPath, main, 'plan', 'Qwen/Qwen3-32B', ...question, ...objectives],
  },
  {
    name: 'AIConfigurator, H200, TensorRT-LLM',
    command: [
      ...[peer, 'cli', 'default', '--model', 'Qwen/Qwen3-32B', '--total-gpus', '8', '--system', 'h200_sxm'],
      ...['--backend', 'trtllm', ...question, '--ttft', '1000', '--tpot', '30'],
    ],
  },
]

const seconds = programs.map((): number[] => [])
for (let run = 0; run < runs; run++) {
  programs.forEach(({ name, command }, index) => {
    const started = performance.now()
    const done = spawnSync(command[0]!, command.slice(1), { stdio: 'ignore' })
    if (done.error !== undefined || done.status !== 0) {
      console.error(
        `${name}: ${done.error?.message ?? `exit code ${done.status}`}; see the head of this file`,
      )
      process.exit(1)
    }
    seconds[index]!.push((performance.now() - started) / 1e3)
  })
}
const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
const base = median(seconds[0]!)
programs.forEach(({ name }, index) => {
  const value = median(seconds[index]!)
  console.log(`${name.padEnd(48)} ${value.toFixed(2).padStart(6)} s   ×${(value / base).toFixed(1)}`)
})
