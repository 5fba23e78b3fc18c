import { RandomSource } from '../../src/core/random.ts'

/** Which half of the configuration groups a group is in: the twin's multipliers are fitted to half 0, and half 1 judges. */
export function halfOf(group: string): 0 | 1 {
  return new RandomSource(group).stream('half').integer(2) === 0 ? 0 : 1
}
