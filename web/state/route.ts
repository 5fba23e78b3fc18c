/** The address: `#/plan?model=…&isl=4000`. Everything a page shows follows from it, so a link reproduces an answer. */
import { useEffect, useState } from 'preact/hooks'

export interface Route {
  readonly page: string
  readonly params: Params
}

/** What stands in the address, by name; no name twice. */
export type Params = Readonly<Record<string, string>>

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2)
  return { page: path, params: Object.fromEntries(new URLSearchParams(query)) }
}

/** Empty values are left out: what is not said is not in the link. */
export function routeText(page: string, params: Params): string {
  const said = Object.entries(params).filter(([, value]) => value !== '')
  const query = new URLSearchParams(said).toString()
  return `#/${page}${query === '' ? '' : `?${query}`}`
}

/** Changes the address in place: the back button leads to the page before, not to the slider's last position. */
export function replaceParams(page: string, params: Params): void {
  history.replaceState(null, '', routeText(page, params))
  dispatchEvent(new HashChangeEvent('hashchange'))
}

export function useRoute(): Route {
  const [route, setRoute] = useState(() => parseRoute(location.hash))
  useEffect(() => {
    const changed = () => setRoute(parseRoute(location.hash))
    addEventListener('hashchange', changed)
    return () => removeEventListener('hashchange', changed)
  }, [])
  return route
}
