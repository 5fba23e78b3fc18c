/** docs/reference/plan-json.md names every field that plan --json writes. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { reportFixture } from '../src/report/plan.fixture.ts'
import { renderPlanJson } from '../src/report/plan-json.ts'

/** Fields of the catalog's own documents, explained there. */
const elsewhere = new Set(['prices'])

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

test('every field of the output is documented', () => {
  const page = readFileSync(resolve(import.meta.dirname, '../docs/reference/plan-json.md'), 'utf8')
  const written = new Set([...page.matchAll(/`([^`\n]+)`/g)].flatMap(match => match[1]!.split('.')))
  const silent = [...keysOf(JSON.parse(renderPlanJson(reportFixture)), new Set())].filter(
    key => !written.has(key),
  )
  expect(silent).toEqual([])
})
