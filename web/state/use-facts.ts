/** The catalog, asked for once. */
import { useEffect, useState } from 'preact/hooks'
import type { FactsCatalog } from '../../src/catalog/system-types.ts'
import { loadCatalog } from '../worker/catalog-files.ts'
import { faultOf } from '../worker/client.ts'
import type { Fault } from '../worker/protocol.ts'

let known: FactsCatalog | null = null

export function useFacts(): { readonly facts: FactsCatalog | null; readonly fault: Fault | null } {
  const [facts, setFacts] = useState(known)
  const [fault, setFault] = useState<Fault | null>(null)
  useEffect(() => {
    if (known !== null) return
    loadCatalog().then(
      answer => {
        known = answer
        setFacts(answer)
      },
      reason => setFault(faultOf(reason)),
    )
  }, [])
  return { facts, fault }
}
