/** `tokenwright ledger`: reports of what the gateway wrote down, an audit of its books, invoices of providers. */
import { Command } from 'commander'
import type { InvoiceFlags } from '../ledger-invoice.ts'
import type { LedgerFlags } from '../ledger-open.ts'
import type { ReportFlags } from '../ledger-report.ts'
import { terminalStyle, terminalWidth } from '../terminal.ts'

type Write = (text: string) => void

const examples = `
Examples:
  $ tokenwright ledger report --by tenant,model --since 7d
  $ tokenwright ledger audit
  $ tokenwright ledger invoice openai/gpt-5.4 --number 2026-10 --usd 412.37 --from 2026-10-01 --to 2026-11-01
`

/** The command with its subcommands. Tests give their own `write`. */
export function ledgerCommand(write: Write = text => process.stdout.write(text)): Command {
  return new Command('ledger')
    .description('what was used through the gateway, what it cost, and whether that adds up to the bill')
    .addHelpText('after', examples)
    .addCommand(reportCommand(write))
    .addCommand(auditCommand(write))
    .addCommand(invoiceCommand(write))
}

function withLedgerFlags(command: Command): Command {
  return command
    .option('--ledger <place>', 'a SQLite file or postgres://… (default: ./tokenwright-ledger.sqlite)')
    .option('--config <file>', 'take the ledger from this gateway.yaml')
}

const reportExamples = `
--by: tenant, key, model, deployment, offer, bearer (tenant, or gateway: retries and hedges), rule (of the price), day, hour (UTC).
Moments: 7d, 24h, 90min (before now), 2026-11-01, 2026-11-01T03:00Z. Engines of one's own are charged when an interval is closed, so the
last minute of requests has tokens and no cost yet.

Examples:
  $ tokenwright ledger report
  $ tokenwright ledger report --by tenant,model --since 7d
  $ tokenwright ledger report --by deployment,day --since 2026-11-01 --until 2026-11-08 --json
  $ tokenwright ledger report --focus --since 2026-11-01 --organisation "Acme" > november.csv
  $ tokenwright ledger report --ledger postgres://reader@db/gateway --by key
`

function reportCommand(write: Write): Command {
  return withLedgerFlags(new Command('report'))
    .description(
      'tokens, money and idle time over a window, by whatever is asked for; with the reconciliation',
    )
    .option('--by <names>', 'break down by these, comma-separated', 'tenant,model')
    .option('--since <moment>', 'from then on', '7d')
    .option('--until <moment>', 'to before then (default: now)')
    .option('--json', 'everything, exact, as JSON')
    .option(
      '--focus',
      'cost and usage data after FOCUS 1.2, as CSV: by day, tenant, key, model, server, class of tokens',
    )
    .option('--organisation <name>', 'in --focus: who runs the engines', 'own')
    .option('--account <id>', 'in --focus: BillingAccountId', 'tokenwright')
    .addHelpText('after', reportExamples)
    .action(async (flags: ReportFlags) => {
      const { ledgerReportText } = await import('../ledger-report.ts')
      write(await ledgerReportText(flags, Date.now(), terminalWidth(), terminalStyle()))
    })
}

const auditExamples = `
Reads every event again: each there once and balanced, accounts as their events say, each bill given out once, intervals without
overlap, all accounts together 0. Exit code 1 when something does not hold.

Examples:
  $ tokenwright ledger audit
  $ tokenwright ledger audit --ledger /var/lib/tokenwright/ledger.sqlite --json
`

function auditCommand(write: Write): Command {
  return withLedgerFlags(new Command('audit'))
    .description('do the books balance? reads the whole ledger')
    .option('--json', 'print JSON')
    .addHelpText('after', auditExamples)
    .action(async (flags: LedgerFlags & { readonly json?: boolean }) => {
      const { ledgerAuditText, refuseFailedAudit } = await import('../ledger-audit.ts')
      const { text, audit } = await ledgerAuditText(flags, terminalStyle())
      write(text)
      refuseFailedAudit(audit)
    })
}

const invoiceExamples = `
The ledger keeps what was accrued request by request beside what the provider asks for; the difference stays on the offer's account.
The same invoice again changes nothing.

Examples:
  $ tokenwright ledger invoice openai/gpt-5.4 --number 2026-10 --usd 412.37 --from 2026-10-01 --to 2026-11-01
`

function invoiceCommand(write: Write): Command {
  return withLedgerFlags(new Command('invoice'))
    .description('enters what a provider asks for over a span of time')
    .argument('<offer>', 'name of the offer, as in the configuration')
    .requiredOption('--number <text>', 'the invoice’s number: one of each')
    .requiredOption('--usd <amount>', 'dollars, negative for a credit note')
    .requiredOption('--from <moment>', 'start of what it is for')
    .requiredOption('--to <moment>', 'end of it')
    .option('--json', 'print JSON')
    .addHelpText('after', invoiceExamples)
    .action(async (offer: string, flags: InvoiceFlags) => {
      const { ledgerInvoiceText } = await import('../ledger-invoice.ts')
      write(await ledgerInvoiceText(offer, flags))
    })
}
