/** `market check`: what was refused and what is disputed. */
import { normaliseName } from '../catalog/normalise-name.ts'
import { TokenwrightError } from '../core/errors.ts'
import { loadPriceBook, loadPriceFindings } from '../market/load-price-book-file.ts'
import { providerId } from '../market/offers.ts'
import { renderFindings, renderFindingsSummary } from '../report/market-findings-text.ts'
import { renderFindingsJson } from '../report/market-json.ts'
import type { TextStyle } from '../report/text-style.ts'

export interface CheckFlags {
  readonly model?: string
  readonly provider?: string
  readonly all?: boolean
  readonly json?: boolean
}

export function marketCheck(flags: CheckFlags, width: number, style: TextStyle): string {
  const findings = loadPriceFindings()
  const provider = flags.provider === undefined ? null : knownProvider(flags.provider)
  const model = normaliseName(flags.model ?? '')
  const isWanted = (finding: { readonly provider: string; readonly model: string }) =>
    (provider === null || finding.provider === provider) && normaliseName(finding.model).includes(model)
  const wanted = {
    refused: findings.refused.filter(isWanted),
    disagreements: findings.disagreements.filter(isWanted),
  }
  if (flags.json === true) return renderFindingsJson(wanted)
  if (flags.all !== true && provider === null && model === '') return renderFindingsSummary(wanted, style)
  if (wanted.refused.length + wanted.disagreements.length === 0)
    return 'nothing was refused and nothing is disputed\n'
  return renderFindings(wanted, width, style)
}

function knownProvider(name: string): string {
  const book = loadPriceBook()
  const id = providerId(book, name)
  if (id !== undefined) return id
  throw new TokenwrightError('unknown-entry', `the price book has no provider "${name}"`, {
    where: '--provider',
    fix: `choose one of ${Object.keys(book.providers).join(', ')}`,
  })
}
