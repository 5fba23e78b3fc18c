/** The keys people may write in a facts file, in the units of price lists and datasheets, and the keys they stand for. */

/** canonical = value × factor; dotted keys reach into nested objects. */
interface UnitKey {
  readonly canonical: string
  readonly factor: number
}

const unit = (canonical: string, factor: number): UnitKey => ({ canonical, factor })

/** By kind of entry. docs/guides/facts.md lists them; a test keeps the two in step. */
export const unitKeys: Readonly<Record<string, Readonly<Record<string, UnitKey>>>> = {
  accelerators: {
    memoryGB: unit('memoryBytes', 1e9),
    memoryGiB: unit('memoryBytes', 2 ** 30),
    memoryBandwidthGBs: unit('memoryBandwidthBytesPerSecond', 1e9),
    memoryBandwidthTBs: unit('memoryBandwidthBytesPerSecond', 1e12),
    scaleOutGbps: unit('scaleOutBytesPerSecond', 1e9 / 8),
    scaleOutGBs: unit('scaleOutBytesPerSecond', 1e9),
    tdpKilowatts: unit('tdpWatts', 1000),
    allInKilowatts: unit('allInWatts', 1000),
    'scaleUp.bandwidthGBs': unit('scaleUp.bandwidthBytesPerSecond', 1e9),
    'peakTflops.bf16': unit('peakFlopsPerSecond.bf16', 1e12),
    'peakTflops.fp8': unit('peakFlopsPerSecond.fp8', 1e12),
    'peakTflops.fp4': unit('peakFlopsPerSecond.fp4', 1e12),
  },
  prices: {
    usdPerDeviceMonth: unit('usdPerDeviceHour', 12 / 8760),
  },
  electricity: {
    usdPerMegawattHour: unit('usdPerKilowattHour', 1 / 1000),
    centsPerKilowattHour: unit('usdPerKilowattHour', 1 / 100),
  },
  pue: {},
}

type Fields = Record<string, unknown>

export interface ConvertedEntry {
  readonly fields: Fields
  /** Canonical dotted key → the key the user wrote, for messages. */
  readonly writtenAs: ReadonlyMap<string, string>
  readonly issues: readonly { readonly key: string; readonly message: string }[]
}

/** Rewrites convenience keys into canonical ones. Values that are not finite numbers are reported, not converted. */
export function convertUnits(kind: string, entry: Readonly<Fields>): ConvertedEntry {
  const fields = structuredClone(entry) as Fields
  const writtenAs = new Map<string, string>()
  const issues: { key: string; message: string }[] = []
  for (const [key, { canonical, factor }] of Object.entries(unitKeys[kind] ?? {})) {
    const value = take(fields, key)
    if (value === undefined) continue
    if (readPath(fields, canonical) !== undefined) {
      issues.push({
        key,
        message: `says the same as ${writtenAs.get(canonical) ?? canonical}: give one of them`,
      })
    } else if (value === null) {
      writePath(fields, canonical, null)
    } else if (typeof value !== 'number' || !Number.isFinite(value)) {
      issues.push({
        key,
        message: `must be a number, got ${typeof value === 'number' ? value : JSON.stringify(value)}`,
      })
    } else {
      const exact = value * factor
      writePath(fields, canonical, factor >= 1000 ? Math.round(exact) : exact)
      writtenAs.set(canonical, key)
    }
  }
  if (kind === 'prices') convertNodePrice(fields, writtenAs, issues)
  return { fields, writtenAs, issues }
}

/** `usdPerNodeHour: 21.6` with `devices: 8` is `usdPerDeviceHour: 2.7`. */
function convertNodePrice(
  fields: Fields,
  writtenAs: Map<string, string>,
  issues: { key: string; message: string }[],
): void {
  const nodeHour = take(fields, 'usdPerNodeHour')
  const devices = take(fields, 'devices')
  if (nodeHour === undefined && devices === undefined) return
  if (typeof nodeHour !== 'number' || !Number.isFinite(nodeHour)) {
    issues.push({ key: 'usdPerNodeHour', message: 'must be a number, with devices beside it' })
  } else if (!Number.isInteger(devices) || Number(devices) < 1) {
    issues.push({ key: 'devices', message: 'must be the number of devices of the node' })
  } else if (fields.usdPerDeviceHour !== undefined) {
    issues.push({ key: 'usdPerNodeHour', message: 'says the same as usdPerDeviceHour: give one of them' })
  } else {
    fields.usdPerDeviceHour = nodeHour / Number(devices)
    writtenAs.set('usdPerDeviceHour', 'usdPerNodeHour')
  }
}

/** Removes and returns a value; an object left empty is removed as well. */
function take(fields: Fields, key: string): unknown {
  const [first = '', second] = key.split('.')
  if (second === undefined) {
    const value = fields[first]
    delete fields[first]
    return value
  }
  const inner = fields[first]
  if (!isFields(inner)) return undefined
  const value = inner[second]
  delete inner[second]
  if (value !== undefined && Object.keys(inner).length === 0) delete fields[first]
  return value
}

function readPath(fields: Fields, key: string): unknown {
  const [first = '', second] = key.split('.')
  const value = fields[first]
  return second === undefined ? value : isFields(value) ? value[second] : undefined
}

function writePath(fields: Fields, key: string, value: unknown): void {
  const [first = '', second] = key.split('.')
  if (second === undefined) {
    fields[first] = value
    return
  }
  const inner = fields[first]
  fields[first] = { ...(isFields(inner) ? inner : {}), [second]: value }
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
