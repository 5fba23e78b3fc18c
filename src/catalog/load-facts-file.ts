/** Reads a user's facts file (YAML, so JSON too), checks it and lays it over the catalog. Faults come with file and line. */
import { readFileSync } from 'node:fs'
import { TokenwrightError } from '../core/errors.ts'
import { fileFault } from '../core/file-fault.ts'
import { loadCatalog } from './load-catalog-file.ts'
import type { FactsCatalog } from './system-types.ts'

const guide = 'see docs/guides/facts.md for the form'
const shownIssues = 5

/** The shipped facts with the user's laid over them. The schema and YAML libraries are loaded only here. */
export async function loadCatalogWithFacts(
  factsPath: string | undefined,
  catalog: FactsCatalog = loadCatalog(),
): Promise<FactsCatalog> {
  if (factsPath === undefined) return catalog
  let text: string
  try {
    text = readFileSync(factsPath, 'utf8')
  } catch (error) {
    throw fileFault(error, 'read the facts file', {
      where: factsPath,
      fix: `give the path of a YAML file; ${guide}`,
    })
  }
  return applyFactsText(catalog, text, factsPath)
}

/** The same from text; `where` names the file in messages. */
export async function applyFactsText(
  catalog: FactsCatalog,
  text: string,
  where: string,
): Promise<FactsCatalog> {
  const { LineCounter, parseDocument } = await import('yaml')
  const { mergeFacts } = await import('./merge-facts.ts')
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const [fault] = document.errors
  if (fault) {
    const line = lines.linePos(fault.pos[0]).line
    throw new TokenwrightError('facts', `not valid YAML: ${fault.message.split('\n')[0]}`, {
      where: `${where}:${line}`,
      fix: guide,
    })
  }
  const { catalog: merged, issues } = mergeFacts(catalog, document.toJS() as unknown)
  if (issues.length === 0) return merged
  const lineOf = (path: readonly (string | number)[]): number => {
    for (let length = path.length; length > 0; length--) {
      const node = document.getIn(path.slice(0, length), true)
      const range = (node as { range?: [number, number, number] } | undefined)?.range
      if (range) return lines.linePos(range[0]).line
    }
    return 1
  }
  const faults = issues
    .map(issue => ({ line: lineOf(issue.path), said: `${pathText(issue.path)}: ${issue.message}` }))
    .sort((a, b) => a.line - b.line)
  const shown = faults.slice(0, shownIssues)
  const said =
    faults.length === 1
      ? shown.map(({ said }) => said)
      : shown.map(({ line, said }) => `line ${line}: ${said}`)
  if (faults.length > shownIssues) said.push(`and ${faults.length - shownIssues} more`)
  throw new TokenwrightError('facts', said.join('\n'), {
    where: `${where}:${faults[0]?.line ?? 1}`,
    fix: guide,
  })
}

/** prices[0].usdPerDeviceHour */
function pathText(path: readonly (string | number)[]): string {
  const text = path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`))
    .join('')
  return text || 'file'
}
