/** How a search for the best load went, and what speech to text came to, as rows of words. */
import type { BenchPoint, BenchResult } from '../measure/bench-result.ts'
import type { SearchGoal } from '../measure/search-trace.ts'
import {
  formatCount,
  formatPercent,
  formatSignificant,
  formatUsd,
  formatUsdPerMillionTokens,
  missing,
} from './format-number.ts'
import type { Pair, Table } from './plan-facts.ts'
import { seconds } from './simulation-units.ts'
import { describeObjective } from './words.ts'

const right = { align: 'right' } as const

const goalWords: Readonly<Record<SearchGoal, string>> = {
  'max-concurrency': 'the most users at once within the objectives',
  'max-rate': 'the highest rate within the objectives',
  'max-goodput': 'the load with the highest goodput',
  'min-cost': 'the cheapest load within the objectives',
}

export function searchPairs({ search }: BenchResult): Pair[] {
  if (search === null) return []
  const { bracket } = search
  const load = (value: number) => (Number.isInteger(value) ? formatCount(value) : formatSignificant(value))
  return [
    [
      'sought',
      [goalWords[search.goal], search.objectives.map(describeObjective).join(', ')]
        .filter(part => part !== '')
        .join(': '),
    ],
    [
      'limit',
      bracket.met === null
        ? bracket.missed === null
          ? 'no load told'
          : `below ${load(bracket.missed)}: no load that was tried meets the objectives`
        : bracket.missed === null
          ? `above ${load(bracket.met)}: every load that was tried meets the objectives`
          : `between ${load(bracket.met)}, which meets the objectives, and ${load(bracket.missed)}, which does not`,
    ],
    ['stopped', search.stoppedBecause],
  ]
}

/** Every load that was tried, in the order of trying. */
export function searchTable({ search }: BenchResult): Table {
  const steps = search?.steps ?? []
  const priced = steps.some(({ usdPerMillionTokens }) => usdPerMillionTokens !== null)
  return {
    columns: [
      { header: 'step', ...right },
      { header: 'load', ...right },
      { header: 'req/s', ...right },
      ...(priced ? [{ header: '$/Mtok', ...right }] : []),
      { header: 'objectives' },
    ],
    rows: steps.map(({ load, met, undecided, requestsPerSecond, usdPerMillionTokens }, index) => [
      formatCount(index + 1),
      Number.isInteger(load) ? formatCount(load) : formatSignificant(load),
      requestsPerSecond === null ? missing : formatSignificant(requestsPerSecond),
      ...(priced ? [formatUsdPerMillionTokens(usdPerMillionTokens)] : []),
      `${met ? 'met' : 'missed'}${undecided ? ', within chance of the limit' : ''}`,
    ]),
  }
}

export function transcriptionPairs({ transcription: speech }: BenchPoint): Pair[] {
  if (speech === null) return []
  const rates = [
    ...(speech.wordErrorRate === null ? [] : [`${rateWords(speech.wordErrorRate)} of the words`]),
    ...(speech.characterErrorRate === null
      ? []
      : [`${rateWords(speech.characterErrorRate)} of the characters`]),
  ]
  return [
    ['audio', `${seconds(speech.audioSeconds)} in ${formatCount(speech.files)} files`],
    [
      'speed',
      `${formatSignificant(speech.realTimeFactorThroughput)} hours of audio per hour` +
        (speech.realTimeFactorMean === null
          ? ''
          : `; a single file ${formatSignificant(speech.realTimeFactorMean)} × as fast as it plays`),
    ],
    ...(speech.usdPerAudioHour === null
      ? []
      : [['cost', `${formatUsd(speech.usdPerAudioHour)} per hour of audio`] as const]),
    ...(rates.length === 0 ? [] : [['errors', rates.join(', ')] as const]),
  ]
}

/** Per language, where there are several. */
export function languageTable({ transcription: speech }: BenchPoint): Table {
  const rate = (value: number | null) => (value === null ? missing : rateWords(value))
  return {
    columns: [
      { header: 'language' },
      { header: 'files', ...right },
      { header: 'audio', ...right },
      { header: 'word errors', ...right },
      { header: 'character errors', ...right },
    ],
    rows: (speech?.byLanguage ?? []).map(part => [
      part.language,
      formatCount(part.files),
      seconds(part.audioSeconds),
      rate(part.wordErrorRate),
      rate(part.characterErrorRate),
    ]),
  }
}

/** Word error rates are compared by tenths of a per cent. */
function rateWords(rate: number): string {
  return rate >= 0.0995 ? `${(rate * 100).toFixed(1)} %` : formatPercent(rate)
}
