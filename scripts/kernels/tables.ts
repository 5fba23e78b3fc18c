import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { readTable, type TableRow } from './parquet-table.ts'
import { systems } from './systems.ts'

export interface FoundTable {
  readonly path: string
  readonly source: string
  readonly acceleratorId: string
  readonly generation: string
  readonly engine: string
  readonly engineVersion: string
}

/** Repository and commit of the tables (shared/data/operators README). */
export const tablesSource = {
  repository: 'github.com/ai-dynamo/aiconfigurator',
  commit: '095f58a51c4ca8e61b66ec108d86f223f8d559ce',
  folder: 'aic-core/src/aiconfigurator_core/systems/data',
  licence: 'Apache-2.0',
} as const

/** Power-annotated versions, kept apart from the newest timings. */
const powerVersions = new Set(['0.22.0'])

/** Every copy of a table: by system, engine and version, in a fixed order. Power versions only on request. */
export function findTables(dataFolder: string, family: string, name: string, power = false): FoundTable[] {
  const root = join(dataFolder, 'operators', 'tables')
  const found: FoundTable[] = []
  for (const system of systems) {
    const familyFolder = join(root, system.folder, family)
    if (!existsSync(familyFolder)) continue
    for (const engine of readdirSync(familyFolder).sort()) {
      for (const version of readdirSync(join(familyFolder, engine)).sort()) {
        const path = join(familyFolder, engine, version, `${name}.parquet`)
        if (!existsSync(path) || powerVersions.has(version) !== power) continue
        const { acceleratorId, generation } = system
        found.push({
          path,
          source: [system.folder, family, engine, version, `${name}.parquet`].join('/'),
          acceleratorId,
          generation,
          engine,
          engineVersion: version,
        })
      }
    }
  }
  return found
}

/** Table rows grouped by the value of a key function, groups in sorted order. */
export async function groupedRows(
  table: FoundTable,
  columns: readonly string[],
  key: (row: TableRow) => string,
): Promise<[string, TableRow[]][]> {
  const groups = new Map<string, TableRow[]>()
  for (const row of await readTable(table.path, columns)) {
    const name = key(row)
    const group = groups.get(name)
    if (group) group.push(row)
    else groups.set(name, [row])
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1))
}
