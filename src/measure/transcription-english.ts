/** English as it is spoken: "it's twenty-five" and "it is 25" become the same words. */

/** "won't" and the like, which the endings below would cut wrongly. From general knowledge of English. */
const wholeWords: Readonly<Record<string, string>> = {
  "won't": 'will not',
  "can't": 'can not',
  cannot: 'can not',
  "shan't": 'shall not',
  "let's": 'let us',
  "y'all": 'you all',
  "ma'am": 'madam',
  gonna: 'going to',
  wanna: 'want to',
  gotta: 'got to',
  mr: 'mister',
  mrs: 'missus',
  dr: 'doctor',
}

/** "'s" is also a possessive; both sides are cut alike, so it does no harm. */
const endings: readonly (readonly [string, string])[] = [
  ["n't", ' not'],
  ["'re", ' are'],
  ["'ve", ' have'],
  ["'ll", ' will'],
  ["'m", ' am'],
  ["'d", ' would'],
  ["'s", ' is'],
]

const fillers = new Set(['hmm', 'hm', 'mm', 'mhm', 'mmm', 'uh', 'um', 'uhm', 'er', 'erm'])

const small: Readonly<Record<string, number>> = Object.fromEntries(
  (
    'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen ' +
    'eighteen nineteen'
  )
    .split(' ')
    .map((word, value) => [word, value]),
)

const tens: Readonly<Record<string, number>> = Object.fromEntries(
  'twenty thirty forty fifty sixty seventy eighty ninety'
    .split(' ')
    .map((word, index) => [word, (index + 2) * 10]),
)

const scales: Readonly<Record<string, number>> = {
  thousand: 1e3,
  million: 1e6,
  billion: 1e9,
  trillion: 1e12,
}

const oddOrdinals: Readonly<Record<string, string>> = {
  first: 'one',
  second: 'two',
  third: 'three',
  fifth: 'five',
  eighth: 'eight',
  ninth: 'nine',
  twelfth: 'twelve',
}

/**
 * The normalised text with contractions written out, fillers dropped and number words as digits: "twenty five" → 25, "three
 * hundred and six thousand" → 306000, "nineteen eighty four" → 1984, "twenty first" → 21st, "three point five" → 3.5, "five five one two" → 5512.
 * "one" alone stays a word, and a 1 becomes it: it is more often a pronoun. Commas between digits go.
 */
export function spokenEnglish(text: string): string {
  const words = text
    .replace(/(?<=\p{N}),(?=\p{N})/gu, '')
    .split(' ')
    .flatMap(word => expand(word).split(' '))
    .filter(word => word !== '' && !fillers.has(word))
  return numbersAsDigits(words).join(' ')
}

function expand(word: string): string {
  const whole = wholeWords[word]
  if (whole !== undefined) return whole
  for (const [ending, long] of endings) {
    if (word.length > ending.length && word.endsWith(ending)) return word.slice(0, -ending.length) + long
  }
  return word
}

function numbersAsDigits(words: readonly string[]): string[] {
  const out: string[] = []
  for (let at = 0; at < words.length; ) {
    const found = readNumber(words, at)
    if (found === null) {
      out.push(words[at] === '1' ? 'one' : words[at]!)
      at++
      continue
    }
    out.push(found.text === '1' ? 'one' : found.text)
    at = found.next
  }
  return out
}

interface ReadNumber {
  readonly text: string
  readonly next: number
}

/** The longest number that begins with this word; null when none does. */
function readNumber(words: readonly string[], from: number): ReadNumber | null {
  const run = digitRun(words, from)
  if (run !== null) return run
  const start = belowThousand(words, from)
  if (start === null) return null
  if (start.ordinal) return { text: withSuffix(start.value), next: start.next }
  const { value } = start
  let { next } = start
  const scale = scales[words[next] ?? '']
  if (scale !== undefined) {
    let total = value * scale
    let lastScale = scale
    next++
    for (;;) {
      const skip = words[next] === 'and' ? next + 1 : next
      const part = belowThousand(words, skip)
      if (part === null) break
      const partScale = part.ordinal ? undefined : scales[words[part.next] ?? '']
      if (partScale !== undefined && partScale >= lastScale) break
      total += part.value * (partScale ?? 1)
      next = part.next + (partScale === undefined ? 0 : 1)
      if (part.ordinal) return { text: withSuffix(total), next }
      if (partScale === undefined) break
      lastScale = partScale
    }
    return withDecimals(words, total, next)
  }
  // Years are read in pairs: nineteen eighty four, twenty twenty six.
  if (value >= 10 && value <= 99 && next - from <= 2) {
    const pair = belowThousand(words, next)
    if (
      pair !== null &&
      !pair.ordinal &&
      pair.value >= 10 &&
      pair.value <= 99 &&
      scales[words[pair.next] ?? ''] === undefined
    ) {
      return { text: String(value * 100 + pair.value), next: pair.next }
    }
  }
  return withDecimals(words, value, next)
}

