/**
 * Names under which published traces state the same thing, and how their times are written.
 * Azure: TIMESTAMP, ContextTokens, GeneratedTokens. BurstGPT: Timestamp(s), Request tokens, Response tokens.
 * Mooncake and Bailian: timestamp, input_length, output_length. Vidur: num_prefill_tokens, num_decode_tokens.
 * LLMServingSim: arrival_time_ns, input_toks, output_toks.
 */
export type TraceField = 'arrival' | 'input' | 'output' | 'cached' | 'session' | 'service' | 'model'

/** Lower case, letters and digits only; the first match in a file wins. */
const fieldNames: Readonly<Record<TraceField, readonly string[]>> = {
  arrival: [
    'timestamp',
    'timestamps',
    'timestampms',
    'arrival',
    'arrivals',
    'arrivalms',
    'arrivaltime',
    'arrivaltimes',
    'arrivaltimems',
    'arrivaltimens',
    'arrivedat',
    'arrivaltimestamp',
    'requesttime',
    'starttime',
    'time',
    'times',
    'timems',
  ],
  input: [
    'contexttokens',
    'inputtokens',
    'inputtokenstotal',
    'prompttokens',
    'requesttokens',
    'numprefilltokens',
    'prefilltokens',
    'numprompttokens',
    'numinputtokens',
    'inputlength',
    'inputlen',
    'promptlength',
    'promptlen',
    'inputtoks',
    'isl',
  ],
  output: [
    'generatedtokens',
    'outputtokens',
    'responsetokens',
    'completiontokens',
    'numdecodetokens',
    'decodetokens',
    'numoutputtokens',
    'outputlength',
    'outputlen',
    'generationtokens',
    'outputtoks',
    'osl',
  ],
  cached: [
    'cachedtokens',
    'cachedinputtokens',
    'cachedprompttokens',
    'cachereadtokens',
    'cachereadinputtokens',
    'cachehittokens',
    'numcachedtokens',
    'prefixtokens',
  ],
  session: ['sessionid', 'session', 'conversationid', 'threadid'],
  service: ['elapsedtime', 'servicetime', 'e2elatency', 'e2elatencyms'],
  model: ['model', 'modelname'],
}

const fields = Object.keys(fieldNames) as TraceField[]

export function normaliseColumn(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '')
}

/** Index of each field among the names; −1 when missing. */
export function findColumns(names: readonly string[]): Readonly<Record<TraceField, number>> {
  const normalised = names.map(normaliseColumn)
  const found: Partial<Record<TraceField, number>> = {}
  for (const field of fields) {
    const name = fieldNames[field].find(candidate => normalised.includes(candidate))
    found[field] = name === undefined ? -1 : normalised.indexOf(name)
  }
  return found as Readonly<Record<TraceField, number>>
}

/** Names a user may give a column, for error messages. */
export function columnExamples(field: TraceField): string {
  return fieldNames[field].slice(0, 4).join(', ')
}

/** Seconds per unit that the column's own name states (`ts_ms`, `Timestamp(s)`); null when it states none. */
export function unitOfColumn(name: string): number | null {
  const lower = name.toLowerCase().trim()
  if (/[_( ]ms\)?$|millis/.test(lower) || normaliseColumn(name).endsWith('ms')) return 1e-3
  if (/[_( ]ns\)?$/.test(lower)) return 1e-9
  if (/[_( ](s|sec|secs|seconds)\)?$/.test(lower)) return 1
  return null
}

/** Plain numbers without a stated unit beyond this are epoch milliseconds, below it seconds (year 5138). */
const epochMillisecondsFrom = 1e11

const plainNumber = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i
const dateAndTime = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2}):(\d{2}(?:\.\d+)?)(Z|[+-]\d{2}:?\d{2})?$/i

/** Seconds of a plain number or a date and time with or without zone (`2023-11-16 18:15:46.6805900`); null when neither. */
export function parseArrival(text: string, secondsPerUnit: number): number | null {
  const trimmed = text.trim()
  if (plainNumber.test(trimmed)) {
    const value = Number(trimmed)
    if (!Number.isFinite(value)) return null
    return secondsPerUnit === 1 && value >= epochMillisecondsFrom ? value * 1e-3 : value * secondsPerUnit
  }
  const date = dateAndTime.exec(trimmed)
  if (date === null) return null
  const [, year, month, day, hour, minute, second, zone] = date
  if (Number(month) < 1 || Number(month) > 12 || Number(day) < 1 || Number(day) > 31) return null
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) >= 61) return null
  const days = daysFromCivil(Number(year), Number(month), Number(day))
  return days * 86_400 + Number(hour) * 3600 + Number(minute) * 60 + Number(second) - zoneSeconds(zone)
}

/**
 * parseArrival for column after column of one trace: most dates differ from the last one in their seconds only, and
 * reading those alone is five times as fast.
 */
export function arrivalParser(secondsPerUnit: number): (text: string) => number | null {
  let minute = ''
  let minuteSeconds = 0
  return text => {
    if (minute !== '' && text.startsWith(minute)) {
      const seconds = secondsOnly(text, minute.length)
      if (seconds >= 0) return minuteSeconds + seconds
    }
    const parsed = parseArrival(text, secondsPerUnit)
    if (
      parsed !== null &&
      text[16] === ':' &&
      text[10] !== undefined &&
      !/[Z+]|-\d\d:?\d\d$/i.test(text.slice(17))
    ) {
      minute = text.slice(0, 17)
      minuteSeconds = parseArrival(`${minute}00`, 1)!
    }
    return parsed
  }
}

/** `SS.fffffff` from `start` to the end; −1 when there is anything else. */
function secondsOnly(text: string, start: number): number {
  let value = 0
  let scale = 0
  for (let index = start; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === 46 && scale === 0 && index === start + 2) {
      scale = 1
      continue
    }
    if (code < 48 || code > 57) return -1
    value = value * 10 + (code - 48)
    if (scale > 0) scale *= 10
  }
  if (text.length < start + 2 || scale === 1 || (scale === 0 && text.length !== start + 2)) return -1
  const seconds = scale > 0 ? value / scale : value
  return seconds < 61 ? seconds : -1
}

function zoneSeconds(zone: string | undefined): number {
  if (zone === undefined || zone.toUpperCase() === 'Z') return 0
  const digits = zone.replace(':', '')
  const seconds = Number(digits.slice(1, 3)) * 3600 + Number(digits.slice(3, 5)) * 60
  return zone.startsWith('-') ? -seconds : seconds
}

/** Days from 1970-01-01 in the Gregorian calendar (Hinnant, chrono-compatible date algorithms, 2021). */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}
