/** A model by the path of its config.json (or its folder), or by its name in the catalog. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { dataFolder, type FactsCatalog, findModel } from '../catalog/index.ts'
import { fileFault } from '../core/file-fault.ts'
import { type ModelArchitecture, parseModelConfig } from '../model/index.ts'

export interface LoadedModel {
  readonly id: string
  readonly architecture: ModelArchitecture
}

export function loadModel(name: string, catalog: FactsCatalog): LoadedModel {
  if (looksLikePath(name)) return { id: nameOfPath(name), architecture: readModel(name) }
  const model = findModel(catalog, name)
  const path = fileURLToPath(new URL(`models/${model.configPath}`, dataFolder))
  return { id: model.id, architecture: readModel(path) }
}

/** Names of the catalog have one slash at most and never end in .json. */
function looksLikePath(name: string): boolean {
  return name.endsWith('.json') || /^(\.{1,2}|~)?\//.test(name) || existsSync(name)
}

/** The folder's name says more than config.json does. */
function nameOfPath(path: string): string {
  const full = resolve(path)
  return basename(full) === 'config.json' ? basename(dirname(full)) : basename(full, '.json')
}

/** hf_quant_config.json beside it is read as well: ModelOpt checkpoints say there how they are quantised. */
function readModel(path: string): ModelArchitecture {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
  const configPath = isFolder ? join(path, 'config.json') : path
  const quantisation = join(dirname(configPath), 'hf_quant_config.json')
  return parseModelConfig(readText(configPath), {
    where: configPath,
    ...(existsSync(quantisation) ? { quantConfigText: readText(quantisation) } : {}),
  })
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw fileFault(error, "read the model's config", {
      where: path,
      fix: 'give the path of a config.json, or a name that tokenwright catalog models lists',
    })
  }
}
