/** docs/reference/simulate-json.md names every field that simulate --json writes, and every column of --csv. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { simulationFixture } from '../src/report/simulation.fixture.ts'
import { csvHeader } from '../src/report/simulation-csv.ts'
import { renderSimulationJson } from '../src/report/simulation-json.ts'

/** Explained elsewhere: the plan's deployment, the workload's description, prices of the catalog; reasons are data. */
const elsewhere = new Set(['deployment', 'spec', 'price', 'byReason'])

function keysOf(value: unknown, found: Set<string>): Set<string> {
  if (Array.isArray(value)) for (const entry of value) keysOf(entry, found)
  else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      found.add(key)
      if (!elsewhere.has(key)) keysOf(inner, found)
    }
  }
  return found
}

const page = readFileSync(resolve(import.meta.dirname, '../docs/reference/simulate-json.md'), 'utf8')
const written = new Set([...page.matchAll(/`([^`\n]+)`/g)].flatMap(match => match[1]!.split('.')))

test('every field of the output is documented', () => {
  const keys = keysOf(JSON.parse(renderSimulationJson(simulationFixture)), new Set())
  expect([...keys].filter(key => !written.has(key))).toEqual([])
})

test('every column of the rows is documented', () => {
  const columns = csvHeader().trim().split(',')
  expect(columns.filter(column => !written.has(column))).toEqual([])
})
