/**
 * Keeps two processes on processors of their own, where Linux's taskset is there: a load generator that shares one with its
 * server measures the scheduler (TTFT of the self-test off by 0.4 ms in the median apart, by 0.4 to 1.6 ms together).
 */
import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

export interface Separation {
  /** Both are apart; false where that cannot be arranged. */
  readonly apart: boolean
  /** Lets this process run everywhere again. */
  undo(): void
}

/** All threads of this process on the first of the processors it may use, and the other process on the second. */
export function separateProcessors(otherPid: number): Separation {
  const together: Separation = { apart: false, undo() {} }
  if (process.platform !== 'linux' || availableParallelism() < 2) return together
  const before = listOf(process.pid)
  const processors = before === null ? [] : expanded(before)
  if (before === null || processors.length < 2) return together
  if (!place(otherPid, String(processors[1]))) return together
  if (!place(process.pid, String(processors[0]))) return together
  return { apart: true, undo: () => void place(process.pid, before) }
}

/** `0,2-5`; null without taskset. */
function listOf(pid: number): string | null {
  const { status, stdout } = spawnSync('taskset', ['-c', '-p', String(pid)], { encoding: 'utf8' })
  return status === 0 ? (/:\s*([\d,-]+)\s*$/.exec(stdout)?.[1] ?? null) : null
}

function place(pid: number, list: string): boolean {
  return spawnSync('taskset', ['-a', '-c', '-p', list, String(pid)]).status === 0
}

function expanded(list: string): number[] {
  return list.split(',').flatMap(part => {
    const [from, to = from] = part.split('-').map(Number)
    return Array.from({ length: to! - from! + 1 }, (_, index) => from! + index)
  })
}
