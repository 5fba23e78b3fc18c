/** Architectures and accelerators by id, from the shipped facts. Reads a model's config.json when it is first asked for. */
import { existsSync, readFileSync } from 'node:fs'
import { dataFolder } from '../catalog/load-catalog-file.ts'
import type { Catalog, CatalogModel } from '../catalog/types.ts'
import { TokenwrightError } from '../core/errors.ts'
import type { ModelArchitecture } from '../model/architecture.ts'
import { parseModelConfig } from '../model/parse-model-config.ts'
import type { PointLookups } from './evaluate-point.ts'

/** Null for what the catalog lacks, and for a configuration that cannot be read. */
export function catalogLookups(catalog: Catalog, folder: URL = new URL('models/', dataFolder)): PointLookups {
  const models = byName(catalog.models)
  const accelerators = byName(catalog.accelerators)
  const architectures = new Map<string, ModelArchitecture | null>()
  return {
    accelerator: id => accelerators.get(id) ?? null,
    architecture: id => {
      const known = architectures.get(id)
      if (known !== undefined) return known
      const model = models.get(id)
      const architecture = model === undefined ? null : readArchitecture(model, folder)
      architectures.set(id, architecture)
      return architecture
    },
  }
}

/** Ids come before aliases. */
function byName<Entry extends { readonly id: string; readonly aliases: readonly string[] }>(
  entries: readonly Entry[],
): Map<string, Entry> {
  return new Map([
    ...entries.flatMap(entry => entry.aliases.map(alias => [alias, entry] as const)),
    ...entries.map(entry => [entry.id, entry] as const),
  ])
}

function readArchitecture(model: CatalogModel, folder: URL): ModelArchitecture | null {
  const config = new URL(model.configPath, folder)
  const quantisation = new URL('hf_quant_config.json', config)
  if (!existsSync(config)) return null
  try {
    return parseModelConfig(readFileSync(config, 'utf8'), {
      where: config.pathname,
      ...(existsSync(quantisation) ? { quantConfigText: readFileSync(quantisation, 'utf8') } : {}),
    })
  } catch (error) {
    if (error instanceof TokenwrightError) return null
    throw error
  }
}
