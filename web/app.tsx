/** The frame of every page: name, ways to the pages, light or dark. A page's code is loaded when it is first opened. */
import type { ComponentType } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { Failure, Pending } from './parts/states.tsx'
import { PlanPage } from './plan/plan-page.tsx'
import { type Params, routeText, useRoute } from './state/route.ts'
import { type Theme, themes, useTheme } from './state/theme.ts'
import { faultOf } from './worker/client.ts'
import type { Fault } from './worker/protocol.ts'

export interface PageProps {
  readonly params: Params
}

type Page = ComponentType<PageProps>

interface PageEntry {
  readonly name: string
  readonly title: string
  /** What the page answers, for its title in the browser. */
  readonly load: () => Promise<Page>
}

const pages: readonly PageEntry[] = [
  { name: 'plan', title: 'Plan', load: async () => PlanPage },
  {
    name: 'compare',
    title: 'Compare',
    load: async () => (await import('./compare/compare-page.tsx')).ComparePage,
  },
  {
    name: 'claims',
    title: 'Claims',
    load: async () => (await import('./claims/claims-page.tsx')).ClaimsPage,
  },
  {
    name: 'simulate',
    title: 'Simulate',
    load: async () => (await import('./simulate/simulate-page.tsx')).SimulatePage,
  },
  {
    name: 'bench',
    title: 'Bench',
    load: async () => (await import('./bench/bench-page.tsx')).BenchPage,
  },
  {
    name: 'live',
    title: 'Live',
    load: async () => (await import('./live/live-page.tsx')).LivePage,
  },
  {
    name: 'catalog',
    title: 'Catalog',
    load: async () => (await import('./catalog/catalog-page.tsx')).CatalogPage,
  },
]

export function App() {
  const { page, params } = useRoute()
  const entry = pages.find(({ name }) => name === page) ?? pages[0]!
  const main = useRef<HTMLElement>(null)
  const first = useRef(true)
  useEffect(() => {
    document.title = `${entry.title} – Tokenwright`
    // A reader of the screen is taken to the page that was asked for, but not away from the top at the start.
    if (first.current) first.current = false
    else main.current?.focus()
  }, [entry.name])
  return (
    <>
      {/* biome-ignore lint/a11y/useValidAnchor: routes are fragments, so the browser's own jump would leave the page */}
      <a
        class="skip"
        href="#main"
        onClick={event => {
          event.preventDefault()
          main.current?.focus()
        }}
      >
        Skip to content
      </a>
      <header class="top">
        <a class="brand" href="#/plan">
          Tokenwright
        </a>
        <nav aria-label="Pages">
          {pages.map(({ name, title }) => (
            <a key={name} href={routeText(name, {})} aria-current={name === entry.name ? 'page' : undefined}>
              {title}
            </a>
          ))}
        </nav>
        <ThemeSwitch />
      </header>
      <main ref={main} id="main" tabIndex={-1}>
        <LoadedPage key={entry.name} entry={entry} params={params} />
      </main>
      <footer class="foot">
        Tokenwright {__TOKENWRIGHT_VERSION__}. This page computes on this machine and asks nothing of any
        other. Prices and facts carry their dates; predictions their error bands.
      </footer>
    </>
  )
}

/** Pages loaded so far: shown at once when opened again. */
const loadedPages = new Map<string, Page>()

function LoadedPage({ entry, params }: { readonly entry: PageEntry; readonly params: Params }) {
  const [page, setPage] = useState<Page | null>(() =>
    entry.name === 'plan' ? PlanPage : (loadedPages.get(entry.name) ?? null),
  )
  const [fault, setFault] = useState<Fault | null>(null)
  useEffect(() => {
    if (page !== null) return
    entry.load().then(
      loaded => {
        loadedPages.set(entry.name, loaded)
        setPage(() => loaded)
      },
      reason => setFault(faultOf(reason)),
    )
  }, [])
  if (fault) return <Failure fault={fault} />
  if (page === null) return <Pending words="loading the page" />
  const PageView = page
  return <PageView params={params} />
}

const themeNames: Readonly<Record<Theme, string>> = { auto: 'Auto', light: 'Light', dark: 'Dark' }

function ThemeSwitch() {
  const [theme, setTheme] = useTheme()
  return (
    <label class="theme">
      <span class="hidden">Colours</span>
      <select value={theme} onChange={event => setTheme(event.currentTarget.value as Theme)}>
        {themes.map(name => (
          <option key={name} value={name}>
            {themeNames[name]}
          </option>
        ))}
      </select>
    </label>
  )
}
