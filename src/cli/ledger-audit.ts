/** `ledger audit`: do the books balance? */
import { TokenwrightError } from '../core/errors.ts'
import { auditLedger, type LedgerAudit } from '../gateway/ledger/index.ts'
import { exactUsd, formatCount, plural } from '../report/format-number.ts'
import { jsonText } from '../report/json-text.ts'
import type { TextStyle } from '../report/text-style.ts'
import { type LedgerFlags, withLedger } from './ledger-open.ts'

/** Problems printed; --json has all. */
const mostProblems = 20

export async function ledgerAuditText(
  flags: LedgerFlags & { readonly json?: boolean },
  style: TextStyle,
): Promise<{ readonly text: string; readonly audit: LedgerAudit }> {
  return withLedger(flags, 'read', async ledger => {
    const audit = await auditLedger(ledger)
    const text = flags.json === true ? auditJson(ledger.name, audit) : auditText(ledger.name, audit, style)
    return { text, audit }
  })
}

/** @throws TokenwrightError when something does not hold, for the exit code. */
export function refuseFailedAudit({ problems }: LedgerAudit): void {
  if (problems.length === 0) return
  throw new TokenwrightError('ledger', `the books do not balance: ${plural(problems.length, 'problem')}`, {
    where: 'ledger audit',
    fix: 'keep the file as it is, and report this with the output: nothing should be able to bring it about',
  })
}

function auditText(name: string, { events, problems, openNanoUsd }: LedgerAudit, style: TextStyle): string {
  const listed = problems.slice(0, mostProblems).map(problem => style.warn(`  ${problem}`))
  if (problems.length > mostProblems) listed.push(`  and ${formatCount(problems.length - mostProblems)} more`)
  return [
    `${name}: ${plural(events, 'event')}, ${problems.length === 0 ? style.good('the books balance') : style.warn('the books do not balance')}`,
    `  billed and not given out yet: $${exactUsd(openNanoUsd)}`,
    ...listed,
    '',
  ].join('\n')
}

function auditJson(name: string, { events, problems, openNanoUsd }: LedgerAudit): string {
  return jsonText({
    kind: 'tokenwright-ledger-audit',
    version: 1,
    ledger: name,
    balances: problems.length === 0,
    events,
    openUsd: exactUsd(openNanoUsd),
    problems,
  })
}
