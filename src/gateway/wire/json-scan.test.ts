import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { GatewayError } from './gateway-error.ts'
import { defaultScanLimits, fieldValue, scanInner, scanObject, scanRequest } from './json-scan.ts'
import { anyCharacter } from './stream.fixture.ts'

const known = new Set(['model', 'stream', 'stream_options'])

function refusal(body: string | Buffer, limits = defaultScanLimits): GatewayError {
  try {
    scanRequest(Buffer.from(body as string), known, limits)
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
  throw new Error('it was accepted')
}

/** What JSON.parse says; undefined when it refuses. */
function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch {
    return undefined
  }
}

const isPlainObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Any JSON object, as servers of all kinds would write it: escapes, spaces between everything. */
const written = fc
  .tuple(
    fc.dictionary(
      fc.string({ unit: anyCharacter, maxLength: 8 }),
      fc.jsonValue({ maxDepth: 4, stringUnit: anyCharacter }),
    ),
    fc.boolean(),
    fc.constantFrom(undefined, 1, '\t'),
  )
  .map(([value, ascii, indent]) => {
    const json = JSON.stringify(value, null, indent)
    const text = ascii
      ? json.replace(/[^\x20-\x7e\s]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      : json
    return { value: JSON.parse(json) as Record<string, unknown>, bytes: Buffer.from(text) }
  })

describe('a body', () => {
  test('its fields have the values that JSON.parse finds, wherever they stand', () => {
    fc.assert(
      fc.property(written, ({ value, bytes }) => {
        const scanned = scanObject(bytes)
        expect([...scanned.fields.keys()].sort()).toEqual(Object.keys(value).sort())
        for (const [name, inner] of Object.entries(value)) expect(fieldValue(scanned, name)).toEqual(inner)
        expect(bytes.subarray(scanned.end).toString().trim()).toBe('')
      }),
      { numRuns: 150, seed: 6 },
    )
  })

  test('with a byte changed, it is accepted exactly when JSON.parse accepts it', () => {
    const base = written.filter(({ bytes }) => bytes.length > 2)
    const change = fc.record({
      at: fc.nat(),
      byte: fc.integer({ min: 0, max: 255 }),
      kind: fc.constantFrom('set', 'cut', 'add'),
    })
    fc.assert(
      fc.property(base, change, ({ bytes }, { at, byte, kind }) => {
        const place = at % bytes.length
        const head = bytes.subarray(0, place)
        const rest = bytes.subarray(kind === 'add' ? place : place + 1)
        const mutated = Buffer.concat([head, kind === 'cut' ? Buffer.alloc(0) : Buffer.from([byte]), rest])
        const value = parsed(mutated)
        const error = tryScan(mutated)
        if (isPlainObject(value)) expect(error === null || error.code === 'duplicate_field').toBe(true)
        else expect(error?.code).toBe('invalid_json')
      }),
      { numRuns: 800, seed: 6 },
    )
  })

  test.each([
    '',
    ' ',
    '[]',
    '1',
    '{"a":1}x',
    '{"a":1}{',
    '{"a":1,}',
    '{,}',
    '{"a"}',
    '{"a":}',
    '{"a":01}',
    '{"a":1.}',
    '{"a":.5}',
    '{"a":-}',
    '{"a":1e}',
    '{"a":+1}',
    '{"a":NaN}',
    '{"a":tru}',
    '{"a":nul',
    '{"a":"\u0007"}',
    '{"a":"\\x41"}',
    '{"a":"\\u12g4"}',
    '{"a":"\\u12',
    '{"a":"\\',
    '{"a":"',
    "{'a':1}",
    '{"a":[1,]}',
    '{"a":[1}',
    '{"a":{"b":1]}',
    '{"a":[',
    '\ufeff{"a":1}',
    '{"a":1}\u00a0',
  ])('%j is no JSON object', body => {
    expect(refusal(body)).toMatchObject({ status: 400, code: 'invalid_json' })
  })

  test('that is no UTF-8 is refused', () => {
    expect(
      refusal(Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xc3, 0x28, 0x22, 0x7d])).message,
    ).toContain('UTF-8')
  })

  test('what it holds is not repeated in the error', () => {
    expect(refusal('{"secret": sk-12345}').message).not.toMatch(/secret|sk-/)
  })
})

describe('names that come twice', () => {
  test.each([
    ['{"model":"a","model":"b"}', 'model'],
    ['{"model":"a","mod\\u0065l":"b"}', 'model'],
    ['{"x":1,"x":2}', 'x'],
    ['{"model":"a","Model":"b"}', 'model'],
    ['{"Stream":true}', 'stream'],
    ['{"\\u017ftream":true}', 'stream'],
    ['{"STREAM_OPTIONS":{}}', 'stream_options'],
  ])('%s', (body, param) => {
    expect(refusal(body)).toMatchObject({ status: 400, code: 'duplicate_field', param })
  })

  test('within stream_options too, by their whole name', () => {
    const scanned = scanRequest(
      Buffer.from('{"stream_options":{"include_usage":false,"include_usage":true}}'),
      known,
    )
    const span = scanned.fields.get('stream_options')!
    expect(() => scanInner(scanned, span, new Set(['include_usage']))).toThrow('stream_options.include_usage')
  })

  test('deeper, they are the upstream’s business', () => {
    expect(tryScan(Buffer.from('{"a":{"b":1,"b":2}}'))).toBe(null)
  })
})

describe('limits', () => {
  test('bytes: 413 before anything is read', () => {
    expect(refusal('{"a":"bbbbbbbb"}', { ...defaultScanLimits, bodyBytes: 10 })).toMatchObject({
      status: 413,
    })
  })

  test('depth: the outermost object counts, a hundred thousand brackets overflow nothing', () => {
    const nested = (depth: number) => `${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`
    expect(tryScan(Buffer.from(nested(256)))).toBe(null)
    expect(refusal(nested(257))).toMatchObject({ status: 400, code: 'invalid_request' })
    expect(refusal(`{"a":${'['.repeat(100_000)}`)).toMatchObject({ status: 400, code: 'invalid_request' })
  })

  test('fields', () => {
    const wide = (count: number) =>
      `{${Array.from({ length: count }, (_, index) => `"f${index}":0`).join(',')}}`
    expect(tryScan(Buffer.from(wide(256)))).toBe(null)
    expect(refusal(wide(257))).toMatchObject({ status: 400, code: 'invalid_request' })
  })
})

function tryScan(bytes: Buffer): GatewayError | null {
  try {
    scanRequest(bytes, known)
    return null
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
}
