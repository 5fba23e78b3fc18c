import { describe, expect, it } from 'vitest'
import { selectEntry } from './entry-selection.ts'
import type { KernelEntry } from './types.ts'

const entry = (acceleratorId: string, generation: string, engine: string, format: string): KernelEntry => ({
  operator: 'gemm',
  acceleratorId,
  generation,
  engine,
  engineVersion: '1',
  format,
  coefficients: {},
  rows: 1,
  residual: { median: 0, p90: 0, bias: 0, heldOutRows: 1 },
  source: '',
  asOf: '2026-08-21',
})

const entries = [
  entry('h100', 'hopper', 'vllm', 'bf16'),
  entry('h100', 'hopper', 'sglang', 'bf16'),
  entry('h200', 'hopper', 'trtllm', 'bf16'),
  entry('h200', 'hopper', 'trtllm', 'fp8'),
  entry('b200', 'blackwell', 'vllm', 'nvfp4'),
  entry('h100', 'hopper', 'nccl', 'half'),
]
const pick = (id: string, generation: string, engine: string, formats: string[]) =>
  selectEntry(entries, 'gemm', { id, generation }, engine, formats)

describe('transfer rule', () => {
  it('own device and engine is fitted', () => {
    expect(pick('h100', 'hopper', 'vllm', ['bf16'])).toMatchObject({
      basis: 'fitted',
      entryId: 'gemm/h100/vllm/bf16',
    })
  })

  it('own device, other engines: all of them', () => {
    const found = pick('h100', 'hopper', 'trtllm', ['bf16'])
    expect(found?.basis).toBe('transferred')
    expect(found?.entries).toHaveLength(2)
  })

  it('a device without tables takes its generation, its own engine first', () => {
    expect(pick('h20', 'hopper', 'sglang', ['bf16'])?.entryId).toBe('gemm/h100/sglang/bf16')
  })

  it('the exact format elsewhere in the generation beats a related one on the device', () => {
    expect(pick('h100', 'hopper', 'vllm', ['fp8', 'bf16'])?.entryId).toBe('gemm/h200/trtllm/fp8')
  })

  it('a related format in the generation beats the exact one in another generation', () => {
    expect(pick('h100', 'hopper', 'vllm', ['nvfp4', 'fp8', 'bf16'])?.entryId).toBe('gemm/h200/trtllm/fp8')
  })

  it('the nearest generation comes next', () => {
    expect(pick('a100', 'ampere', 'vllm', ['nvfp4'])?.entryId).toBe('gemm/b200/vllm/nvfp4')
  })

  it('without kin, everything of the format', () => {
    const found = pick('mi300x', 'cdna', 'vllm', ['bf16'])
    expect(found).toMatchObject({ basis: 'transferred' })
    expect(found?.entries).toHaveLength(1)
    expect(pick('mi300x', 'cdna', 'atom', ['bf16'])?.entries).toHaveLength(3)
  })

  it('a library serves every engine as its own', () => {
    expect(pick('h100', 'hopper', 'vllm', ['half'])?.basis).toBe('fitted')
  })

  it('nothing at all', () => {
    expect(selectEntry([], 'gemm', { id: 'h100', generation: 'hopper' }, 'vllm', ['bf16'])).toBeNull()
  })
})
