/** Names compare without case, spaces and punctuation: `H100 SXM`, `h100_sxm` and `h100-sxm` are one. */
export function normaliseName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '')
}

/** Regions keep their hyphens (AWS us-west-2 is not Google's us-west2); case, spaces and underscores do not count. */
export function normaliseRegion(region: string): string {
  return region
    .trim()
    .toLowerCase()
    .replace(/[\s_]+/g, '-')
}
