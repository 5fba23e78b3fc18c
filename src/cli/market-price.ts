/** `market price`: a job at every offer of a model. */

import { TokenwrightError } from '../core/errors.ts'
import { loadPriceBook } from '../market/load-price-book-file.ts'
import { isRetired, jobOffers } from '../market/offers.ts'
import { renderJobOffers } from '../report/market-job-text.ts'
import { renderJobJson } from '../report/market-json.ts'
import type { TextStyle } from '../report/text-style.ts'
import { chosenEntries, type FilterFlags, momentOf, momentText, tiersOf } from './market-filter.ts'
import { type JobFlags, jobOfFlags } from './market-job.ts'

export interface PriceFlags extends FilterFlags, JobFlags {
  readonly json?: boolean
  readonly retired?: boolean
}

export function marketPrice(
  model: string,
  flags: PriceFlags,
  nowMs: number,
  width: number,
  style: TextStyle,
): string {
  const { job, promptTokensTold } = jobOfFlags(flags)
  const book = loadPriceBook()
  const atMs = momentOf(flags.at, nowMs)
  const known = chosenEntries(book, {
    atMs,
    model,
    ...(flags.provider === undefined ? {} : { provider: flags.provider }),
    serviceTiers: tiersOf(flags.tier ?? 'standard'),
  })
  const entries = flags.retired === true ? known : known.filter(entry => !isRetired(entry, atMs))
  if (entries.length === 0) throw onlyRetired(model)
  const offers = jobOffers(entries, job, atMs)
  const question = {
    model,
    at: momentText(atMs),
    job,
    promptTokensTold,
    retiredOffers: known.length - entries.length,
  }
  return flags.json === true
    ? renderJobJson(question, offers, book.asOf)
    : renderJobOffers(book, question, offers, width, style)
}

function onlyRetired(model: string): TokenwrightError {
  return new TokenwrightError('unknown-model', `every offer of "${model}" was to be retired by then`, {
    where: 'MODEL',
    fix: 'add --retired to see their prices',
  })
}
