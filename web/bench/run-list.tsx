/** Past runs, newest first; each opens, and two of them compare. */
import { Failure } from '../parts/states.tsx'
import { routeText } from '../state/route.ts'
import { isBrought, type KnownRun } from './known-run.ts'
import { type RunRow, rowOf, type Spread } from './run-row.ts'

interface RunListProps {
  readonly runs: readonly KnownRun[]
  /** Names of those that are to be compared, in the order of choosing. */
  readonly chosen: readonly string[]
  readonly onChosen: (ids: readonly string[]) => void
}

export function RunList({ runs, chosen, onChosen }: RunListProps) {
  const rows = runs.map(run => ({ run, row: rowOf(run.content) }))
  const readable = rows.filter(({ row }) => row !== null)
  const damaged = rows.filter(({ run }) => run.content.kind === 'damaged')
  return (
    <>
      {readable.length === 0 ? null : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1)
        <section class="wide dense" aria-label="Past runs" tabIndex={0}>
          <table class="runs">
            <thead>
              <tr>
                <th scope="col">
                  <span class="hidden">Compare</span>
                </th>
                <th scope="col">run</th>
                <th scope="col">model</th>
                <th scope="col">load</th>
                {['TTFT', 'TPOT', 'E2E'].map(name => (
                  <th key={name} scope="col" class="right">
                    {name} p50, p95
                  </th>
                ))}
                <th scope="col" class="right">
                  out tok/s
                </th>
                <th scope="col" class="right">
                  $/Mtok
                </th>
                <th scope="col" class="right">
                  within objectives
                </th>
                <th scope="col">verdict, and why</th>
              </tr>
            </thead>
            <tbody>
              {readable.map(({ run, row }) => (
                <Row key={run.id} run={run} row={row!} chosen={chosen} onChosen={onChosen} />
              ))}
            </tbody>
          </table>
        </section>
      )}
      {damaged.map(({ run }) =>
        run.content.kind === 'damaged' ? <Failure key={run.id} fault={run.content.fault} /> : null,
      )}
    </>
  )
}

interface RowProps {
  readonly run: KnownRun
  readonly row: RunRow
  readonly chosen: readonly string[]
  readonly onChosen: (ids: readonly string[]) => void
}

function Row({ run, row, chosen, onChosen }: RowProps) {
  const { id } = run
  const checked = chosen.includes(id)
  return (
    <tr class={checked ? 'picked' : undefined}>
      <td>
        <input
          type="checkbox"
          aria-label={`Compare ${id}`}
          checked={checked}
          disabled={!checked && chosen.length === 2}
          onChange={event =>
            onChosen(event.currentTarget.checked ? [...chosen, id] : chosen.filter(other => other !== id))
          }
        />
      </td>
      <td>
        <a href={routeText('bench', { run: id })}>{id === '.' ? 'this folder' : id}</a>
        <small>
          {row.started}
          {isBrought(id) ? ', in this page only' : ''}
        </small>
      </td>
      <td>
        {row.model}
        <small>{row.where}</small>
      </td>
      <td>
        {row.load}
        <small>{row.loads}</small>
      </td>
      <SpreadCell name="TTFT" spread={row.ttft} />
      <SpreadCell name="TPOT" spread={row.tpot} />
      <SpreadCell name="E2E" spread={row.endToEnd} />
      <td class="right" data-name="out tok/s">
        {row.tokens}
      </td>
      <td class="right" data-name="$/Mtok">
        {row.cost}
      </td>
      <td class="right" data-name="in objectives">
        {row.goodput}
      </td>
      <td class="why">
        {row.verdict === null ? null : <strong class={`level ${row.verdict}`}>{row.verdict}</strong>}
        <small>{row.why}</small>
      </td>
    </tr>
  )
}

interface SpreadCellProps {
  /** Stands above the figures where there is no room for columns. */
  readonly name: string
  readonly spread: Spread
}

function SpreadCell({ name, spread: [p50, p95] }: SpreadCellProps) {
  return (
    <td class="right" data-name={name}>
      {p50}
      <small>{p95}</small>
    </td>
  )
}
