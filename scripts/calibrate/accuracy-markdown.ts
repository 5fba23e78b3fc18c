/** Small pieces of Markdown. */
import type { ErrorStatistics } from '../../src/accuracy/score.ts'

export function percent(share: number, digits = 1): string {
  return `${(100 * share).toFixed(digits)} %`
}

export function signed(share: number, digits = 0): string {
  return `${share >= 0 ? '+' : '−'}${Math.abs(100 * share).toFixed(digits)}`
}

/** Mean, median and 90th percentile. */
export function errorText(errors: ErrorStatistics | undefined): string {
  return errors === undefined
    ? '–'
    : `${percent(errors.mape)} / ${percent(errors.median)} / ${percent(errors.p90, 0)}`
}

export function table(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`
  return [line(header), `|${header.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n')
}
