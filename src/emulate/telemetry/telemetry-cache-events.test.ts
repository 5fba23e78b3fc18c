/** KV events of a real fleet, as a subscriber hears them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decode } from '@msgpack/msgpack'
import { describe, expect, test } from 'vitest'
import * as zeroMq from 'zeromq'
import { engineSettings, fleetSettings, pool, request } from '../../fleet/fleet.fixture.ts'
import { blockHash } from './block-hash.ts'
import { cacheEventSettings, openStage } from './telemetry.fixture.ts'

describe('KV events', () => {
  test('tell a subscriber what the cache of each replica holds', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tokenwright-kv-'))
    const engine = engineSettings({ cacheEvents: true, skipEvents: false })
    const settings = fleetSettings({ pools: [pool({ engine, replicas: 2 })] })
    const { telemetry, events, give, until } = await openStage(settings, {
      cacheEvents: cacheEventSettings(folder),
    })
    const dealer = new zeroMq.Dealer({ receiveTimeout: 1000, linger: 0 })
    try {
      const content = { tokensPerBlock: 16, blockIds: [1, 2, 3, 4] }
      const one = request({ inputTokens: 64, content })
      give(0, { kind: 'submit', request: one })
      until(1e9)
      expect(telemetry.cacheEventEndpoints(1)!.publish).toBe(`ipc://${folder}/events_dp1`)
      dealer.connect(telemetry.cacheEventEndpoints(0)!.replay!)
      await dealer.send([Buffer.alloc(0), Buffer.alloc(8)])
      const hashes: bigint[] = []
      const tokens: number[] = []
      for (;;) {
        const [, sequence, payload] = (await dealer.receive()) as [Buffer, Buffer, Buffer]
        if (sequence.readBigInt64BE() === -1n) break
        const [, batch, rank] = decode(payload, { useBigInt64: true }) as [
          number,
          { type: string; block_hashes: bigint[]; token_ids: number[] }[],
          number,
        ]
        expect(rank).toBe(0)
        for (const event of batch) {
          expect(event.type).toBe('BlockStored')
          hashes.push(...event.block_hashes)
          tokens.push(...event.token_ids)
        }
      }
      const stored = events.flatMap(event =>
        event.kind === 'engine' && event.event.kind === 'blocks-stored' ? event.event.hashes : [],
      )
      expect(stored.length).toBeGreaterThanOrEqual(4)
      expect(hashes).toEqual(stored.map(block => blockHash(block, 0)))
      expect(tokens.slice(0, 64)).toEqual(Array.from({ length: 64 }, (_, index) => one.id * 100 + index))
    } finally {
      dealer.close()
      telemetry.close()
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
