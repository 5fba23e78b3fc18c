/** docs/guides/emulate.md says what the code does. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { startTestEmulator } from './emulator.fixture.ts'
import { parseFault } from './fault-spec.ts'
import { rawPost } from './raw-client.fixture.ts'

const guide = readFileSync(new URL('../../docs/guides/emulate.md', import.meta.url), 'utf8')
const section = (heading: string): string => guide.split('\n## ').find(part => part.startsWith(heading))!

test('every fault with its defaults, and no other', () => {
  const rows = [...section('Faults').matchAll(/^\| `([a-z-]+)` \|(.*?)\|/gm)]
  for (const [, kind, parameters] of rows) {
    const defaults = [...parameters!.matchAll(/`([^`]+)`/g)].map(match => match[1])
    expect(parseFault([kind, ...defaults].join(';'), 'guide')).toEqual(parseFault(kind!, 'guide'))
  }
  const listed = rows.map(([, kind]) => kind)
  const known = String((tryFault('') as { fix?: string }).fix)
    .replace('use one of: ', '')
    .split(', ')
  expect(listed.toSorted()).toEqual(known.toSorted())
})

function tryFault(text: string): unknown {
  try {
    return parseFault(text, 'guide')
  } catch (error) {
    return error
  }
}

test('every field of the truth log, and no other', async () => {
  const emulator = await startTestEmulator()
  await rawPost(emulator.port, '/v1/completions', { prompt: 'x', max_tokens: 2 })
  const { header, requests, end } = await emulator.truth()
  const rows = [...section('The truth log').matchAll(/^\| (`.*?) \|/gm)].map(match => match[1]!)
  const documented = rows.flatMap(row => [...row.matchAll(/`(\w+)`/g)].map(match => match[1]))
  expect(documented.toSorted()).toEqual(Object.keys(requests[0]!).toSorted())
  const words = section('The truth log')
  for (const field of [...Object.keys(header), ...Object.keys(end)]) {
    expect(words).toMatch(new RegExp(`\`${field}\\b`))
  }
})
