/** Reads the shipped facts. They are checked by a test, so no schema library is loaded here: all files take a few milliseconds. */
import { existsSync, readFileSync } from 'node:fs'
import { fileFault } from '../core/file-fault.ts'
import type { FactsCatalog } from './system-types.ts'
import type { CatalogModel } from './types.ts'

/** data/ beside src/ in the repository and beside dist/ in the package. */
export const dataFolder = new URL('../../data/', import.meta.url)

export function loadCatalog(folder: URL = dataFolder): FactsCatalog {
  return {
    accelerators: read(folder, 'accelerators.json'),
    prices: read(folder, 'prices.json'),
    electricity: read(folder, 'electricity.json'),
    pue: read(folder, 'pue.json'),
    models: readModels(folder),
    systems: read(folder, 'systems.json'),
    shapes: read(folder, 'hourly-shapes.json'),
    costParameters: read(folder, 'cost-parameters.json'),
    gaps: read(folder, 'gaps.json'),
  }
}

function read<T>(folder: URL, name: string): readonly T[] {
  const file = new URL(name, folder)
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T[]
  } catch (error) {
    throw fileFault(error, 'read the shipped facts', { where: file.pathname, fix: 'reinstall tokenwright' })
  }
}

function readModels(folder: URL): readonly CatalogModel[] {
  const name = 'models/index.json'
  return existsSync(new URL(name, folder)) ? read(folder, name) : []
}
