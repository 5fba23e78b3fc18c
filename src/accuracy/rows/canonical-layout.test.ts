import { describe, expect, it } from 'vitest'
import {
  canonicalLayout,
  expertsMissTheDevices,
  isPossibleLayout,
  layoutText,
  type WrittenLayout,
} from './canonical-layout.ts'

/** tensor, attention data, expert tensor, expert. */
function written(...sizes: (number | null)[]): WrittenLayout {
  const [tensor = null, attentionData = null, moeTensor = null, moeExpert = null] = sizes
  return { tensor, pipeline: 1, attentionData, moeTensor, moeExpert }
}

function text(layout: WrittenLayout, dump: boolean): string {
  return layoutText(canonicalLayout(layout, dump)!)
}

describe('canonicalLayout', () => {
  it.each([
    [[64, 1, 8, 8], 'TP8 EP8'],
    [[16, 1, 4, 4], 'TP4 EP4'],
    [[4, 1, 2, 2], 'TP2 EP2'],
    [[1, 64, 8, 8], 'TP1 DP8 EP8'],
    [[1, 16, 4, 4], 'TP1 DP4 EP4'],
    [[16, 1, 8, 2], 'TP8 EP2'],
    [[2, 2, 1, 4], 'TP1 DP2 EP2'],
    [[4, 4, 1, 16], 'TP1 DP4 EP4'],
    [[8, 1, 1, 8], 'TP8 EP8'],
    [[8, 1, 8, 1], 'TP8'],
    [[1, 4, 4, 1], 'TP1 DP4'],
    [[1, 32, 1, 32], 'TP1 DP32 EP32'],
  ])('reads %j of a dump as %s', (sizes, expected) => {
    expect(text(written(...sizes), true)).toBe(expected)
  })

  it('believes sources that do not multiply', () => {
    expect(text(written(8, null, 2, 4), false)).toBe('TP8 EP4')
    expect(text(written(4, null, 2, 2), false)).toBe('TP4 EP2')
  })

  it('takes empty and zero sizes as 1, and nothing at all as no layout', () => {
    expect(text(written(2, null, 0, 0), false)).toBe('TP2')
    expect(canonicalLayout(written(null, null, null, null), true)).toBeNull()
  })
})

describe('isPossibleLayout', () => {
  it('needs whole sizes and expert ranks that divide the ranks', () => {
    const base = { tensor: 8, pipeline: 1, attentionData: 1, expert: 8 }
    expect(isPossibleLayout(base)).toBe(true)
    expect(isPossibleLayout({ ...base, expert: 3 })).toBe(false)
    expect(isPossibleLayout({ ...base, tensor: 2.5, expert: 1 })).toBe(false)
  })
})

describe('expertsMissTheDevices', () => {
  it('compares expert sizes with the devices, as written or rewritten', () => {
    const misses = (sizes: number[], dump: boolean) => {
      const layout = written(...sizes)
      return expertsMissTheDevices(layout, canonicalLayout(layout, dump)!)
    }
    expect(misses([8, 1, 1, 1], false)).toBe(true)
    expect(misses([8, 1, 2, 4], false)).toBe(false)
    expect(misses([64, 1, 8, 8], true)).toBe(false)
    expect(misses([2, 2, 1, 4], true)).toBe(false)
  })
})
