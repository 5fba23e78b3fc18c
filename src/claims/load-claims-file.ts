/** Reads the shipped claims. */
import { readFileSync } from 'node:fs'
import type { Claim, ClaimList } from './claim.ts'

const shipped = new URL('../../data/claims.json', import.meta.url)

export function loadClaims(path: URL = shipped): readonly Claim[] {
  return (JSON.parse(readFileSync(path, 'utf8')) as ClaimList).entries
}
