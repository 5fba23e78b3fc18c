/** The facts, fetched once from beside the page. */

import coefficientsUrl from '../../data/calibration/coefficients.json?url'
import bandsUrl from '../../data/calibration/error-bands.json?url'
import measuredUrl from '../../data/measured/serving-latency.json?url'
import type { ErrorBands } from '../../src/accuracy/error-bands.ts'
import { type NeighbourTable, neighboursOf } from '../../src/accuracy/neighbour-table.ts'
import type { TrustData } from '../../src/accuracy/trust.ts'
import { findModel } from '../../src/catalog/lookup.ts'
import type { FactsCatalog } from '../../src/catalog/system-types.ts'
import type { ModelArchitecture } from '../../src/model/architecture.ts'
import { parseModelConfig } from '../../src/model/parse-model-config.ts'
import type { CoefficientSet } from '../../src/perf/coefficients.ts'
import { fetchJson, fetchText, loadCatalog } from './catalog-files.ts'
import type { ModelSource } from './protocol.ts'

const configUrls = import.meta.glob<string>('../../data/models/*/*.json', {
  query: '?url',
  import: 'default',
  eager: true,
})

export interface World {
  readonly catalog: FactsCatalog
  readonly coefficients: CoefficientSet
  readonly trust: TrustData
}

export interface LoadedModel {
  readonly id: string
  readonly architecture: ModelArchitecture
}

let worldPromise: Promise<World> | undefined
const models = new Map<string, Promise<LoadedModel>>()

export function loadWorld(): Promise<World> {
  worldPromise ??= (async () => {
    const [catalog, coefficients, bands, measured] = await Promise.all([
      loadCatalog(),
      fetchJson<CoefficientSet>(coefficientsUrl),
      fetchJson<ErrorBands>(bandsUrl),
      fetchJson<NeighbourTable>(measuredUrl),
    ])
    return { catalog, coefficients, trust: { bands, neighbours: neighboursOf(measured) } }
  })()
  return worldPromise
}

/** Throws what the command line would: an unknown name with near ones, a config that is not understood. */
export async function loadModel(source: ModelSource, catalog: FactsCatalog): Promise<LoadedModel> {
  if (source.kind === 'config') {
    return { id: source.id, architecture: parseModelConfig(source.text, { where: source.id }) }
  }
  const { id, configPath } = findModel(catalog, source.name)
  let known = models.get(id)
  if (known === undefined) {
    known = fetchModel(id, configPath)
    models.set(id, known)
  }
  return known
}

async function fetchModel(id: string, configPath: string): Promise<LoadedModel> {
  const url = configUrl(configPath)
  if (url === undefined) throw new Error(`data/models/${configPath} is not part of the page`)
  const quantisation = configUrl(configPath.replace(/[^/]*$/, 'hf_quant_config.json'))
  const [config, quantConfigText] = await Promise.all([
    fetchText(url),
    quantisation === undefined ? undefined : fetchText(quantisation),
  ])
  const architecture = parseModelConfig(config, {
    where: configPath,
    ...(quantConfigText === undefined ? {} : { quantConfigText }),
  })
  return { id, architecture }
}

function configUrl(path: string): string | undefined {
  return configUrls[`../../data/models/${path}`]
}
