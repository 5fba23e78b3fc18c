/** A deployment under billing: its book, and who bills it when several gateways share a ledger. */
import type { DeploymentConfig, ReplicaConfig } from '../config/gateway-config.ts'
import type { DeploymentBook } from './deployment-book.ts'
import type { EnergyMeter } from './energy-meter.ts'
import type { LedgerTail } from './ledger-tail.ts'
import type { BillingProblemKind } from './types.ts'

export interface Account {
  readonly book: DeploymentBook
  readonly meter: EnergyMeter
  /** Replicas of the open interval. */
  replicas: readonly ReplicaConfig[]
  /** It is to be closed until here at once, not only at the next whole interval; 0: it is not. */
  splitAtMs: number
  /** Until here nobody has billed it since the ledger's last interval: closed by itself; 0: there is no such time. */
  gapToMs: number
  /** ledger: until when it is billed is to be asked there. meter: its joules are to be read for a start. */
  waitsFor: 'ledger' | 'meter' | null
  /** leads: what is closed here goes to the ledger. follows: another gateway does that, and here is only kept what it would need. */
  role: 'leads' | 'follows' | 'undecided'
  /** Something was closed here: where it begins is settled. */
  hasClosed: boolean
  /** Of who follows: end of the last interval that the other one closed. */
  leaderToMs: number
}

export interface AdoptSettings {
  readonly longestGapMs: number
  /** A gateway that has closed something so lately still does. */
  readonly leaderMs: number
  readonly nowMs: number
  /**
   * Whole intervals of a shared ledger, ms; null: it is not shared. Gateways that start at the same time on a ledger without intervals must
   * open at the same moment: then the second closing of one interval is refused, since it has the key of the first.
   */
  readonly sharedIntervalMs: number | null
  readonly tell: (kind: BillingProblemKind, message: string) => void
}

/** Bills on from where the ledger's last interval ended, with the requests that have ended since. */
export function adoptTail(account: Account, tail: LedgerTail, settings: AdoptSettings): void {
  const { book } = account
  const startMs = book.openFromMs
  const last = tail.closed.get(book.name)
  const isUndecided = account.role === 'undecided'
  account.waitsFor = 'meter'
  for (const { deployment, fact } of tail.facts) if (deployment === book.name) book.record(fact)
  if (last === undefined || last.bills.length === 0 || startMs - last.toMs > settings.longestGapMs) {
    if (isUndecided) account.role = 'leads'
    if (settings.sharedIntervalMs !== null)
      book.openAt(Math.ceil(startMs / settings.sharedIntervalMs) * settings.sharedIntervalMs)
    if (account.role === 'leads')
      settings.tell(
        'starts-anew',
        `${book.name} is billed from now on: the ledger has no late interval of it`,
      )
    return
  }
  account.leaderToMs = Math.max(account.leaderToMs, last.toMs)
  if (isUndecided) account.role = settings.nowMs - last.toMs <= settings.leaderMs ? 'follows' : 'leads'
  book.openAt(last.toMs)
  if (last.toMs >= startMs) return
  account.waitsFor = null
  account.gapToMs = startMs
  if (account.role === 'follows') return
  const seconds = Math.round((startMs - last.toMs) / 1000)
  settings.tell('gap-billed', `${book.name} was paid for ${seconds} s in which no gateway closed its bills`)
}

/** Whether what is paid, or read for energy, is another. */
export function hasChanged(before: DeploymentConfig | null, after: DeploymentConfig): boolean {
  if (before === null) return true
  return JSON.stringify([before.replicas, before.cost]) !== JSON.stringify([after.replicas, after.cost])
}

/**
 * Where an account is to be closed next, if that is due: at a split, or at the last whole interval that is over. On a shared ledger at
 * each whole one, so that two gateways that bill the same find it out.
 */
export function nextCutMs(
  account: Account,
  intervalMs: number,
  nowMs: number,
  isShared: boolean,
): number | null {
  const { book, gapToMs, splitAtMs, waitsFor } = account
  const { openFromMs } = book
  if (waitsFor !== null) return null
  if (gapToMs > openFromMs) return gapToMs
  const lastWholeMs = Math.floor(nowMs / intervalMs) * intervalMs
  const wholeMs = isShared ? (Math.floor(openFromMs / intervalMs) + 1) * intervalMs : lastWholeMs
  const cuts = [splitAtMs, wholeMs <= lastWholeMs ? wholeMs : 0].filter(cut => cut > openFromMs)
  return cuts.length === 0 ? null : Math.min(...cuts)
}
