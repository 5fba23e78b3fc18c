/**
 * The special functions that sampling by inversion and judging samples need: normal distribution and its inverse, gamma
 * function, incomplete gamma functions and their inverse. All to about 1e-12 or better; special-functions.test.ts has the
 * references.
 */
import { assert } from './assert.ts'

/** Relative precision at which series and continued fractions stop. */
const precision = 1e-15

/** Terms B(2k) ÷ (2k(2k − 1)) of Stirling's series (DLMF 5.11.1), exact fractions. */
const stirlingTerms = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156]

/** ln Γ(x) for x > 0: recurrence up to x ≥ 12, then Stirling's series (DLMF 5.5.1 and 5.11.1). */
export function logGamma(x: number): number {
  assert(x > 0, `the gamma function is needed for positive arguments only, got ${x}`)
  let shifted = x
  let product = 1
  while (shifted < 12) {
    product *= shifted
    shifted++
  }
  const inverse = 1 / shifted
  let series = 0
  for (let k = stirlingTerms.length - 1; k >= 0; k--) series = series * inverse * inverse + stirlingTerms[k]!
  const stirling = (shifted - 0.5) * Math.log(shifted) - shifted + 0.5 * Math.log(2 * Math.PI)
  return stirling + series * inverse - Math.log(product)
}

/** P(shape, x) = γ(shape, x) ÷ Γ(shape): the distribution function of a gamma variable with scale 1 (DLMF 8.2.4). */
export function gammaProbability(shape: number, x: number): number {
  if (x <= 0) return 0
  if (x === Number.POSITIVE_INFINITY) return 1
  return x < shape + 1 ? lowerSeries(shape, x) : 1 - upperFraction(shape, x)
}

/** Q(shape, x) = 1 − P(shape, x), without cancellation in the upper tail. */
function gammaSurvival(shape: number, x: number): number {
  if (x <= 0) return 1
  if (x === Number.POSITIVE_INFINITY) return 0
  return x < shape + 1 ? 1 - lowerSeries(shape, x) : upperFraction(shape, x)
}

/** Power series of P (DLMF 8.7.1): converges fast below the mean. */
function lowerSeries(shape: number, x: number): number {
  let term = 1 / shape
  let sum = term
  for (let n = 1; n < 10_000; n++) {
    term *= x / (shape + n)
    sum += term
    if (term < sum * precision) break
  }
  return sum * Math.exp(shape * Math.log(x) - x - logGamma(shape))
}

/** Continued fraction of Q (DLMF 8.9.2) by Lentz's method: converges fast above the mean. */
function upperFraction(shape: number, x: number): number {
  const tiny = 1e-300
  let b = x + 1 - shape
  let c = 1 / tiny
  let d = 1 / b
  let fraction = d
  for (let n = 1; n < 10_000; n++) {
    const a = -n * (n - shape)
    b += 2
    d = a * d + b
    if (Math.abs(d) < tiny) d = tiny
    c = b + a / c
    if (Math.abs(c) < tiny) c = tiny
    d = 1 / d
    const factor = d * c
    fraction *= factor
    if (Math.abs(factor - 1) < precision) break
  }
  return fraction * Math.exp(shape * Math.log(x) - x - logGamma(shape))
}

/**
 * Inverse of gammaProbability: the x below which a gamma variable with scale 1 lies with probability u.
 * Newton's method on ln P over ln x, where P of small shapes is nearly straight, kept inside a shrinking bracket.
 */
export function gammaQuantile(shape: number, u: number): number {
  if (u <= 0) return 0
  if (u >= 1) return Number.POSITIVE_INFINITY
  const logGammaShape = logGamma(shape)
  // P ≈ x^shape ÷ Γ(shape + 1) for small x (first term of DLMF 8.7.1); Wilson and Hilferty's cube elsewhere.
  const logSmall = (Math.log(u) + logGammaShape + Math.log(shape)) / shape
  if (logSmall < -30) return Math.exp(logSmall)
  const cube = 1 - 1 / (9 * shape) + normalQuantile(u) / (3 * Math.sqrt(shape))
  let logX = cube > 0.3 ? Math.log(shape * cube ** 3) : logSmall
  let low = -Number.MAX_VALUE
  let high = Number.MAX_VALUE
  for (let iteration = 0; iteration < 100; iteration++) {
    const x = Math.exp(logX)
    const density = Math.exp(shape * logX - x - logGammaShape)
    // Above the median the survival function is matched: P is too close to 1 to steer by.
    const upper = u > 0.5
    const reached = upper ? gammaSurvival(shape, x) : gammaProbability(shape, x)
    const wanted = upper ? 1 - u : u
    const excess = Math.log(reached / wanted) * (upper ? -1 : 1)
    if (excess > 0) high = logX
    else low = logX
    let next = logX - (excess * reached) / density
    if (!(next > low && next < high)) {
      next = low > -1e300 && high < 1e300 ? (low + high) / 2 : logX + (excess > 0 ? -1 : 1)
    }
    if (Math.abs(next - logX) < 1e-13 * Math.max(1, Math.abs(next))) return Math.exp(next)
    logX = next
  }
  return Math.exp(logX)
}

/** Φ(z): the standard normal distribution function, by P and Q of ½ (DLMF 7.11.1 and 7.11.2), exact in both tails. */
export function normalProbability(z: number): number {
  const half = (z * z) / 2
  return z < 0 ? gammaSurvival(0.5, half) / 2 : (1 + gammaProbability(0.5, half)) / 2
}

/** φ(z): the standard normal density. */
export function normalDensity(z: number): number {
  return Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)
}

/** Coefficients of Wichura's algorithm AS 241 (PPND16), highest power first: centre, shoulders, tails. */
const centreTop = [
  2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946,
  1971.5909503065513, 133.14166789178438, 3.3871328727963665,
]
const centreBottom = [
  5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751,
  687.1870074920579, 42.31333070160091, 1,
]
const shoulderTop = [
  0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684, 3.6478483247632045,
  5.769497221460691, 4.630337846156546, 1.4234371107496835,
]
const shoulderBottom = [
  1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008, 0.6897673349851,
  1.6763848301838038, 2.053191626637759, 1,
]
const tailTop = [
  2.0103343992922881e-7, 0.000027115555687434876, 0.0012426609473880784, 0.026532189526576124,
  0.29656057182850487, 1.7848265399172913, 5.463784911164114, 6.657904643501103,
]
const tailBottom = [
  2.0442631033899397e-15, 1.421511758316446e-7, 0.000018463183175100548, 0.0007868691311456133,
  0.014875361290850615, 0.1369298809227358, 0.599832206555888, 1,
]

function polynomial(coefficients: readonly number[], x: number): number {
  let sum = coefficients[0]!
  for (let k = 1; k < coefficients.length; k++) sum = sum * x + coefficients[k]!
  return sum
}

/** Inverse of Φ, relative error about 1e-16 (Wichura 1988, algorithm AS 241, Applied Statistics 37, 477–484). */
export function normalQuantile(u: number): number {
  const q = u - 0.5
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q
    return (q * polynomial(centreTop, r)) / polynomial(centreBottom, r)
  }
  const r = Math.sqrt(-Math.log(q < 0 ? u : 1 - u))
  if (r === Number.POSITIVE_INFINITY) return Math.sign(q) * r
  const value =
    r <= 5
      ? polynomial(shoulderTop, r - 1.6) / polynomial(shoulderBottom, r - 1.6)
      : polynomial(tailTop, r - 5) / polynomial(tailBottom, r - 5)
  return q < 0 ? -value : value
}
