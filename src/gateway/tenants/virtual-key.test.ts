import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  hashPattern,
  isKeyText,
  keyHasher,
  keyLength,
  mintKey,
  sameHash,
  secretBytes,
  visiblePattern,
  withoutKeys,
} from './virtual-key.ts'

const known = mintKey(new Uint8Array(secretBytes).fill(77))
const bytes = fc.uint8Array({ minLength: secretBytes, maxLength: secretBytes })

describe('keys', () => {
  test('have one form, a checksum, and 256 bits that all count', () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        const key = mintKey(a)
        expect(key).toMatch(/^tw-[0-9A-Za-z]{49}$/)
        expect(key).toHaveLength(keyLength)
        expect(isKeyText(key)).toBe(true)
        if (!Buffer.from(a).equals(Buffer.from(b))) expect(mintKey(b)).not.toBe(key)
      }),
      { numRuns: 50, seed: 6 },
    )
    expect(isKeyText(mintKey(new Uint8Array(secretBytes)))).toBe(true)
    expect(isKeyText(mintKey(new Uint8Array(secretBytes).fill(255)))).toBe(true)
    expect(mintKey()).not.toBe(mintKey())
  })

  test('with one character changed are no keys', () => {
    fc.assert(
      fc.property(
        bytes,
        fc.nat({ max: keyLength - 4 }),
        fc.constantFrom('0', 'z', 'Q'),
        (random, at, other) => {
          const key = mintKey(random)
          const wrong = key.slice(0, 3 + at) + other + key.slice(4 + at)
          expect(isKeyText(wrong)).toBe(wrong === key)
        },
      ),
      { numRuns: 100, seed: 6 },
    )
  })

  test.each([
    '',
    'tw-',
    'sk-abc',
    `tw-${'0'.repeat(48)}`,
    `tw-${'0'.repeat(48)}!`,
    `${known}\n`,
    known.toUpperCase(),
  ])('refuses %j', text => expect(isKeyText(text)).toBe(false))
})

describe('digests', () => {
  test('are the same for the same key and pepper only, and do not hold the key', () => {
    const key = mintKey()
    const pepper = Buffer.alloc(32, 1)
    const plain = keyHasher()(key)
    const peppered = keyHasher(pepper)(key)
    expect(keyHasher()(key)).toEqual(plain)
    expect(plain.hash).toMatch(hashPattern)
    expect(peppered.hash).toMatch(hashPattern)
    expect(new Set([plain.hash, peppered.hash, keyHasher(Buffer.alloc(32, 2))(key).hash]).size).toBe(3)
    expect(plain.visible).toMatch(visiblePattern)
    expect(JSON.stringify([plain, peppered])).not.toContain(key.slice(11, 20))
    expect(sameHash(plain.hash, keyHasher()(key).hash)).toBe(true)
    expect(sameHash(plain.hash, peppered.hash)).toBe(false)
  })

  test('SHA-256 of a known key', () => {
    // printf 'tw-…' | sha256sum
    const key = mintKey(new Uint8Array(secretBytes))
    expect(key).toBe(`tw-${'0'.repeat(43)}${key.slice(-6)}`)
    expect(keyHasher()('abc').hash).toBe(
      'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    )
  })

  test('a short pepper is refused without being shown', () => {
    expect(() => keyHasher(Buffer.from('hunter2'))).toThrow(/7 bytes/)
    expect(() => keyHasher(Buffer.from('hunter2'))).not.toThrow(/hunter2/)
  })
})

test('keys in the words of others are cut', () => {
  const key = known
  expect(withoutKeys(`bad value "${key}" given`)).toBe(`bad value "${key.slice(0, 11)}…" given`)
})
