/** Reads the files of a recording, or of a model of clients. */
import { present } from '../core/assert.ts'
import type { RandomSource } from '../core/random.ts'
import type { TraceSource } from '../workload/trace-source.ts'
import type { PreparedWorkload } from './prepared-workload.ts'
import { startProgress } from './progress.ts'
import { recordedWorkload } from './recorded-workload.ts'
import type { SimulateFlags } from './simulate-flags.ts'

export async function workloadOfTrace(flags: SimulateFlags, random: RandomSource): Promise<PreparedWorkload> {
  const files = present(flags.trace, 'a trace is given')
  return recordedWorkload(await readSource(files), files, flags, random)
}

async function readSource(files: readonly string[]): Promise<TraceSource> {
  const { readTraceSource } = await import('../workload/trace-file.ts')
  const progress = startProgress()
  progress.update(`reading ${files.join(', ')}`)
  try {
    return await readTraceSource(files)
  } finally {
    progress.finish()
  }
}
