/** Where the gate's answers are kept, and how they are made now. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { catalogLookups } from '../../src/accuracy/catalog-lookups-file.ts'
import { loadCatalog } from '../../src/catalog/index.ts'
import { loadCoefficients } from '../../src/perf/load-coefficients-file.ts'
import { answersOf, answersText, type GateAnswers, gateAnswers } from './answers.ts'
import { gateGrid } from './grid.ts'

const answersFile = new URL('predictions.tsv', import.meta.url)

/** Answers of the shipped facts and coefficients, about a second. */
export function presentAnswers(): GateAnswers {
  const catalog = loadCatalog()
  return gateAnswers(gateGrid(catalog, catalogLookups(catalog)), loadCoefficients())
}

/** Empty before the first --update. */
export function keptAnswers(): GateAnswers {
  return existsSync(answersFile) ? answersOf(readFileSync(answersFile, 'utf8')) : new Map()
}

export function keepAnswers(answers: GateAnswers): void {
  writeFileSync(answersFile, answersText(answers))
}
