/** A checked claim as tables and words, which the terminal and the page lay out each in its own way. */
import { agreement, type CheckedClaim, type CheckedStep } from '../claims/check-claim.ts'
import type { VerdictKind } from '../claims/claim.ts'
import { formatPercent, formatSignificant, missing } from './format-number.ts'
import type { Table } from './plan-facts.ts'

export const verdictNames: Readonly<Record<VerdictKind, string>> = {
  reproduced: 'reproduced',
  conditional: 'holds under conditions',
  refuted: 'refuted',
  projection: 'projection',
  'not-testable': 'not testable',
}

/** Inputs, then what is computed of them, each with its formula and what the claim says. */
export function arithmeticTable({ inputs, steps }: CheckedClaim): Table {
  return {
    columns: [
      { header: 'figure' },
      { header: 'value', align: 'right' },
      { header: 'unit' },
      { header: 'claimed', align: 'right' },
      { header: 'from' },
    ],
    rows: [
      ...inputs.map(({ name, value, unit, note }) => [
        words(name),
        amount(value),
        unit,
        '',
        note ?? 'stated',
      ]),
      ...steps.map(step => [
        words(step.name),
        amount(step.computed),
        step.unit,
        claimed(step),
        readableFormula(step.formula),
      ]),
    ],
  }
}

function claimed(step: CheckedStep): string {
  if (step.stated === null || step.difference === null) return missing
  const sign = step.difference < 0 ? '−' : '+'
  const off = agreement(step) === 'as stated' ? '' : ` (${sign}${formatPercent(Math.abs(step.difference))})`
  return `${amount(step.stated)}${off}`
}

/** `hopperPrice / (hopperSpeed × 3,600)` in words: names apart, signs of print. */
function readableFormula(formula: string): string {
  return formula
    .replace(/\b1e6\b/g, '1,000,000')
    .replace(/\b1e9\b/g, '1,000,000,000')
    .replaceAll('*', '×')
    .replaceAll('/', '÷')
    .replace(/ - /g, ' − ')
    .replace(/[A-Za-z]\w*/g, name => words(name))
}

/** `cost ratio at rents` for costRatioAtRents. */
function words(name: string): string {
  return name.replace(/([a-z\d])([A-Z])/g, '$1 $2').toLowerCase()
}

/** Four significant digits: enough to see a rounding. Large money is given in its own unit by the data. */
function amount(value: number): string {
  if (Math.abs(value) >= 1e9) return `${formatSignificant(value / 1e9, 4)} bn`
  return formatSignificant(value, 4)
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '')
}
