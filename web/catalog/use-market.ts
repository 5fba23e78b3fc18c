/** The price book, fetched from beside the page when one of its parts of the catalog is first opened. */
import { useEffect, useState } from 'preact/hooks'
import bookUrl from '../../data/price-book.json?url'
import findingsUrl from '../../data/price-book-findings.json?url'
import type { PriceFindings } from '../../src/market/findings.ts'
import type { PriceBookDocument } from '../../src/market/price-book.ts'
import { fetchJson } from '../worker/catalog-files.ts'
import { faultOf } from '../worker/client.ts'
import type { Fault } from '../worker/protocol.ts'
import { type MarketFacts, marketFacts } from './market-facts.ts'

let known: MarketFacts | null = null

/** Nothing is fetched before it is wanted. */
export function useMarket(wanted: boolean): {
  readonly market: MarketFacts | null
  readonly fault: Fault | null
} {
  const [market, setMarket] = useState(known)
  const [fault, setFault] = useState<Fault | null>(null)
  useEffect(() => {
    if (!wanted || market !== null) return
    let current = true
    Promise.all([fetchJson<PriceBookDocument>(bookUrl), fetchJson<PriceFindings>(findingsUrl)]).then(
      ([document, findings]) => {
        known = marketFacts(document, findings)
        if (current) setMarket(known)
      },
      reason => {
        if (current) setFault(faultOf(reason))
      },
    )
    return () => {
      current = false
    }
  }, [wanted])
  return { market, fault }
}
