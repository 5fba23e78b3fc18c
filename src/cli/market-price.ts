/** `market price`: a job at every offer of a model. */
import { loadPriceBook } from '../market/load-price-book-file.ts'
import { jobOffers } from '../market/offers.ts'
import { renderJobOffers } from '../report/market-job-text.ts'
import { renderJobJson } from '../report/market-json.ts'
import type { TextStyle } from '../report/text-style.ts'
import { chosenEntries, type FilterFlags, momentOf, momentText, tiersOf } from './market-filter.ts'
import { type JobFlags, jobOfFlags } from './market-job.ts'

export interface PriceFlags extends FilterFlags, JobFlags {
  readonly json?: boolean
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
  const entries = chosenEntries(book, {
    atMs,
    model,
    ...(flags.provider === undefined ? {} : { provider: flags.provider }),
    serviceTiers: tiersOf(flags.tier ?? 'standard'),
  })
  const offers = jobOffers(entries, job, atMs)
  const question = { model, at: momentText(atMs), job, promptTokensTold }
  return flags.json === true
    ? renderJobJson(question, offers, book.asOf)
    : renderJobOffers(book, question, offers, width, style)
}
