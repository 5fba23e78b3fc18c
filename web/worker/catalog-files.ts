/** The catalog, fetched once from files beside the page: by the page for its lists, by each worker for its answers. */

import acceleratorsUrl from '../../data/accelerators.json?url'
import costParametersUrl from '../../data/cost-parameters.json?url'
import electricityUrl from '../../data/electricity.json?url'
import gapsUrl from '../../data/gaps.json?url'
import shapesUrl from '../../data/hourly-shapes.json?url'
import modelsUrl from '../../data/models/index.json?url'
import pricesUrl from '../../data/prices.json?url'
import pueUrl from '../../data/pue.json?url'
import systemsUrl from '../../data/systems.json?url'
import type { FactsCatalog } from '../../src/catalog/system-types.ts'

let catalog: Promise<FactsCatalog> | undefined

export function loadCatalog(): Promise<FactsCatalog> {
  catalog ??= fetchCatalog()
  return catalog
}

async function fetchCatalog(): Promise<FactsCatalog> {
  const [accelerators, prices, electricity, pue, models, systems, shapes, costParameters, gaps] =
    await Promise.all([
      fetchJson<FactsCatalog['accelerators']>(acceleratorsUrl),
      fetchJson<FactsCatalog['prices']>(pricesUrl),
      fetchJson<FactsCatalog['electricity']>(electricityUrl),
      fetchJson<FactsCatalog['pue']>(pueUrl),
      fetchJson<FactsCatalog['models']>(modelsUrl),
      fetchJson<FactsCatalog['systems']>(systemsUrl),
      fetchJson<FactsCatalog['shapes']>(shapesUrl),
      fetchJson<FactsCatalog['costParameters']>(costParametersUrl),
      fetchJson<FactsCatalog['gaps']>(gapsUrl),
    ])
  return { accelerators, prices, electricity, pue, models, systems, shapes, costParameters, gaps }
}

export async function fetchText(url: string): Promise<string> {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${url}: ${response.status}`)
  return response.text()
}

export async function fetchJson<T>(url: string): Promise<T> {
  return JSON.parse(await fetchText(url)) as T
}
