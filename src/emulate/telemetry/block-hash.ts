/**
 * Block hashes as they look on the wire. The twin numbers blocks from 0; engines send SHA-256 sums cut to 64 bits. A
 * one-to-one mix (SplitMix64's finaliser, Steele, Lea and Flood 2014) spreads the numbers over all 64 bits, so that
 * subscribers meet values beyond 2^53 and 2^63 as with a real engine.
 */
import { assert } from '../../core/assert.ts'

const goldenGamma = 0x9e3779b97f4a7c15n
const mask = (1n << 64n) - 1n

/** Unsigned 64-bit hash of a block number; different numbers have different hashes. */
export function blockHash(block: number, seed: number): bigint {
  assert(Number.isSafeInteger(block), `block hash ${block} is not a whole number`)
  let hash = (BigInt(block) + BigInt(seed) * goldenGamma) & mask
  hash = ((hash ^ (hash >> 30n)) * 0xbf58476d1ce4e5b9n) & mask
  hash = ((hash ^ (hash >> 27n)) * 0x94d049bb133111ebn) & mask
  return hash ^ (hash >> 31n)
}

/** 32 bytes whose last 8, big-endian, are the 64-bit hash: what vLLM cuts its integers from (maybe_convert_block_hash). */
export function blockHashBytes(block: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(32)
  const view = new DataView(bytes.buffer)
  // The rest only has to differ from block to block: hashes under other seeds.
  for (let word = 0; word < 3; word++) view.setBigUint64(word * 8, blockHash(block, seed + word + 1))
  view.setBigUint64(24, blockHash(block, seed))
  return bytes
}
