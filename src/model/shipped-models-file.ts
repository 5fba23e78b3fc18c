/** The configs under data/models/ and what is published of them, for tests. */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { CatalogModel } from '../catalog/types.ts'
import type { ModelArchitecture } from './architecture.ts'
import { parseModelConfig } from './parse-model-config.ts'

const folder = fileURLToPath(new URL('../../data/models/', import.meta.url))

export const shippedModels = JSON.parse(
  readFileSync(`${folder}index.json`, 'utf8'),
) as readonly CatalogModel[]

export function shippedConfigText(id: string): string {
  const model = shippedModels.find(entry => entry.id === id)
  if (model === undefined) throw new Error(`no shipped model ${id}`)
  return readFileSync(folder + model.configPath, 'utf8')
}

export function shippedArchitecture(id: string): ModelArchitecture {
  const model = shippedModels.find(entry => entry.id === id)
  const quantPath = `${folder}${model?.configPath.replace('config.json', 'hf_quant_config.json')}`
  return parseModelConfig(shippedConfigText(id), {
    where: id,
    ...(existsSync(quantPath) ? { quantConfigText: readFileSync(quantPath, 'utf8') } : {}),
  })
}