/** Two digits or more, one word each, as telephone numbers are read: "five five one two" → 5512. */
function digitRun(words: readonly string[], from: number): ReadNumber | null {
  let text = ''
  let next = from
  for (; next < words.length; next++) {
    const digit = small[words[next]!]
    if (digit === undefined || digit > 9) break
    text += digit
  }
  // "five hundred", "one two point five": the last one belongs to what follows.
  const follower = words[next] ?? ''
  const belongs = follower === 'hundred' || follower === 'point' || scales[follower] !== undefined
  if (belongs) return text.length > 2 ? { text: text.slice(0, -1), next: next - 1 } : null
  return text.length > 1 ? { text, next } : null
}

/** "point five two" behind a number. */
function withDecimals(words: readonly string[], value: number, from: number): ReadNumber {
  if (words[from] !== 'point') return { text: String(value), next: from }
  let digits = ''
  let next = from + 1
  for (; next < words.length; next++) {
    const word = words[next]!
    const digit = small[word] ?? (/^[0-9]$/.test(word) ? Number(word) : undefined)
    if (digit === undefined || digit > 9) break
    digits += digit
  }
  return digits === '' ? { text: String(value), next: from } : { text: `${value}.${digits}`, next }
}

interface Part {
  readonly value: number
  readonly next: number
  readonly ordinal: boolean
}

/** 0 to 999 in words, or digits before a scale ("5 million"). */
function belowThousand(words: readonly string[], from: number): Part | null {
  const first = words[from]
  if (first === undefined) return null
  if (/^[0-9]{1,3}$/.test(first)) {
    // Digits are read only where words go on: "5 million", "3 hundred".
    const next = words[from + 1] ?? ''
    return next === 'hundred' || scales[next] !== undefined ? hundreds(words, Number(first), from + 1) : null
  }
  const two = belowHundred(words, from)
  if (two === null || two.ordinal || two.value > 9 || two.value === 0) return two
  return hundreds(words, two.value, two.next)
}

function hundreds(words: readonly string[], count: number, next: number): Part {
  if (words[next] === 'hundredth') return { value: count * 100, next: next + 1, ordinal: true }
  if (words[next] !== 'hundred') return { value: count, next, ordinal: false }
  const skip = words[next + 1] === 'and' ? next + 2 : next + 1
  const rest = belowHundred(words, skip)
  return rest === null
    ? { value: count * 100, next: next + 1, ordinal: false }
    : { value: count * 100 + rest.value, next: rest.next, ordinal: rest.ordinal }
}

function belowHundred(words: readonly string[], from: number): Part | null {
  const word = words[from] ?? ''
  const ten = tens[word]
  if (ten !== undefined) {
    const next = words[from + 1] ?? ''
    const unit = small[next]
    if (unit !== undefined && unit > 0 && unit < 10)
      return { value: ten + unit, next: from + 2, ordinal: false }
    const ordinal = ordinalOf(next)
    if (ordinal !== null && ordinal > 0 && ordinal < 10)
      return { value: ten + ordinal, next: from + 2, ordinal: true }
    return { value: ten, next: from + 1, ordinal: false }
  }
  const unit = small[word]
  if (unit !== undefined) return { value: unit, next: from + 1, ordinal: false }
  const ordinal = ordinalOf(word)
  return ordinal === null ? null : { value: ordinal, next: from + 1, ordinal: true }
}

/** 4 of "fourth", 20 of "twentieth"; null for other words. */
function ordinalOf(word: string): number | null {
  const odd = oddOrdinals[word]
  if (odd !== undefined) return small[odd] ?? null
  if (word.endsWith('ieth')) return tens[`${word.slice(0, -4)}y`] ?? null
  return word.endsWith('th') ? (small[word.slice(0, -2)] ?? null) : null
}

/** 1st, 2nd, 3rd, 4th, 11th. */
function withSuffix(value: number): string {
  const last = value % 10
  const teen = value % 100 >= 11 && value % 100 <= 13
  return `${value}${teen ? 'th' : last === 1 ? 'st' : last === 2 ? 'nd' : last === 3 ? 'rd' : 'th'}`
}
