/** Before against after: what worked and fails now, what is gone, what drifted and by how much. */
import { median, quantile } from '../../src/core/statistics.ts'
import { type AnswerName, answerNames, type GateAnswers } from './answers.ts'

export interface Broken {
  readonly key: string
  readonly reason: string
}

export interface Drift {
  readonly key: string
  readonly name: AnswerName
  readonly before: number
  readonly after: number
  /** ln(after ÷ before). */
  readonly shift: number
}

export interface GateResult {
  readonly compared: number
  /** Worked before; fails now, or is not asked any more. */
  readonly broken: readonly Broken[]
  readonly repaired: readonly string[]
  readonly added: readonly string[]
  /** Answers that moved, the farthest first. */
  readonly drifts: readonly Drift[]
  /** Answers compared by name. */
  readonly answers: number
}

/** Answers are kept with four digits: less than this is rounding. */
const leastShift = 1e-3

export function compareAnswers(before: GateAnswers, after: GateAnswers): GateResult {
  const broken: Broken[] = []
  const repaired: string[] = []
  const drifts: Drift[] = []
  let compared = 0
  for (const [key, old] of before) {
    const now = after.get(key)
    const worked = typeof old !== 'string'
    if (now === undefined) {
      if (worked) broken.push({ key, reason: 'not asked any more' })
      continue
    }
    if (typeof now === 'string') {
      if (worked) broken.push({ key, reason: now })
      continue
    }
    if (!worked) {
      repaired.push(key)
      continue
    }
    compared++
    answerNames.forEach((name, i) => {
      const shift = Math.log(now[i]! / old[i]!)
      if (Math.abs(shift) > leastShift) drifts.push({ key, name, before: old[i]!, after: now[i]!, shift })
    })
  }
  return {
    compared,
    broken,
    repaired,
    added: [...after.keys()].filter(key => !before.has(key)),
    drifts: drifts.sort((a, b) => Math.abs(b.shift) - Math.abs(a.shift)),
    answers: compared * answerNames.length,
  }
}

export interface DriftSummary {
  readonly class: string
  readonly name: AnswerName
  readonly moved: number
  readonly median: number
  readonly p90: number
  readonly largest: number
}

/** Words of a key by which drift is summed up. */
const classes = { model: 0, accelerator: 1, engine: 2, precision: 3 } as const
export type DriftClass = keyof typeof classes

/** Signed median, and sizes at the 90th percentile and the largest, of the answers that moved; by one class or all together. */
export function driftSummaries(drifts: readonly Drift[], by: DriftClass | null): DriftSummary[] {
  const levelOf = (key: string) => (by === null ? 'all' : key.split(' ')[classes[by]]!)
  return [...Map.groupBy(drifts, drift => `${levelOf(drift.key)}|${drift.name}`)]
    .map(([key, members]) => {
      const [level, name] = key.split('|') as [string, AnswerName]
      const shifts = members.map(drift => Math.expm1(drift.shift))
      const sizes = shifts.map(Math.abs)
      return {
        class: level,
        name,
        moved: members.length,
        median: median(shifts),
        p90: quantile(sizes, 0.9),
        largest: Math.max(...sizes),
      }
    })
    .sort((a, b) => (a.class === b.class ? (a.name < b.name ? -1 : 1) : a.class < b.class ? -1 : 1))
}
