/** Whether an answer rests on measurements, and which is the cheapest that does: unmeasured hardware often looks cheapest. */
import type { Candidate } from './types.ts'

/** Beyond this ratio of the band's ends, the cost is known to little better than a factor of 1.5 either way. */
const wideBand = 2

export type MissingSupport = 'assumed' | 'wide-band'

/** Null when measurements of this configuration or of its accelerator stand behind the prediction. */
export function missingSupport({ basis, band }: Candidate): MissingSupport | null {
  if (basis === 'assumed') return 'assumed'
  return band.cost.high / band.cost.low > wideBand ? 'wide-band' : null
}

/** The cheapest whose coefficients were fitted on, or that was itself measured on, its own kind of hardware. */
export function cheapestSupported(ranking: readonly Candidate[]): Candidate | null {
  return (
    ranking.find(
      candidate =>
        (candidate.basis === 'measured' || candidate.basis === 'fitted') &&
        missingSupport(candidate) === null,
    ) ?? null
  )
}
