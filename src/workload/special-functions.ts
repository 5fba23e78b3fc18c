/** Sampling by inversion needs them here; they stand in core/special-functions.ts, since judging samples needs them too. */
export {
  gammaProbability,
  gammaQuantile,
  logGamma,
  normalDensity,
  normalProbability,
  normalQuantile,
} from '../core/special-functions.ts'
