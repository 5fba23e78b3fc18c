/** Tables and name–value lists of src/report, as elements. */
import { type ComponentChildren, Fragment } from 'preact'
import type { Pair, Table } from '../../src/report/plan-facts.ts'

interface DataTableProps {
  readonly table: Table
  readonly label: string
  /** Many columns: smaller. */
  readonly dense?: boolean
  /** Row that stands out, and what choosing another does. */
  readonly picked?: number
  readonly onPick?: (row: number) => void
  /** What a row is called for those who do not see it. */
  readonly rowName?: (row: number) => string
  /** What is shown under the picked row. */
  readonly detail?: ComponentChildren
}

/** Scrolls by itself where it is wider than the page; then it can be reached by keyboard. */
export function DataTable({
  table,
  label,
  dense = false,
  picked = -1,
  onPick,
  rowName,
  detail,
}: DataTableProps) {
  const className = (index: number) => (table.columns[index]?.align === 'right' ? 'right' : undefined)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1)
    <section class={dense ? 'wide dense' : 'wide'} aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {table.columns.map(({ header }, index) => (
              <th key={header} scope="col" class={className(index)}>
                {header === '' ? <span class="hidden">note</span> : header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row, number) => (
            <Fragment key={number}>
              <tr
                class={number === picked ? 'picked' : undefined}
                onClick={onPick === undefined ? undefined : () => onPick(number)}
              >
                {row.map((cell, index) => (
                  <td key={index} class={className(index)}>
                    {index === 0 && onPick ? (
                      <button
                        type="button"
                        class="row"
                        aria-pressed={number === picked}
                        aria-label={`${cell}, ${rowName?.(number) ?? ''}`}
                      >
                        {cell}
                      </button>
                    ) : (
                      cell
                    )}
                  </td>
                ))}
              </tr>
              {number === picked && detail ? (
                <tr class="detail">
                  <td colSpan={row.length}>{detail}</td>
                </tr>
              ) : null}
            </Fragment>
          ))}
        </tbody>
      </table>
    </section>
  )
}

export function Pairs({ pairs }: { readonly pairs: readonly Pair[] }) {
  return (
    <dl class="pairs">
      {pairs.map(([name, value], index) => (
        <div key={index}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
