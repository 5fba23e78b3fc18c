/** Near names for a mistyped one, best first: substring matches, then small edit distances. */
export function nearestNames(wanted: string, names: Iterable<string>, limit = 3): string[] {
  const target = normalise(wanted)
  const scored: { name: string; score: number }[] = []
  for (const name of names) {
    const candidate = normalise(name)
    const contains = target.length >= 2 && (candidate.includes(target) || target.includes(candidate))
    const distance = editDistance(target, candidate)
    const score = contains ? distance / 100 : distance / Math.max(target.length, candidate.length)
    if (contains || score <= 0.45) scored.push({ name, score })
  }
  scored.sort((a, b) => a.score - b.score || (a.name < b.name ? -1 : 1))
  return scored.slice(0, limit).map(entry => entry.name)
}

function normalise(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '')
}

/** Levenshtein distance, one row at a time. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      current.push(Math.min(substitution, previous[j]! + 1, current[j - 1]! + 1))
    }
    previous = current
  }
  return previous[b.length]!
}
