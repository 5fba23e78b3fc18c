/** Claims for the terminal: what is said, what follows from its figures, and under which assumptions it holds. */
import type { CheckedClaim } from '../claims/check-claim.ts'
import { arithmeticTable, verdictNames } from './claim-facts.ts'
import { wrapText } from './display-width.ts'
import type { TextStyle } from './text-style.ts'
import { renderTable } from './text-table.ts'

const indent = '  '

/** One block a claim. */
export function renderClaims(claims: readonly CheckedClaim[], width: number, style: TextStyle): string {
  return claims.map(claim => renderClaim(claim, width, style)).join('\n')
}

function renderClaim(claim: CheckedClaim, width: number, style: TextStyle): string {
  const { verdict, provenance, holdsFor } = claim
  const table = arithmeticTable(claim)
  const body = renderTable(table.columns, table.rows, {
    maximumWidth: width - indent.length,
    wrap: true,
    styleHeader: style.faint,
  })
  const lines = [
    style.strong(`${claim.id}: ${claim.claim}`),
    style.faint(`${indent}${claim.statedBy}`),
    ...wrapped(`${verdictNames[verdict.kind]}: ${verdict.text}`, width),
    ...(holdsFor.length > 0 ? wrapped(`holds for ${holdsFor.join('; ')}`, width) : []),
    ...(table.rows.length > 0
      ? body
          .trimEnd()
          .split('\n')
          .map(line => `${indent}${line}`)
      : []),
    ...wrapped(`source: ${provenance.source} (${provenance.confidence}, ${provenance.asOf})`, width).map(
      style.faint,
    ),
    '',
  ]
  return lines.join('\n')
}

function wrapped(text: string, width: number): string[] {
  return wrapText(text, width - indent.length).map(line => indent + line)
}
