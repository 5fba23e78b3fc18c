/** Whether two listed prices are two prices. */

/** Lists round: half a per cent is none. */
const tolerance = 0.005

/** False when either is not known. */
export function differs(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined) return false
  return Math.abs(Number(a) - Number(b)) > tolerance * Math.max(Math.abs(Number(a)), Math.abs(Number(b)))
}
