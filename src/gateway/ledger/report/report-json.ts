/** A report as JSON: amounts are decimal strings of dollars, exact; counts are numbers. */

import { usdText } from './decimal.ts'
import type { InvoiceLine, LedgerReport, ReconciliationLine, ReportLine } from './ledger-report.ts'

/** Indented JSON with a final line feed. */
export function reportJson(report: LedgerReport): string {
  const { fromMs, toMs, by, bucketMs } = report.query
  const value = {
    kind: 'tokenwright-ledger-report',
    version: 1,
    from: timeText(fromMs),
    to: timeText(toMs),
    by,
    bucketSeconds: bucketMs === null ? null : bucketMs / 1000,
    lines: report.lines.map(lineJson),
    total: lineJson(report.total),
    reconciliation: report.reconciliation.map(reconciliationJson),
    invoices: report.invoices.map(invoiceJson),
  }
  return `${JSON.stringify(value, null, 2)}\n`
}

function lineJson(line: ReportLine): object {
  return {
    category: line.category,
    ...(line.bucketMs === null ? {} : { from: timeText(line.bucketMs) }),
    ...line.dimensions,
    requests: Number(line.requests),
    attempts: Number(line.attempts),
    tokens: Object.fromEntries(Object.entries(line.tokens).map(([name, count]) => [name, Number(count)])),
    usd: Object.fromEntries(
      Object.entries(line.costNanoUsd).map(([name, amount]) => [name, usdText(amount)]),
    ),
    totalUsd: usdText(line.totalNanoUsd),
    energyUsd: usdText(line.energyNanoUsd),
    energyJoules: line.energyJoules,
    engineSeconds: line.engineSeconds,
    usdPerMillionTokens: line.usdPerMillionTokens,
    estimatedShare: line.estimatedShare,
  }
}

function reconciliationJson(line: ReconciliationLine): object {
  return {
    deployment: line.deployment,
    billUsd: usdText(line.billNanoUsd),
    closedUsd: usdText(line.closedNanoUsd),
    requestsUsd: usdText(line.requestsNanoUsd),
    idleUsd: usdText(line.idleNanoUsd),
    differenceUsd: usdText(line.differenceNanoUsd),
    openUsd: usdText(line.openNanoUsd),
  }
}

function invoiceJson(line: InvoiceLine): object {
  return {
    offer: line.offer,
    accruedUsd: usdText(line.accruedNanoUsd),
    invoicedUsd: line.invoicedNanoUsd === null ? null : usdText(line.invoicedNanoUsd),
  }
}

function timeText(atMs: number): string {
  return new Date(atMs).toISOString()
}
