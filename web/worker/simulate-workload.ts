/** What is asked of a simulated fleet: a load that the flags describe, or a trace file that somebody brought. */
import { type PreparedWorkload, preparedWorkload } from '../../src/cli/prepared-workload.ts'
import type { Analytic } from '../../src/cli/simulate-analytic.ts'
import type { RandomSource } from '../../src/core/random.ts'
import type { SimulateQuestion } from './protocol.ts'

/** The readers of traces are loaded when the first trace comes. */
export async function workloadOf(
  { flags, trace }: SimulateQuestion,
  random: RandomSource,
  analytic: Analytic,
): Promise<PreparedWorkload> {
  if (trace === null) {
    const { syntheticWorkload } = await import('../../src/cli/simulate-synthetic.ts')
    return preparedWorkload(syntheticWorkload(flags, null, analytic), random)
  }
  const [{ recordedWorkload }, { readTraceText }] = await Promise.all([
    import('../../src/cli/recorded-workload.ts'),
    import('./trace-text.ts'),
  ])
  return recordedWorkload({ kind: 'recording', table: readTraceText(trace) }, [trace.name], flags, random)
}
