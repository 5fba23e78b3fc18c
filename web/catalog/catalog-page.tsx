/** Catalog: every fact with its source, date and confidence. */
import type { FactsCatalog } from '../../src/catalog/system-types.ts'
import { formatCount } from '../../src/report/format-number.ts'
import type { PageProps } from '../app.tsx'
import { Check, TextField } from '../parts/fields.tsx'
import { Empty, Failure, Pending } from '../parts/states.tsx'
import { DataTable, Pairs } from '../parts/tables.tsx'
import { type Params, replaceParams, routeText } from '../state/route.ts'
import { useFacts } from '../state/use-facts.ts'
import type { MarketFacts } from './market-facts.ts'
import { marketSections } from './market-sections.ts'
import { lastPage, Pager, rowsOfPage } from './pager.tsx'
import { type CatalogSection, type FactEntry, factSections, matching } from './sections.ts'
import { useMarket } from './use-market.ts'
import './catalog.css'

const marketNames = ['api', 'refused']

export function CatalogPage({ params }: PageProps) {
  const { facts, fault } = useFacts()
  const { market, fault: marketFault } = useMarket(marketNames.includes(params.section ?? ''))
  if (fault) return <Failure fault={fault} />
  if (facts === null) return <Pending words="reading the facts" />
  const sections = sectionsOf(facts, market)
  const section = sections.find(({ name }) => name === params.section) ?? sections[1]!
  const query = params.q ?? ''
  const ticked = (name: string) => params[name] !== undefined
  const change = (changed: Params) => {
    const next = { ...params, section: section.name, ...changed }
    replaceParams('catalog', Object.fromEntries(Object.entries(next).filter(([, value]) => value !== '')))
  }
  /** Another list begins at its first page. */
  const narrow = (changed: Params) => change({ entry: '', page: '', ...changed })
  return (
    <div class="catalog">
      <h1>Catalog</h1>
      <p class="soft">
        What every answer stands on. ? marks low confidence: an estimate, or a figure no document was seen
        for. Facts of your own: <code>--facts</code> of the command line.
      </p>
      <nav aria-label="Parts of the catalog" class="tabs">
        {sections.map(each => (
          <a
            key={each.name}
            href={routeText('catalog', { section: each.name, q: query })}
            aria-current={each.name === section.name ? 'true' : undefined}
          >
            {each.title}{' '}
            {each.entries === null ? null : (
              <span class="soft">
                {matching(each, query, name => each === section && ticked(name)).length}
              </span>
            )}
          </a>
        ))}
      </nav>
      {section.explanation === undefined ? null : <p class="soft">{section.explanation}</p>}
      <search class="filters">
        <TextField
          label="Search names, values and sources"
          value={query}
          live
          onChange={q => narrow({ q })}
        />
        {section.filters.map(({ name, label }) => (
          <Check
            key={name}
            label={label}
            checked={ticked(name)}
            onChange={on => narrow({ [name]: on ? '1' : '' })}
          />
        ))}
      </search>
      {marketFault ? <Failure fault={marketFault} /> : null}
      {section.entries === null ? (
        marketFault ? null : (
          <Pending words="reading the price book" />
        )
      ) : (
        <Found
          section={section}
          all={section.entries.length}
          found={matching(section, query, ticked)}
          params={params}
          change={change}
        />
      )}
    </div>
  )
}

/** What the sections hold is written out for searching: they are made anew only when there is more to hold. */
let last: {
  readonly facts: FactsCatalog
  readonly market: MarketFacts | null
  readonly sections: readonly CatalogSection[]
} | null = null

function sectionsOf(facts: FactsCatalog, market: MarketFacts | null): readonly CatalogSection[] {
  if (last?.facts === facts && last.market === market) return last.sections
  const today = new Date().toISOString().slice(0, 10)
  const sections = [...factSections(facts), ...marketSections(market, today)]
  last = { facts, market, sections }
  return sections
}

interface FoundProps {
  readonly section: CatalogSection
  readonly all: number
  readonly found: readonly FactEntry[]
  readonly params: Params
  readonly change: (changed: Params) => void
}

function Found({ section, all, found, params, change }: FoundProps) {
  const place = found.findIndex(({ id }) => id === params.entry)
  // A link to an entry leads to the page on which it stands.
  const said = params.page === undefined ? Math.floor(place / rowsOfPage) : Number(params.page) - 1
  const page = Math.min(lastPage(found.length), Math.max(0, Math.floor(said) || 0))
  const shown = found.slice(page * rowsOfPage, (page + 1) * rowsOfPage)
  const picked = shown.findIndex(({ id }) => id === params.entry)
  return (
    <>
      <p class="soft" role="status">
        {formatCount(found.length)} of {formatCount(all)}
      </p>
      {found.length === 0 ? (
        <Empty>Nothing here matches. Other parts of the catalog may: their counts are above.</Empty>
      ) : (
        <>
          <Pager rows={found.length} page={page} onPage={to => change({ page: String(to + 1), entry: '' })} />
          <DataTable
            table={section.table(shown)}
            dense
            label={section.title}
            picked={picked}
            onPick={row =>
              change({
                entry: row === picked ? '' : shown[row]!.id,
                page: page === 0 ? '' : String(page + 1),
              })
            }
            rowName={() => 'show its source'}
            detail={picked < 0 ? undefined : <Entry section={section} entry={shown[picked]!} />}
          />
          <Pager rows={found.length} page={page} onPage={to => change({ page: String(to + 1), entry: '' })} />
        </>
      )}
    </>
  )
}

function Entry({ section, entry }: { readonly section: CatalogSection; readonly entry: FactEntry }) {
  const { source, asOf, confidence, notes } = entry.provenance
  return (
    <div class="entry">
      <Pairs
        pairs={[
          ['source', source],
          ['as of', asOf],
          ['confidence', confidence],
          ...(notes ? ([['notes', notes]] as const) : []),
          ...section.pairs(entry),
        ]}
      />
    </div>
  )
}
