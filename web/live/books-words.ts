/** Whether the books add up, and whether they are behind, in plain words. */
import { formatUsd } from '../../src/report/format-number.ts'
import { agoText, exactUsdText } from './live-text.ts'

export interface BookLine {
  readonly deployment: string
  readonly openUsd: string
  readonly differenceUsd: string
}

export interface BooksState {
  readonly lines: readonly BookLine[]
  /** Why the gateway cannot write the ledger; null: it can. */
  readonly ledgerFault: string | null
  /** Why the books could not be read the last time; null: they were. */
  readonly readFault: string | null
  /** How long ago they were read. */
  readonly readMs: number
}

/** What is wrong, each as a sentence; empty when the difference is nought everywhere. */
export function differenceWords(lines: readonly BookLine[]): string[] {
  return lines
    .filter(({ differenceUsd }) => Number(differenceUsd) !== 0)
    .map(({ deployment, differenceUsd }) => {
      const amount = exactUsdText(differenceUsd.replace(/^-/, ''), 6)
      const said =
        Number(differenceUsd) > 0
          ? `${amount} of what its machines cost is on no request and in no idle time`
          : `requests and idle time were charged ${amount} more than its machines cost`
      return `${deployment}: ${said}. tokenwright ledger audit says which event is wrong.`
    })
}

/** What the books do not have yet, each as a sentence; empty when they are up to date. */
export function behindWords({ lines, ledgerFault, readFault, readMs }: BooksState): string[] {
  const open = lines.reduce((sum, { openUsd }) => sum + Math.max(0, Number(openUsd)), 0)
  return [
    ...(ledgerFault === null
      ? []
      : [
          'The books are behind: the gateway cannot write its ledger. What happens meanwhile waits in the gateway and is ' +
            'booked when the ledger is back; it is not in the figures below.',
        ]),
    ...(readFault === null
      ? []
      : [`The ledger could not be read. These are the books of ${agoText(readMs)} ago: ${readFault}`]),
    ...(open > 0
      ? [
          `${formatUsd(open)} of machine time is billed and not shared out yet: its intervals are still open. Requests in ` +
            'them have their part when they close.',
        ]
      : []),
  ]
}
