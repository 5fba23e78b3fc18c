/** `plan --verify`: the cheapest candidates once more, in the twin. */
import type { FactsCatalog } from '../catalog/index.ts'
import { findAccelerator } from '../catalog/lookup.ts'
import { TokenwrightError } from '../core/errors.ts'
import type { ModelArchitecture } from '../model/index.ts'
import type { CoefficientSet } from '../perf/coefficients.ts'
import { loadCoefficients } from '../perf/load-coefficients-file.ts'
import type { PlanResult } from '../plan/index.ts'
import { type Verification, verifyCandidate } from '../plan/verify.ts'
import { loadTwinCalibration } from '../sim/load-twin-calibration-file.ts'
import { startProgress } from './progress.ts'

/** Candidates that are simulated where no number is given. */
const defaultCandidates = 3
/** More take minutes and tell little: the ranking is by cost, and these are not the cheapest. */
const mostCandidates = 50
/** So that the same plan prints the same answer. */
const seed = 1

/** How many candidates --verify asks for; 0 without it. */
export function verifiedCandidates(flag: string | true | undefined): number {
  if (flag === undefined) return 0
  if (flag === true) return defaultCandidates
  const count = Number(flag)
  if (Number.isInteger(count) && count >= 1 && count <= mostCandidates) return count
  throw new TokenwrightError('usage', `"${flag}" is not a number of candidates`, {
    where: '--verify',
    fix: `a whole number from 1 to ${mostCandidates}, or --verify alone for ${defaultCandidates}`,
  })
}

export function verifyPlan(
  result: PlanResult,
  count: number,
  catalog: FactsCatalog,
  architecture: ModelArchitecture,
  coefficients: CoefficientSet = loadCoefficients(),
): Verification[] {
  const calibration = loadTwinCalibration()
  const chosen = result.ranking.slice(0, count)
  const progress = startProgress()
  try {
    return chosen.map((candidate, index) => {
      progress.update(`simulating candidate ${index + 1} of ${chosen.length}`)
      return verifyCandidate({
        candidate,
        request: result.request,
        architecture,
        accelerator: id => findAccelerator(catalog, id),
        coefficients,
        calibration,
        seed,
      })
    })
  } finally {
    progress.finish()
  }
}
