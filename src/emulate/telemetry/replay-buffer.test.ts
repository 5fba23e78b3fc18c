import fc from 'fast-check'
import { expect, test } from 'vitest'
import { append, createReplayBuffer, replay } from './replay-buffer.ts'

test('gives the last batches from any number on', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 20 }),
      fc.nat({ max: 60 }),
      fc.bigInt({ min: 0n, max: 2n ** 64n }),
      (room, count, start) => {
        const buffer = createReplayBuffer(room)
        for (let index = 0; index < count; index++)
          expect(append(buffer, new Uint8Array([index]))).toBe(index)
        const got = [...replay(buffer, start)].map(({ sequence, payload }) => [sequence, payload[0]])
        const expected = Array.from({ length: count }, (_, index) => index)
          .slice(Math.max(0, count - room))
          .filter(index => BigInt(index) >= start)
        expect(got).toEqual(expected.map(index => [index, index]))
      },
    ),
  )
})
