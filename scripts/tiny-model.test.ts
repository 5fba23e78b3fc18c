import { describe, expect, test } from 'vitest'
import { ggufFile } from './tiny-model/gguf.ts'
import { makeVocabulary } from './tiny-model/vocabulary.ts'
import { tinyModel } from './tiny-model.ts'

/** As much of a reader as the tests need: tensors by name, with where their data lies in the file. */
function readTensors(file: Buffer): ReadonlyMap<string, { readonly at: number; readonly bytes: number }> {
  let at = 8
  const number = () => {
    at += 8
    return Number(file.readBigUInt64LE(at - 8))
  }
  const small = () => {
    at += 4
    return file.readUInt32LE(at - 4)
  }
  const text = () => {
    const length = number()
    at += length
    return file.toString('utf8', at - length, at)
  }
  const widths: Readonly<Record<number, number>> = { 4: 4, 5: 4, 6: 4, 7: 1 }
  const skip = (type: number): void => {
    if (type === 8) text()
    else if (type === 9) {
      const element = small()
      for (let left = number(); left > 0; left--) skip(element)
    } else at += widths[type]!
  }
  const tensorCount = number()
  for (let left = number(); left > 0; left--) {
    text()
    skip(small())
  }
  const infos = Array.from({ length: tensorCount }, () => {
    const name = text()
    let elements = 1
    for (let left = small(); left > 0; left--) elements *= number()
    const bytes = elements * (small() === 0 ? 4 : 2)
    return { name, bytes, offset: number() }
  })
  const start = Math.ceil(at / 32) * 32
  return new Map(infos.map(({ name, bytes, offset }) => [name, { at: start + offset, bytes }]))
}

describe('the tiny model', () => {
  const file = tinyModel(1)
  const tensors = readTensors(file)

  test('is a GGUF file of version 3 whose tensors lie aligned, one behind the other', () => {
    expect(file.toString('latin1', 0, 4)).toBe('GGUF')
    expect(file.readUInt32LE(4)).toBe(3)
    let end = 0
    for (const { at, bytes } of tensors.values()) {
      expect(at % 32).toBe(0)
      if (end > 0) expect(at - end).toBeLessThan(32)
      end = at + bytes
    }
    expect(file.length - end).toBeLessThan(32)
    expect(tensors.size).toBe(3 + 4 * 9)
  })

  test('has the parameters that its head speaks of', () => {
    const bytes = [...tensors.values()].reduce((sum, tensor) => sum + tensor.bytes, 0)
    expect(bytes / 2).toBeGreaterThan(3.8e6)
    expect(bytes / 2).toBeLessThan(4e6)
  })

  test('never says bytes, and ends now and then', () => {
    const { at } = tensors.get('output.weight')!
    const first = (token: number) => file.readUInt16LE(at + token * 256 * 2)
    // The sign of a half is its highest bit.
    expect(first(100) >>> 15).toBe(1)
    expect(first(100)).toBe(first(0))
    expect(first(2) >>> 15).toBe(0)
    expect(first(1000)).toBe(0)
  })

  test('is the same for the same seed', () => {
    expect(tinyModel(1).equals(file)).toBe(true)
    expect(tinyModel(2).equals(file)).toBe(false)
    expect(tinyModel(2).length).toBe(file.length)
  })
})

test('halves are those of IEEE 754', () => {
  const values = Float32Array.of(0, -0, 1, -2, 1 / 3, 65_504, 2 ** -14, 1e-9, 1.0005)
  const file = ggufFile(new Map(), [{ name: 'x', dimensions: [values.length], precision: 'f16', values }])
  const { at } = readTensors(file).get('x')!
  expect(Array.from(values, (_, index) => file.readUInt16LE(at + index * 2))).toEqual([
    ...[0, 0x8000, 0x3c00, 0xc000, 0x3555, 0x7bff, 0x0400, 0, 0x3c01],
  ])
})

test('pieces of the vocabulary can be put together from shorter ones', () => {
  const { tokens, scores, firstPieceId } = makeVocabulary(2048)
  expect(new Set(tokens).size).toBe(2048)
  const known = new Set(tokens.slice(firstPieceId))
  for (const piece of known) {
    const cuts = Array.from({ length: piece.length - 1 }, (_, index) => index + 1)
    const made = cuts.some(cut => known.has(piece.slice(0, cut)) && known.has(piece.slice(cut)))
    expect(piece.length === 1 || made).toBe(true)
  }
  expect(scores.slice(firstPieceId)).toEqual(scores.slice(firstPieceId).toSorted((a, b) => b - a))
  expect(() => makeVocabulary(1e6)).toThrow(/pieces for/)
})
