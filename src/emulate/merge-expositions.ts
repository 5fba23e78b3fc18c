/** One Prometheus text out of those of several fleets: the format wants each metric's lines together, and described once. */

/** Families in the order of their first appearance; the process's own figures (process_…) are the same in all. */
export function mergeExpositions(texts: readonly string[]): string {
  if (texts.length === 1) return texts[0]!
  const families = new Map<string, { head: string[]; samples: string[] }>()
  for (const [index, text] of texts.entries()) {
    let family: { head: string[]; samples: string[] } | undefined
    let name = ''
    let fresh = true
    for (const line of text.split('\n')) {
      const described = /^# (?:HELP|TYPE) (\S+)/.exec(line)
      if (described !== null) {
        if (described[1] !== name) {
          name = described[1]!
          family = families.get(name)
          fresh = family === undefined
          if (family === undefined) {
            family = { head: [], samples: [] }
            families.set(name, family)
          }
        }
        if (fresh) family!.head.push(line)
      } else if (line !== '' && !line.startsWith('#') && !(index > 0 && name.startsWith('process_'))) {
        family?.samples.push(line)
      }
    }
  }
  const lines = [...families.values()].flatMap(({ head, samples }) => [...head, ...samples])
  return `${lines.join('\n')}\n`
}
