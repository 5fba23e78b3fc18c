/** Sizes and bandwidths of memory as people write them. */
import { TokenwrightError } from '../core/errors.ts'

const multiples: Readonly<Record<string, number>> = {
  GB: 1e9,
  TB: 1e12,
  MB: 1e6,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  MiB: 2 ** 20,
}

/** `100GB`, `1TB`, `64GiB` → bytes. The unit is required. */
export function parseBytes(text: string, where: string): number {
  const match = /^\s*(\d[\d_]*(?:\.\d+)?)\s*([A-Za-z]+)\s*$/.exec(text)
  const factor = match === null ? undefined : multiples[match[2]!]
  if (match !== null && factor !== undefined) return Number(match[1]!.replaceAll('_', '')) * factor
  throw new TokenwrightError('unit', `"${text}" is no amount of memory`, {
    where,
    fix: `write for example 100GB (${Object.keys(multiples).join(', ')})`,
  })
}

/** `50GB/s` → bytes per second, above 0. */
export function parseBandwidth(text: string, where: string): number {
  const match = /^(.*)\/\s*s\s*$/.exec(text)
  const bytes = match === null ? 0 : parseBytes(match[1]!, where)
  if (bytes > 0) return bytes
  throw new TokenwrightError('unit', `"${text}" is no bandwidth`, { where, fix: 'write for example 50GB/s' })
}
