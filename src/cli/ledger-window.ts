/** Spans of time in flags: `7d` before now, a day, a moment with its zone. */
import { TokenwrightError } from '../core/errors.ts'
import { durationUnits } from '../core/units.ts'

const momentPattern = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/
const agoPattern = /^(\d+(?:\.\d+)?) ?(min|h|d)$/

/** ms since 1970. */
export function ledgerMoment(text: string, flag: string, nowMs: number): number {
  const ago = agoPattern.exec(text)
  if (ago !== null) return Math.max(0, Math.round(nowMs - Number(ago[1]) * durationUnits.get(ago[2]!)!))
  const atMs = momentPattern.test(text) ? Date.parse(text) : Number.NaN
  // Date.parse takes the 31st of November for the first of December.
  const isReal =
    !Number.isNaN(atMs) && new Date(`${text.slice(0, 10)}T00:00Z`).toISOString().startsWith(text.slice(0, 10))
  if (isReal && atMs >= 0) return atMs
  throw new TokenwrightError('usage', `"${text}" is no moment`, {
    where: flag,
    fix: 'write 7d, 24h or 90min (before now), a day 2026-11-01, or a moment with its zone 2026-11-01T03:00Z',
  })
}

/** fromMs ≤ time < toMs; refused when it is empty. */
export function ledgerWindow(
  [fromFlag, from]: readonly [string, string],
  [toFlag, to]: readonly [string, string | undefined],
  nowMs: number,
): { readonly fromMs: number; readonly toMs: number } {
  const fromMs = ledgerMoment(from, fromFlag, nowMs)
  // The moment of asking is in it.
  const toMs = to === undefined ? nowMs + 1 : ledgerMoment(to, toFlag, nowMs)
  if (toMs > fromMs) return { fromMs, toMs }
  throw new TokenwrightError('usage', 'the window ends before it begins', {
    where: `${fromFlag} ${from}, ${toFlag} ${to ?? 'now'}`,
    fix: `choose a later ${toFlag} or an earlier ${fromFlag}`,
  })
}

/** "2026-11-01 03:00 UTC". */
export function minuteText(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
