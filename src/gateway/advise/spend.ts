/** Where the money went: by deployment and offer, idle time apart. Its total is the ledger's, to the nano-dollar. */
import type { NanoUsd } from '../../core/money.ts'
import type { LedgerReport } from '../ledger/index.ts'

export interface SpendLine {
  readonly target: string
  readonly kind: 'deployment' | 'offer'
  readonly requests: number
  readonly tokens: bigint
  readonly requestsNanoUsd: NanoUsd
  /** 0 for an offer. */
  readonly idleNanoUsd: NanoUsd
  readonly totalNanoUsd: NanoUsd
  /** Idle ÷ total. */
  readonly idleShare: number
  /** Total ÷ tokens; null without tokens. */
  readonly usdPerMillionTokens: number | null
}

export interface Spend {
  readonly lines: readonly SpendLine[]
  readonly totalNanoUsd: NanoUsd
  readonly idleNanoUsd: NanoUsd
  /** Billed, and not yet given to requests and idle time: in intervals that are not closed. */
  readonly openNanoUsd: NanoUsd
  readonly tokens: bigint
}

/** Of a report by deployment and offer, dearest first. */
export function spendOf(report: LedgerReport): Spend {
  const groups = Map.groupBy(report.lines, ({ dimensions: { deployment = '', offer = '' } }) =>
    deployment === '' ? `offer ${offer}` : `deployment ${deployment}`,
  )
  const lines = [...groups].map(([name, group]): SpendLine => {
    const isOffer = name.startsWith('offer ')
    const sum = (category: 'request' | 'idle') =>
      group
        .filter(line => line.category === category)
        .reduce((total, { totalNanoUsd }) => total + totalNanoUsd, 0n)
    const [requestsNanoUsd, idleNanoUsd] = [sum('request'), sum('idle')]
    const totalNanoUsd = requestsNanoUsd + idleNanoUsd
    const tokens = group.reduce((total, line) => total + tokensOf(line), 0n)
    return {
      target: name.slice(name.indexOf(' ') + 1),
      kind: isOffer ? 'offer' : 'deployment',
      requests: group.reduce((total, { requests }) => total + Number(requests), 0),
      ...{ tokens, requestsNanoUsd, idleNanoUsd, totalNanoUsd },
      idleShare: totalNanoUsd === 0n ? 0 : Number(idleNanoUsd) / Number(totalNanoUsd),
      // Nano-dollars a token are thousandths of dollars a million tokens.
      usdPerMillionTokens: tokens === 0n ? null : Number(totalNanoUsd) / Number(tokens) / 1000,
    }
  })
  lines.sort((a, b) => Number(b.totalNanoUsd - a.totalNanoUsd) || (a.target < b.target ? -1 : 1))
  const total = (of: (line: SpendLine) => bigint) => lines.reduce((sum, line) => sum + of(line), 0n)
  return {
    lines,
    totalNanoUsd: total(line => line.totalNanoUsd),
    idleNanoUsd: total(line => line.idleNanoUsd),
    openNanoUsd: report.reconciliation.reduce((sum, { openNanoUsd }) => sum + openNanoUsd, 0n),
    tokens: total(line => line.tokens),
  }
}

/** Reasoning is part of output. */
function tokensOf({ tokens: { reasoning: _, ...classes } }: LedgerReport['lines'][number]): bigint {
  return Object.values(classes).reduce((total, count) => total + count, 0n)
}
