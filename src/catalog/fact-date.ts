/** Dates of facts are YYYY, YYYY-MM or YYYY-MM-DD; missing parts count as the middle. */

const pattern = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/

/** True for YYYY, YYYY-MM and YYYY-MM-DD with month and day in range. */
export function isFactDate(text: string): boolean {
  const match = pattern.exec(text)
  if (!match) return false
  const month = Number(match[2] ?? 1)
  const day = Number(match[3] ?? 1)
  return month >= 1 && month <= 12 && day >= 1 && day <= 31
}

/** Months since the year 0, with a fraction for the day; for ages and order, never for display. */
export function monthsOf(date: string): number {
  const match = pattern.exec(date)
  if (!match) return 0
  const year = Number(match[1])
  if (match[2] === undefined) return year * 12 + 6
  const day = match[3] === undefined ? 15 : Number(match[3])
  return year * 12 + Number(match[2]) - 1 + day / 31
}

/** Negative when a is older than b. */
export function compareDates(a: string, b: string): number {
  return monthsOf(a) - monthsOf(b)
}
