/** Makes a load's requests, or an agent's part of them. */
import { TokenwrightError } from '../../core/errors.ts'
import { RandomSource } from '../../core/random.ts'
import type { BenchRequests, BenchWorkload, RequestsModule } from '../bench-load.ts'
import { isIndependent } from './divided-spec.ts'
import { createDividedWorkload, everyNth } from './divided-workload.ts'
import type { Segment } from './segment.ts'

/**
 * Null when there is nothing for this agent to send.
 * @throws TokenwrightError 'usage' when several agents cannot share the requests of a module, which wait for answers.
 */
export async function openRequests(
  requests: BenchRequests,
  seed: string,
  segment: Segment,
): Promise<BenchWorkload | null> {
  if (requests.kind === 'module') {
    const { createRequests } = (await import(requests.url)) as RequestsModule
    const made = await createRequests(requests.options, new RandomSource(seed))
    if (segment.of === 1) return made
    if (made.open) return { ...made, workload: everyNth(made.workload, segment) }
    throw new TokenwrightError(
      'usage',
      'recorded requests that wait for answers cannot be divided over workers',
      {
        where: '--workers',
        fix: 'use --workers 1, or send them at recorded times or at a rate',
      },
    )
  }
  const { spec } = requests
  const workload = createDividedWorkload(spec, seed, segment)
  if (workload === null) return null
  return {
    workload,
    open: isIndependent(spec),
    isWarmUp: id => workload.isWarmup(id),
    conversations: spec.kind === 'sessions',
    notes: [],
  }
}
