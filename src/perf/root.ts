/**
 * Root of an increasing function on [low, high] by regula falsi with the Illinois modification (Dowell & Jarratt 1971):
 * bracketed like bisection, superlinear on the smooth curves here. Returns the bound when the root lies outside.
 */
export function increasingRoot(
  evaluate: (x: number) => number,
  low: number,
  high: number,
  relativeTolerance = 1e-6,
): number {
  let a = low
  let b = high
  let fa = evaluate(a)
  let fb = evaluate(b)
  if (fa >= 0) return a
  if (fb <= 0) return b
  let side = 0
  for (let iteration = 0; iteration < 60; iteration++) {
    let x = (a * fb - b * fa) / (fb - fa)
    if (!(x > a && x < b)) x = (a + b) / 2
    const fx = evaluate(x)
    if (Math.abs(b - a) <= relativeTolerance * Math.abs(x) || fx === 0) return x
    if (fx < 0) {
      a = x
      fa = fx
      if (side === -1) fb /= 2
      side = -1
    } else {
      b = x
      fb = fx
      if (side === 1) fa /= 2
      side = 1
    }
    if (Math.abs(fx) <= relativeTolerance) return x
  }
  return (a + b) / 2
}
