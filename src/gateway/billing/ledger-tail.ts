/** What the ledger's last events say of deployments: until when each is billed, and which requests have ended since. */
import {
  type EngineFact,
  engineFact,
  type IntervalClosed,
  type LedgerEvent,
  type LedgerStore,
} from '../ledger/index.ts'

export interface LedgerTail {
  /** The interval of each deployment that ends last. */
  readonly closed: ReadonlyMap<string, IntervalClosed>
  /** Attempts that ended after the last interval of their deployment. */
  readonly facts: readonly { readonly deployment: string; readonly fact: EngineFact }[]
  /** Of the last event there was; 0: there was none. */
  readonly lastSequence: number
  /** Events read. */
  readonly events: number
}

export interface TailLimits {
  /** Nothing that happened before is looked for. */
  readonly sinceMs: number
  readonly mostEvents: number
}

/** Events read at once: a page holds the writers of a SQLite ledger up for some 20 ms. Chosen. */
const pageEvents = 2000

/** Reads backwards until the last intervals of these deployments are found and everything since has been seen, or to the limits. */
export async function readLedgerTail(
  ledger: Pick<LedgerStore, 'scan'>,
  deployments: readonly string[],
  { sinceMs, mostEvents }: TailLimits,
): Promise<LedgerTail> {
  const closed = new Map<string, IntervalClosed>()
  const facts: { deployment: string; fact: EngineFact }[] = []
  let events = 0
  const last = await lastSequence(ledger)
  let end = last
  const enter = (event: LedgerEvent): void => {
    if (event.kind === 'intervalClosed') {
      const known = closed.get(event.deployment)
      if (known === undefined || known.toMs < event.toMs) closed.set(event.deployment, event)
    }
    if (event.kind !== 'requestSettled' || event.target.kind !== 'deployment') return
    const fact = engineFact(event)
    if (fact !== null) facts.push({ deployment: event.target.deployment, fact })
  }
  while (end > 0 && events < mostEvents) {
    const start = Math.max(0, end - pageEvents)
    const page = (await ledger.scan(start, pageEvents)).filter(({ sequence }) => sequence <= end)
    for (const { event } of page) enter(event)
    events += page.length
    end = start
    const neededMs = Math.min(...deployments.map(name => closed.get(name)?.toMs ?? sinceMs))
    // Events come nearly in the order of their time; a whole page before it is far enough.
    if (page.length > 0 && page.every(({ event }) => event.atMs < Math.max(sinceMs, neededMs))) break
  }
  const isOpen = (deployment: string, { endMs }: EngineFact): boolean =>
    endMs !== null && endMs > (closed.get(deployment)?.toMs ?? sinceMs)
  return {
    closed,
    facts: facts.filter(({ deployment, fact }) => isOpen(deployment, fact)),
    lastSequence: last,
    events,
  }
}

/** Sequences have gaps and stores tell no last one: doubled until nothing follows, then halved. Some 40 reads of one event. */
async function lastSequence(ledger: Pick<LedgerStore, 'scan'>): Promise<number> {
  const isFollowed = async (sequence: number): Promise<boolean> => (await ledger.scan(sequence, 1)).length > 0
  if (!(await isFollowed(0))) return 0
  let followed = 0
  let last = 1
  while (await isFollowed(last)) {
    followed = last
    last *= 2
  }
  while (last - followed > 1) {
    const middle = followed + Math.floor((last - followed) / 2)
    if (await isFollowed(middle)) followed = middle
    else last = middle
  }
  return last
}
