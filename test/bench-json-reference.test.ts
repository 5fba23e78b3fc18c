/** docs/reference/bench-json.md says what the types say, and a real answer has no field that it lacks. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { benchJsonReference } from '../scripts/bench-json-reference.ts'
import { benchFixture, searchFixture, speechFixture } from '../src/report/bench.fixture.ts'
import { benchJson } from '../src/report/bench-json.ts'

const page = readFileSync(join(resolve(import.meta.dirname, '..'), 'docs/reference/bench-json.md'), 'utf8')

describe('the reference of bench --json', () => {
  test('is what its generator writes', () => {
    expect(benchJsonReference()).toBe(page)
  })

  test('names every field of an answer', () => {
    const names = new Set<string>()
    const collect = (value: unknown): void => {
      if (Array.isArray(value)) value.forEach(collect)
      else if (typeof value === 'object' && value !== null)
        for (const [name, inner] of Object.entries(value)) {
          names.add(name)
          // Told on the page of simulate --json, or by the names of the catalog.
          if (!['summary', 'timeline', 'curves', 'objectives', 'perMillionTokens', 'lines'].includes(name))
            collect(inner)
        }
    }
    for (const fixture of [benchFixture, searchFixture, speechFixture])
      collect(JSON.parse(benchJson(fixture)))
    expect([...names].filter(name => !page.includes(name))).toEqual([])
    expect(names.size).toBeGreaterThan(80)
  })
})
