/** Commands run within the test's own process, where starting one each time would take most of the time. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { reportFault } from '../report-fault.ts'
import { planCommand } from './plan.ts'

export interface Answer {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** What the command prints and which exit code it ends with, as main.ts would run it. One at a time. */
export async function answerOf(command: Command, flags: readonly string[]): Promise<Answer> {
  const printed = { stdout: '', stderr: '' }
  const restore = (['stdout', 'stderr'] as const).map(name => {
    const stream = process[name]
    const { write } = stream
    stream.write = (text: string | Uint8Array) => {
      printed[name] += String(text)
      return true
    }
    return () => {
      stream.write = write
    }
  })
  try {
    const quiet = command.exitOverride().configureOutput({ writeErr: () => {} })
    const status = await quiet.parseAsync([...flags], { from: 'user' }).then(
      () => 0,
      (fault: unknown) => reportFault(fault, { json: flags.includes('--json') }),
    )
    return { status, ...printed }
  } finally {
    for (const back of restore) back()
  }
}

export const exampleTrace = resolve(import.meta.dirname, '../../../docs/guides/example-trace.jsonl')

export const llama = [
  '--model',
  'meta-llama/Llama-3.1-70B',
  '--hardware',
  '8xh200',
  '--tp',
  '4',
  '--replicas',
  '2',
]

/** A folder as plan --save-dir writes it, of the built-in example. */
export async function planInto(folder: string, ...flags: readonly string[]): Promise<void> {
  const { status, stderr } = await answerOf(planCommand(), ['--example', ...flags, '--save-dir', folder])
  if (status !== 0) throw new Error(stderr)
}
