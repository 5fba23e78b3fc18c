import { describe, expect, it } from 'vitest'
import {
  assumedPools,
  type KnownPools,
  nearestTwin,
  splitOfWholeSystem,
  type WorkerQuestion,
} from './assumed-workers.ts'
import { precisionOf } from './precision-of.ts'
import { examplePhysics, unknownPhysics } from './rows.fixture.ts'

const question: WorkerQuestion = {
  modelId: 'deepseek-ai/DeepSeek-R1',
  acceleratorId: 'gb200-nvl72',
  engine: 'trtllm',
  precision: precisionOf('deepseek-ai/DeepSeek-R1', 'fp4', 'trtllm', 'gb200-nvl72'),
  inputTokens: 900,
  outputTokens: 900,
  concurrency: 32,
  prefillRanks: 4,
  decodeRanks: 8,
}

describe('assumedPools', () => {
  it('feeds four tensor-parallel decode workers from one prefill worker under few users', () => {
    const { prefill, decode } = assumedPools(question, unknownPhysics)
    expect(prefill.replicas).toBe(1)
    expect(decode).toEqual({
      replicas: 4,
      parallelism: { tensor: 8, pipeline: 1, attentionData: 1, expert: 1 },
    })
  })

  it('spreads attention over one decode worker under many users, and over wide ones always', () => {
    for (const changed of [{ concurrency: 240 }, { decodeRanks: 32 }]) {
      const { decode } = assumedPools({ ...question, ...changed }, null)
      expect(decode.replicas).toBe(1)
      expect(decode.parallelism.attentionData).toBe(changed.decodeRanks ?? 8)
    }
  })

  it('adds prefill workers as prompts lengthen', () => {
    const prefill = (inputTokens: number) =>
      assumedPools({ ...question, concurrency: 4096, inputTokens }, examplePhysics).prefill.replicas
    expect(prefill(900)).toBeLessThan(prefill(7200))
    expect(prefill(7200)).toBeLessThan(8 * prefill(900) + 1)
  })

  it('widens workers to what the weights need, and takes unwritten widths for wide ones under many users', () => {
    const physics = { ...unknownPhysics, leastDevices: () => 4 }
    const unwritten = { ...question, engine: 'sglang', prefillRanks: 1, decodeRanks: 1 } as const
    expect(assumedPools(unwritten, physics).decode.parallelism.tensor).toBe(4)
    expect(assumedPools({ ...unwritten, concurrency: 512 }, physics).decode.parallelism.attentionData).toBe(
      32,
    )
  })
})

describe('splitOfWholeSystem', () => {
  const devicesOf = (devices: number, concurrency: number) => {
    const { prefill, decode } = splitOfWholeSystem(devices, { ...question, concurrency }, null)
    const width = (p: { tensor: number; attentionData: number }) => p.tensor * p.attentionData
    return [prefill.replicas, width(prefill.parallelism), decode.replicas, width(decode.parallelism)]
  }

  it.each([
    [36, 8, [1, 4, 4, 8]],
    [28, 48, [1, 4, 3, 8]],
    [36, 1075, [1, 4, 1, 32]],
    [24, 2048, [2, 4, 1, 16]],
    [48, 2150, [4, 4, 1, 32]],
    [12, 4300, [1, 4, 1, 8]],
  ])('%i devices at %i users', (devices, concurrency, expected) => {
    expect(devicesOf(devices, concurrency)).toEqual(expected)
  })

  it('never uses more devices than there are, and leaves less than a tray', () => {
    for (let devices = 8; devices <= 72; devices += 4) {
      for (const concurrency of [1, 64, 1024, 8192]) {
        const [p, pw, d, dw] = devicesOf(devices, concurrency) as [number, number, number, number]
        expect(p * pw + d * dw).toBeLessThanOrEqual(devices)
        expect(p * pw + d * dw).toBeGreaterThan(devices - 4)
      }
    }
  })
})

describe('nearestTwin', () => {
  const twin = (concurrency: number, workers: number): KnownPools => {
    const pools = assumedPools(question, null)
    return { key: 'a', concurrency, pools: { ...pools, decode: { ...pools.decode, replicas: workers } } }
  }

  it('takes the nearest load within four times, of the same configuration', () => {
    const known = [twin(8, 1), twin(64, 2), { ...twin(32, 3), key: 'b' }]
    expect(nearestTwin(known, 'a', 32)?.decode.replicas).toBe(2)
    expect(nearestTwin(known, 'a', 256)?.decode.replicas).toBe(2)
    expect(nearestTwin(known, 'a', 257)).toBeNull()
  })
})
