/** What a job costs with each offer, cheapest first, and of what the cheapest bill consists. */
import type { UsageCost } from '../market/cost-of-usage.ts'
import type { Job, JobOffer } from '../market/offers.ts'
import type { PriceBook } from '../market/types.ts'
import {
  exactUsd,
  formatBillUsd,
  formatCount,
  formatUsdPerMillionTokens,
  missing,
  plural,
  readable,
} from './format-number.ts'
import { sourcesText } from './market-text.ts'
import { section } from './text-layout.ts'
import type { TextStyle } from './text-style.ts'
import { renderTable, type TableColumn } from './text-table.ts'

export interface JobQuestion {
  readonly model: string
  readonly at: string
  readonly job: Job
  /** Whether the length of the prompts was told; without it, they are taken to be short. */
  readonly promptTokensTold: boolean
  /** Offers left out because they were to be retired. */
  readonly retiredOffers: number
}

const columns: readonly TableColumn[] = [
  { header: '#', align: 'right' },
  { header: 'provider' },
  { header: 'model' },
  { header: 'tier' },
  { header: 'job, $', align: 'right' },
  { header: '$/Mtok', align: 'right' },
  { header: 'by the rule' },
  { header: 'says' },
]

export function renderJobOffers(
  book: PriceBook,
  question: JobQuestion,
  offers: readonly JobOffer[],
  width: number,
  style: TextStyle,
): string {
  const rows = offers.map(({ price: { entry, rule }, cost, usdPerMillionTokens }, index) => [
    String(index + 1),
    entry.provider,
    entry.model,
    entry.serviceTier,
    cost.unpriced.length > 0 ? missing : formatBillUsd(cost.nanoUsd),
    formatUsdPerMillionTokens(usdPerMillionTokens),
    readable([...rule, ...unpricedText(cost), ...substitutedText(cost)].join('; ')),
    [entry.source, ...entry.agreeing].join(', '),
  ])
  const best = offers[0]
  return `${[
    `${style.strong(`${question.model}: ${jobText(question)}`)}\nprices in force at ${question.at} as known on ${book.asOf}`,
    renderTable(columns, rows, { maximumWidth: width, wrap: true, styleHeader: style.faint }),
    question.retiredOffers === 0
      ? ''
      : style.faint(
          `${plural(question.retiredOffers, 'offer')} left out, to be retired by then: see --retired`,
        ),
    best === undefined || best.cost.unpriced.length > 0
      ? ''
      : section(`The bill of ${best.price.entry.id}`, billTable(best.cost), style),
    style.faint(
      sourcesText(
        book,
        offers.map(({ price }) => price),
      ),
    ),
  ]
    .filter(block => block !== '')
    .join('\n\n')}\n`
}

function jobText({ job: { usage, extras, promptTokens }, promptTokensTold }: JobQuestion): string {
  const input = usage.uncachedInput + usage.cachedInput + usage.cacheWrite + usage.inputAudio
  const parts = [
    ...(input > 0 ? [`${plural(input, 'token')} in`] : []),
    ...(usage.cachedInput > 0 ? [`${formatCount(usage.cachedInput)} of them cached`] : []),
    ...(usage.cacheWrite > 0 ? [`${formatCount(usage.cacheWrite)} written to the cache`] : []),
    ...(usage.inputAudio > 0 ? [`${formatCount(usage.inputAudio)} of audio`] : []),
    ...(usage.output + usage.outputAudio > 0 ? [`${formatCount(usage.output + usage.outputAudio)} out`] : []),
    ...(extras.audioSeconds === undefined ? [] : [`${formatCount(extras.audioSeconds)} s of audio`]),
    ...(extras.requests === undefined || extras.requests === 1 ? [] : [plural(extras.requests, 'request')]),
    promptTokensTold ? `prompts of ${formatCount(promptTokens)}` : 'short prompts',
  ]
  return parts.join(', ')
}

function unpricedText({ unpriced }: UsageCost): string[] {
  return unpriced.length === 0 ? [] : [`no price for ${unpriced.join(', ')}`]
}

/** A class without a price of its own is charged as another: the reader should know. */
function substitutedText({ lines }: UsageCost): string[] {
  return lines
    .filter(({ used, pricedAs }) => used !== pricedAs)
    .map(({ used, pricedAs }) =>
      used === 'cachedInput' ? 'no discount for cached input' : `${used} charged as ${pricedAs}`,
    )
}

function billTable({ lines, nanoUsd }: UsageCost): string {
  return renderTable(
    [
      { header: 'class' },
      { header: 'quantity', align: 'right' },
      { header: 'price, $', align: 'right' },
      { header: '$', align: 'right' },
    ],
    [
      ...lines.map(line => [
        line.used,
        line.used === 'perAudioHour' ? `${formatCount(line.quantity)} s` : formatCount(line.quantity),
        line.usd,
        exactUsd(line.nanoUsd),
      ]),
      ['total', '', '', exactUsd(nanoUsd)],
    ],
    { indent: '  ' },
  )
}
