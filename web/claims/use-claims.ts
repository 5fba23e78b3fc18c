/** The claims, fetched once, with their arithmetic computed here. */
import { useEffect, useState } from 'preact/hooks'
import claimsUrl from '../../data/claims.json?url'
import { type CheckedClaim, checkedClaim } from '../../src/claims/check-claim.ts'
import type { ClaimList } from '../../src/claims/claim.ts'
import { fetchJson } from '../worker/catalog-files.ts'

let known: readonly CheckedClaim[] | null = null

/** Null until they are there. */
export function useClaims(): readonly CheckedClaim[] | null {
  const [claims, setClaims] = useState(known)
  useEffect(() => {
    if (known !== null) return
    fetchJson<ClaimList>(claimsUrl).then(
      ({ entries }) => {
        known = entries.map(checkedClaim)
        setClaims(known)
      },
      () => setClaims([]),
    )
  }, [])
  return claims
}
