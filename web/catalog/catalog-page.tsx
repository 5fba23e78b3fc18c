/** Catalog: every fact with its source, date and confidence. */
import type { PageProps } from '../app.tsx'
import { Check, TextField } from '../parts/fields.tsx'
import { Empty, Failure, Pending } from '../parts/states.tsx'
import { DataTable, Pairs } from '../parts/tables.tsx'
import { replaceParams, routeText } from '../state/route.ts'
import { useFacts } from '../state/use-facts.ts'
import { entryPairs } from './entry-facts.ts'
import { catalogSections, type FactEntry, matching } from './sections.ts'

export function CatalogPage({ params }: PageProps) {
  const { facts, fault } = useFacts()
  if (fault) return <Failure fault={fault} />
  if (facts === null) return <Pending words="reading the facts" />
  const section = catalogSections.find(({ name }) => name === params.section) ?? catalogSections[1]!
  const query = params.q ?? ''
  const lowOnly = params.low !== undefined
  const all = section.entries(facts)
  const found = matching(all, query, lowOnly)
  const table = section.table(facts, found)
  const picked = found.findIndex(({ id }) => id === params.entry)
  const change = (changed: Readonly<Record<string, string>>) => {
    const next = { ...params, section: section.name, ...changed }
    replaceParams('catalog', Object.fromEntries(Object.entries(next).filter(([, value]) => value !== '')))
  }
  return (
    <div class="catalog">
      <h1>Catalog</h1>
      <p class="soft">
        What every answer stands on. ? marks low confidence: an estimate, or a figure no document was seen
        for. Facts of your own: <code>--facts</code> of the command line.
      </p>
      <nav aria-label="Parts of the catalog" class="tabs">
        {catalogSections.map(({ name, title, entries }) => (
          <a
            key={name}
            href={routeText('catalog', { section: name, q: query })}
            aria-current={name === section.name ? 'true' : undefined}
          >
            {title} <span class="soft">{matching(entries(facts), query, lowOnly).length}</span>
          </a>
        ))}
      </nav>
      <search class="filters">
        <TextField
          label="Search names, values and sources"
          value={query}
          live
          onChange={q => change({ q, entry: '' })}
        />
        <Check
          label="Low confidence only"
          checked={lowOnly}
          onChange={low => change({ low: low ? '1' : '' })}
        />
      </search>
      <p class="soft" role="status">
        {found.length} of {all.length}
      </p>
      {found.length === 0 ? (
        <Empty>Nothing here matches. Other parts of the catalog may: their counts are above.</Empty>
      ) : (
        <DataTable
          table={table}
          dense
          label={section.title}
          picked={picked}
          onPick={row => change({ entry: row === picked ? '' : found[row]!.id })}
          rowName={() => 'show its source'}
          detail={picked < 0 ? undefined : <Entry entry={found[picked]!} />}
        />
      )}
    </div>
  )
}

function Entry({ entry }: { readonly entry: FactEntry }) {
  const { source, asOf, confidence, notes } = entry.provenance
  return (
    <div class="entry">
      <Pairs
        pairs={[
          ['source', source],
          ['as of', asOf],
          ['confidence', confidence],
          ...(notes ? ([['notes', notes]] as const) : []),
          ...entryPairs(entry),
        ]}
      />
    </div>
  )
}
