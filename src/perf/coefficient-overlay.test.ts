import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { loadCoefficients, shippedCoefficientsFingerprint } from './load-coefficients-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'overlay-'))
afterAll(() => rmSync(folder, { recursive: true }))

const cell = {
  cell: 'd/h200-sxm/vllm/fp8',
  shifts: { mbuWeights: -0.1 },
  points: 4,
  layouts: ['TP2'],
  source: 'points.csv',
}
const overlay = (change: object = {}) => ({
  schema: 'coefficients-overlay/1',
  source: 'points.csv',
  asOf: '2026-11-21',
  base: { asOf: '2026-11', fingerprint: shippedCoefficientsFingerprint() },
  cells: [cell],
  ...change,
})

function file(content: unknown): string {
  const path = join(folder, 'overlay.json')
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

describe('an overlay as coefficients', () => {
  it('is laid over the shipped ones', () => {
    const { calibrations, effects, source } = loadCoefficients(file(overlay()))
    const { cell: key, ...calibration } = cell
    expect(calibrations).toEqual({ [key]: calibration })
    expect(effects).toEqual(loadCoefficients().effects)
    expect(source).toContain('points.csv')
  })

  it.each([
    ['cut off', '{"schema": "coefficients-over', /not JSON/],
    ['of another schema', { schema: 'prices/1' }, /not a coefficient file/],
    ['nothing', 'null', /not a coefficient file/],
    ['fitted on other coefficients', overlay({ base: { asOf: '2026-01', fingerprint: 'x' } }), /2026-01/],
    ['without base', overlay({ base: undefined }), /other coefficients/],
    ['without cells', overlay({ cells: 4 }), /cells must be a list/],
    ['with an unknown coefficient', overlay({ cells: [{ ...cell, shifts: { speed: 1 } }] }), /speed/],
    ['with an absurd shift', overlay({ cells: [{ ...cell, shifts: { mbuWeights: 900 } }] }), /mbuWeights/],
    ['with a shift of text', overlay({ cells: [{ ...cell, shifts: { mbuWeights: '1' } }] }), /mbuWeights/],
    ['without points', overlay({ cells: [{ ...cell, points: 0 }] }), /points/],
    ['without layouts', overlay({ cells: [{ ...cell, layouts: 'TP2' }] }), /layouts/],
    ['with a cell of null', overlay({ cells: [null] }), /cell must be a text/],
  ])('%s is refused with its place', (_, content, message) => {
    const path = file(content)
    expect(() => loadCoefficients(path)).toThrow(
      expect.objectContaining({ code: 'facts', where: path, message: expect.stringMatching(message) }),
    )
  })
})
