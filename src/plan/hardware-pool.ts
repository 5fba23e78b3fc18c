/** Which accelerators a search covers, and why others do not take part. */

import { findAccelerator } from '../catalog/lookup.ts'
import type { Accelerator, Catalog } from '../catalog/types.ts'
import type { Hardware } from './search/aggregated-shapes.ts'
import { isFeedForwardProcessor } from './search/hybrid-shapes.ts'
import type { PriceBook } from './search/pricing.ts'
import type { PricedHardware } from './search/shape.ts'
import type { PlanRequest, PlanResult } from './types.ts'

export interface HardwarePool {
  readonly hardware: readonly Hardware[]
  /** Devices that only hold feed-forward layers beside GPUs. */
  readonly processors: readonly PricedHardware[]
  readonly skipped: PlanResult['skippedAccelerators']
}

const unpricedProcessor =
  'no engine runs on it alone; --price or --facts would add it beside GPUs, for feed-forward layers'

/** Sorted by id: the order of the catalog never shows in an answer. */
export function hardwarePool(request: PlanRequest, catalog: Catalog, prices: PriceBook): HardwarePool {
  const named = request.acceleratorIds.map(id => findAccelerator(catalog, id))
  const wanted = named.length > 0 ? [...new Set(named)] : catalog.accelerators
  const hardware: Hardware[] = []
  const processors: PricedHardware[] = []
  const skipped: { acceleratorId: string; reason: string }[] = []
  for (const accelerator of [...wanted].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    if (isFeedForwardProcessor(accelerator)) {
      const pricing = prices.of(accelerator)
      if (pricing !== null) processors.push({ accelerator, pricing })
      else skipped.push({ acceleratorId: accelerator.id, reason: unpricedProcessor })
      continue
    }
    const reason = unusable(accelerator, request)
    const pricing = reason === null ? prices.of(accelerator) : null
    if (pricing !== null) hardware.push({ accelerator, pricing })
    else
      skipped.push({ acceleratorId: accelerator.id, reason: reason ?? `no ${request.tier} price is known` })
  }
  return { hardware, processors, skipped }
}

function unusable(accelerator: Accelerator, request: PlanRequest): string | null {
  if (accelerator.engines.length === 0) return 'none of the engines runs on it, or it cannot be bought yet'
  const engine = request.engines.some(name => accelerator.engines.includes(name))
  if (!engine)
    return `${request.engines.join(', ')} does not run on it (it has ${accelerator.engines.join(', ')})`
  return null
}
