/** Exact names and globs (`*` for any run of characters) of model aliases; no regular expressions, so no pattern can be slow. */

/** Whether the name fits the pattern. Linear in name × pattern at worst: the last star is the only one gone back to. */
export function matchesPattern(name: string, pattern: string): boolean {
  let at = 0
  let inPattern = 0
  let star = -1
  let resume = 0
  while (at < name.length) {
    if (pattern[inPattern] === '*') {
      star = inPattern++
      resume = at
    } else if (inPattern < pattern.length && pattern[inPattern] === name[at]) {
      inPattern++
      at++
    } else if (star >= 0) {
      inPattern = star + 1
      at = ++resume
    } else return false
  }
  while (pattern[inPattern] === '*') inPattern++
  return inPattern === pattern.length
}

/** Whether any of the patterns fits. An empty list allows nothing. */
export function matchesAny(name: string, patterns: readonly string[]): boolean {
  return patterns.some(pattern => matchesPattern(name, pattern))
}
