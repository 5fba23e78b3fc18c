import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NumberMap } from './number-map.ts'

describe('number map', () => {
  it('answers as a Map does, whatever is put in and taken out', () => {
    const step = fc.tuple(fc.constantFrom('set', 'delete'), fc.nat(40))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), steps => {
        const map = new NumberMap<{ readonly step: number }>()
        const model = new Map<number, { readonly step: number }>()
        for (const [index, [what, key]] of steps.entries()) {
          const value = { step: index }
          if (what === 'set') {
            map.set(key, value)
            model.set(key, value)
          } else expect(map.delete(key)).toBe(model.delete(key))
          expect(map.size).toBe(model.size)
          for (let other = 0; other <= 40; other++) expect(map.get(other)).toBe(model.get(other))
        }
      }),
    )
  })
})
