/** What makes two runs hard to compare, said before any figure: other model, lengths, load, endpoint, or a bad measurement. */
import type { ImportedRun } from './interop/imported-run.ts'

/** Mean lengths that differ by more than this are another workload. Assumed: what a range of ±2 % in lengths cannot explain. */
const sameLength = 0.02

/** Of the loads that are compared with each other; each side's repeats say the same, so the first speaks for them. */
export function comparabilityWarnings(a: ImportedRun, b: ImportedRun): string[] {
  const warnings: string[] = []
  const differ = (what: string, left: string | null, right: string | null) => {
    if (left !== null && right !== null && left !== right)
      warnings.push(`${what} differs: a ${left}, b ${right}`)
  }
  differ('model', a.model, b.model)
  differ('kind of endpoint', a.endpoint, b.endpoint)
  if (a.tool === b.tool) differ('load', a.load.name, b.load.name)
  else {
    if (!sameLoad(a, b)) differ('load', a.load.name, b.load.name)
    warnings.push(
      `measured by different tools (a ${a.tool}, b ${b.tool}): definitions differ, see the notes; requests are compared ` +
        'by one definition only where both files hold them',
    )
  }
  for (const side of ['input', 'output'] as const) {
    const left = meanTokens(a, side)
    const right = meanTokens(b, side)
    if (left === null || right === null || Math.abs(right / left - 1) <= sameLength) continue
    warnings.push(`${side} length differs: a ${left.toFixed(0)} tokens a request, b ${right.toFixed(0)}`)
  }
  return warnings
}

export function sameLoad(a: ImportedRun, b: ImportedRun): boolean {
  return (
    a.load.name === b.load.name ||
    (a.load.concurrency === b.load.concurrency &&
      a.load.requestsPerSecond === b.load.requestsPerSecond &&
      (a.load.concurrency !== null || a.load.requestsPerSecond !== null))
  )
}

function meanTokens({ tokens, counts }: ImportedRun, side: 'input' | 'output'): number | null {
  const total = tokens[side]
  return total === null || counts.served === null || counts.served === 0 ? null : total / counts.served
}

/** A measurement that its own checks distrust. */
export function verdictWarnings(side: 'a' | 'b', runs: readonly ImportedRun[]): string[] {
  return runs.flatMap(({ verdict, load }) =>
    verdict === null || verdict.level === 'valid'
      ? []
      : [
          `${side} is ${verdict.level} at ${load.name}${verdict.reasons.length > 0 ? `: ${verdict.reasons.map(withoutStop).join('; ')}` : ''}`,
        ],
  )
}

/** Findings are sentences; here they stand in one. */
function withoutStop(sentence: string): string {
  return sentence.replace(/\.$/, '')
}
