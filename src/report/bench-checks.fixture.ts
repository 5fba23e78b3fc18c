/** Verdicts for the report's tests: the checks of a good run, and bad ones in their place. */
import type { Verdict, VerdictCheck, VerdictLevel } from '../measure/verdict.ts'

const passed: readonly VerdictCheck[] = [
  check('event-loop-delay', 1.2, 5, 'ms', 'The client looked at its sockets up to 1.20 ms late (p99).'),
  check('client-cpu', 0.21, 0.85, 'share of a CPU', 'The busiest client thread used 21 % of a CPU.'),
  check('coalescing', 0.013, 0.1, 'share of chunks', '1.3 % of chunks came in one read with another.'),
  check('errors', 0, 0.01, 'share of requests', '0 requests were rejected or failed.'),
  check('sample-size', 400, 381, 'requests', '400 requests were served; p95 wants 381.'),
  check(
    'output-length',
    0.004,
    0.05,
    'share of tokens asked for',
    'Answers had 255 tokens of 256 asked for.',
  ),
  check('cold-start', 1.1, 2, 'times the later median', 'The first 8 requests were as fast as later ones.'),
  check('drift', 0.04, 0.2, 'change of TTFT', 'TTFT shows no trend over the run (p = 0.40).'),
  check('token-mismatch', 0, 0, 'share of output tokens', "The engine's own counters agree."),
  check('clock-step', 3, 500, 'ms', 'The wall clock moved 3.00 ms forward.'),
]

export function check(
  name: VerdictCheck['check'],
  value: number | null,
  limit: number | null,
  unit: string,
  finding: string,
  level: VerdictLevel = 'valid',
  fix = '',
): VerdictCheck {
  return { check: name, level, value, limit, unit, finding, fix }
}

export const drifting = check(
  'drift',
  0.34,
  0.2,
  'change of TTFT',
  'TTFT rose by 34 % over the run (p = 0.0008, 20 stretches).',
  'suspect',
  'A queue is growing, or a cache is filling: measure longer, with a warm-up, or at a lower load.',
)

export const failing = check(
  'errors',
  0.125,
  0.1,
  'share of requests',
  '50 of 400 requests were rejected or failed.',
  'invalid',
  'See the reasons of failures, and read the percentiles with errors as infinitely late.',
)

export function verdictOf(...bad: readonly VerdictCheck[]): Verdict {
  const names = new Set(bad.map(one => one.check))
  const levels = bad.map(({ level }) => level)
  return {
    level: levels.includes('invalid') ? 'invalid' : levels.includes('suspect') ? 'suspect' : 'valid',
    checks: [...bad, ...passed.filter(one => !names.has(one.check))],
  }
}
