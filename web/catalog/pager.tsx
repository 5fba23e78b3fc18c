/** Long tables by the page: quick to draw, and quick to leave by keyboard. */
import { formatCount } from '../../src/report/format-number.ts'

/** Rows drawn at once. */
export const rowsOfPage = 100

interface PagerProps {
  readonly rows: number
  readonly page: number
  readonly onPage: (page: number) => void
}

/** Nothing where one page holds all. */
export function Pager({ rows, page, onPage }: PagerProps) {
  const last = lastPage(rows)
  if (last === 0) return null
  const from = page * rowsOfPage
  return (
    <nav class="pager" aria-label="Pages of the table">
      <button type="button" class="quiet" disabled={page === 0} onClick={() => onPage(page - 1)}>
        Previous
      </button>
      <span class="soft">
        {formatCount(from + 1)} to {formatCount(Math.min(rows, from + rowsOfPage))}
      </span>
      <button type="button" class="quiet" disabled={page === last} onClick={() => onPage(page + 1)}>
        Next
      </button>
    </nav>
  )
}

export function lastPage(rows: number): number {
  return Math.max(0, Math.ceil(rows / rowsOfPage) - 1)
}
