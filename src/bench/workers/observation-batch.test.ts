/** What arrives in the other thread is what was sent. */
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { arbitraryObservation, observation } from '../../measure/observation.fixture.ts'
import type { HearRequest } from './load-runner.ts'
import { createObservationBatcher, type ObservationBatch, unpackBatch } from './observation-batch.ts'

const { port1, port2 } = new MessageChannel()
afterAll(() => port1.close())

function arrival(port: MessagePort): Promise<ObservationBatch> {
  return new Promise(resolve => port.once('message', resolve))
}

const plain = (heard: Parameters<HearRequest>[]) =>
  heard.map(([{ chunks, ...rest }, ended, warmUp]) => ({
    ...rest,
    us: Array.from(chunks.us),
    tokens: Array.from(chunks.tokens),
    coalesced: Array.from(chunks.coalesced),
    method: chunks.method,
    ended,
    warmUp,
  }))

test('observations arrive whole, in their order', async () => {
  const batcher = createObservationBatcher((batch, buffers) => port1.postMessage(batch, buffers))
  await fc.assert(
    fc.asyncProperty(fc.array(arbitraryObservation, { minLength: 1, maxLength: 5 }), async observations => {
      const sent = observations.map(
        (one, index): Parameters<HearRequest> => [
          one,
          { texts: index === 1 ? { reasoning: 'a', content: 'ü' } : null, held: index === 2 },
          index === 0,
        ],
      )
      for (const request of sent) batcher.add(...request)
      const arrived = arrival(port2)
      batcher.flush()
      const heard: Parameters<HearRequest>[] = []
      unpackBatch(await arrived, (...request) => heard.push(request))
      expect(plain(heard)).toEqual(plain(sent))
    }),
    { numRuns: 50 },
  )
})

test('a batch goes when it is large, and after a while when it is not', async () => {
  const sizes: number[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  const batcher = createObservationBatcher(({ items }) => {
    sizes.push(items.length)
    if (items.length === 1) resolve()
  })
  batcher.flush()
  for (let id = 0; id < 65; id++) batcher.add(observation({ id }), { texts: null, held: false }, false)
  await promise
  expect(sizes).toEqual([64, 1])
})
