/** Folders that `bench --out` wrote, as points to calibrate on. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { TokenwrightError } from '../core/errors.ts'
import { fileFault } from '../core/file-fault.ts'

/** What bench writes of a run whose hardware is known. */
export const pointsFile = 'points.csv'
const resultFile = 'result.json'

export function isBenchFolder(path: string): boolean {
  return existsSync(join(path, resultFile)) || existsSync(join(path, pointsFile))
}

/** One table of all runs. All are written with the same columns. */
export function joinedPoints(folders: readonly string[]): { readonly path: string; readonly text: string } {
  let header = ''
  const rows: string[] = []
  for (const folder of folders) {
    const [first = '', ...rest] = readPoints(folder).trimEnd().split('\n')
    if (header !== '' && first !== header)
      throw new TokenwrightError('measurements', 'the columns differ from those of the other runs', {
        where: join(folder, pointsFile),
        fix: 'measure again with this tokenwright, or calibrate on the runs one by one',
      })
    header = first
    rows.push(...rest)
  }
  return {
    path: folders.map(folder => join(folder, pointsFile)).join(', '),
    text: `${[header, ...rows].join('\n')}\n`,
  }
}

function readPoints(folder: string): string {
  const path = join(folder, pointsFile)
  if (!existsSync(path))
    throw new TokenwrightError('measurements', 'the run does not say what served: it has no points.csv', {
      where: folder,
      fix: 'measure with --deployment deployment.yaml, or --hardware and a model of the catalog; invalid loads give no point',
    })
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw fileFault(error, 'read the points', { where: path })
  }
}
