/** Keeps the books of all deployments in real time: closes their intervals, reads their energy, brings the events to the ledger. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Account, adoptTail, hasChanged, nextCutMs } from './account.ts'
import { createDeploymentBook } from './deployment-book.ts'
import { createDcgmReader, createEnergyMeter } from './energy-meter.ts'
import { createLedgerQueue } from './ledger-queue.ts'
import { type LedgerTail, readLedgerTail } from './ledger-tail.ts'
import { chargeAt } from './recent-cost.ts'
import { createSharedLedger } from './shared-ledger.ts'
import { realTimer } from './timer.ts'
import {
  type Billing,
  type BillingOptions,
  type BillingProblemKind,
  defaultBillingLimits,
  levelOf,
  type ReplicaComparison,
} from './types.ts'

/** The tail of a ledger that is away is asked for again after this, and whether it has taken enough of what waits for it. Chosen. */
const retryMs = 1000
/** A gateway that has closed nothing for so many intervals has gone: another takes over. Chosen. */
const leaderIntervals = 2.5

/** Starts at once; nothing is to be awaited. What the ledger knows already is read behind the scenes before the first closing. */
export function createBilling(options: BillingOptions): Billing {
  const { ledger, onProblem, setTimer = realTimer } = options
  const limits = { ...defaultBillingLimits, ...options.limits }
  const reader = options.readEnergy === undefined ? createDcgmReader() : null
  const readEnergy = options.readEnergy ?? reader!.readEnergy
  const accounts = new Map<string, Account>()
  const complained = new Set<string>()
  /** The newest of each replica, by deployment and replica. */
  const comparisons = new Map<string, ReplicaComparison>()
  let config = options.config
  let lastMs = 0
  let isClosed = false
  let cancelTimer: (() => void) | null = null
  let cancelSoon: (() => void) | null = null
  let running: Promise<void> | null = null

  const nowMs = (): number => {
    lastMs = Math.max(lastMs, Math.floor(options.nowMs()))
    return lastMs
  }
  const intervalMs = (): number => Math.max(1, Math.round(config.billing.intervalSeconds * 1000))
  const tell = (kind: BillingProblemKind, deployment: string | null, message: string): void =>
    onProblem({ level: levelOf(kind), kind, deployment, message })
  const tellOnce = (kind: BillingProblemKind, deployment: string, message: string): void => {
    const key = `${kind}/${deployment}`
    if (complained.has(key)) return
    complained.add(key)
    tell(kind, deployment, message)
  }

  const isShared = config.ledger?.kind === 'postgres'
  const queue = createLedgerQueue({
    ledger,
    setTimer,
    onAway: error =>
      error === null
        ? tell('ledger-back', null, 'the ledger takes bills again')
        : tell('ledger-away', null, `the ledger does not take bills, they wait: ${error.message}`),
    onRefused({ deployment }, error) {
      if (isShared)
        tellOnce('follows', deployment, `${deployment} is billed by another gateway of this ledger`)
      else
        tellOnce('billed-elsewhere', deployment, `an interval of ${deployment} was refused: ${error.message}`)
      queue.drop(deployment)
      const account = accounts.get(deployment)
      if (account !== undefined) startAgain(account, 'follows')
    },
  })
  const leaderMs = (): number => leaderIntervals * intervalMs()
  const shared = createSharedLedger(ledger, leaderMs)

  const open = (name: string, fromMs: number, waitsFor: Account['waitsFor']): Account => {
    const account: Account = {
      book: createDeploymentBook(name, fromMs, limits),
      meter: createEnergyMeter(readEnergy),
      replicas: [],
      splitAtMs: 0,
      gapToMs: 0,
      waitsFor,
      role: isShared ? 'undecided' : 'leads',
      hasClosed: false,
      leaderToMs: 0,
    }
    accounts.set(name, account)
    return account
  }
  /** Others have billed it: what is known here of its closed time is worth nothing, what runs still runs. */
  const startAgain = ({ book }: Account, role: Account['role']): void => {
    const again = open(book.name, nowMs(), 'ledger')
    again.role = role
    again.leaderToMs = nowMs()
    again.book.configure(0, book.config)
    again.replicas = book.config?.replicas ?? []
    for (const fact of book.unfinished()) again.book.record(fact)
  }
  const applyConfig = (waitsFor: Account['waitsFor']): void => {
    const atMs = nowMs()
    for (const deployment of config.deployments) {
      const known = accounts.get(deployment.name)
      const account = known ?? open(deployment.name, atMs, waitsFor)
      if (known !== undefined && hasChanged(known.book.config, deployment)) account.splitAtMs = atMs
      account.replicas = [...new Set([...account.replicas, ...deployment.replicas])]
      account.book.configure(atMs, deployment)
    }
    const names = new Set(config.deployments.map(({ name }) => name))
    for (const [name, account] of accounts) {
      if (names.has(name) || account.book.config === null) continue
      account.book.configure(atMs, null)
      account.splitAtMs = atMs
    }
  }

  const learn = async (): Promise<boolean> => {
    const asking = [...accounts.values()].filter(({ waitsFor }) => waitsFor === 'ledger')
    if (asking.length > 0) {
      try {
        const tail = await readLedgerTail(
          ledger,
          asking.map(({ book }) => book.name),
          { sinceMs: nowMs() - limits.longestGapMs, mostEvents: limits.mostTailEvents },
        )
        const { longestGapMs } = limits
        for (const account of asking) {
          const { name } = account.book
          const telling = (kind: BillingProblemKind, message: string): void => tell(kind, name, message)
          const sharedIntervalMs = isShared ? intervalMs() : null
          adoptTail(account, tail, {
            longestGapMs,
            leaderMs: leaderMs(),
            nowMs: nowMs(),
            sharedIntervalMs,
            tell: telling,
          })
        }
        shared.startAfter(tail.lastSequence)
        tellForgotten(tail)
      } catch (error) {
        tellOnce('ledger-away', '', `the ledger cannot be read, bills wait: ${messageOf(error)}`)
        return false
      }
    }
    const unread = [...accounts.values()].filter(({ waitsFor }) => waitsFor === 'meter')
    await Promise.all(
      unread.map(async account => {
        const { openFromMs } = account.book
        await account.meter.read(openFromMs, openFromMs, [], account.replicas)
        account.waitsFor = null
      }),
    )
    return true
  }
  const tellForgotten = (tail: LedgerTail): void => {
    for (const [name, { toMs, bills }] of tail.closed) {
      if (accounts.has(name) || bills.length === 0) continue
      const until = new Date(toMs).toISOString()
      tellOnce('not-configured', name, `${name} is configured no more: it is billed until ${until}`)
    }
  }

  const closeOne = async (account: Account, toMs: number): Promise<void> => {
    const { book, meter, replicas } = account
    const { openFromMs, config: configured } = book
    const millijoules = await meter.read(openFromMs, toMs, replicas, configured?.replicas ?? [])
    // Requests go on between two of them: together they would hold everybody up for several times as long.
    for (const revise of book.revisions()) {
      revise()
      await nextTurn()
    }
    // Refused meanwhile, and begun again.
    if (accounts.get(book.name) !== account) return
    if (
      millijoules === null &&
      configured?.cost.watts === null &&
      configured.cost.energyUsdPerKilowattHour !== null
    )
      tellOnce(
        'energy-unknown',
        book.name,
        `energy of ${book.name} is neither in its price, nor measured, nor assumed`,
      )
    const events = book.close(nowMs(), toMs, millijoules)
    account.hasClosed = true
    if (account.role === 'leads') queue.push({ deployment: book.name, events })
    account.replicas = book.config?.replicas ?? []
    if (account.splitAtMs <= toMs) account.splitAtMs = 0
    if (book.isOver) accounts.delete(book.name)
  }
  const round = async (): Promise<void> => {
    for (const account of [...accounts.values()]) {
      if (account.role === 'follows' && nowMs() - account.leaderToMs > leaderMs())
        startAgain(account, 'leads')
    }
    if (!(await learn())) return
    if (isShared) await shared.readOn(accounts).catch(() => {})
    if (queue.charges <= limits.mostWaitingCharges || isClosed) {
      for (;;) {
        const due = [...accounts.values()].flatMap(account => {
          const cutMs = nextCutMs(account, intervalMs(), nowMs(), isShared)
          return cutMs === null ? [] : [{ account, cutMs }]
        })
        if (due.length === 0) break
        await Promise.all(due.map(({ account, cutMs }) => closeOne(account, cutMs)))
      }
    } else closeSoon(retryMs)
  }
  /** In a round of its own: one that is under way may have passed by what has fallen due since. Does not wait for the ledger. */
  const closeDue = async (): Promise<void> => {
    while (running !== null) await running
    running = round()
      .catch(error => tell('internal', null, `bills could not be made: ${messageOf(error)}`))
      .finally(() => {
        running = null
      })
    await running
  }
  const schedule = (): void => {
    cancelTimer?.()
    if (isClosed) return
    const isLearning = [...accounts.values()].some(({ waitsFor }) => waitsFor === 'ledger')
    const wholeMs = intervalMs() - (nowMs() % intervalMs())
    cancelTimer = setTimer(
      () => void closeDue().then(schedule),
      isLearning ? Math.min(retryMs, wholeMs) : wholeMs,
    )
  }
  const closeSoon = (delayMs = 0): void => {
    cancelSoon ??= setTimer(() => {
      cancelSoon = null
      void closeDue()
    }, delayMs)
  }

  applyConfig('ledger')
  closeSoon()
  schedule()

  return {
    record(deployment, fact) {
      const account = accounts.get(deployment)
      if (account === undefined || isClosed) return
      if (account.book.record(fact) === 'dropped')
        tellOnce(
          'requests-dropped',
          deployment,
          `${deployment}: more than ${limits.mostFacts} requests are open in its books`,
        )
      if (account.book.freshFacts < limits.mostFreshFacts || account.splitAtMs > 0) return
      account.splitAtMs = nowMs()
      closeSoon()
    },
    reconfigure(next) {
      config = next
      applyConfig('meter')
      closeSoon()
      schedule()
    },
    async closeDue() {
      await closeDue()
      await queue.flush()
    },
    recentCost: deployment => accounts.get(deployment)?.book.recentCost() ?? null,
    expectedCharge(deployment, usage) {
      const cost = accounts.get(deployment)?.book.recentCost()
      return cost === undefined ? null : chargeAt(cost, usage)
    },
    compareCounters(deployment, replica, counters) {
      const comparison = accounts.get(deployment)?.book.tally.compare(replica, nowMs(), counters) ?? null
      const key = `counters-differ/${deployment}/${replica}`
      if (comparison !== null) comparisons.set(key, { deployment, replica, atMs: nowMs(), ...comparison })
      if (comparison?.alarm === null) complained.delete(key)
      else if (comparison !== null && !complained.has(key)) {
        complained.add(key)
        tell('counters-differ', deployment, `${deployment}/${replica}: ${comparison.alarm}`)
      }
      return comparison
    },
    comparisons: () => [...comparisons.values()].filter(({ deployment }) => accounts.has(deployment)),
    reconciliation: () => [...accounts.values()].map(({ book }) => book.reconciliation()),
    get waiting() {
      return queue.calls
    },
    async close() {
      if (isClosed) return
      isClosed = true
      cancelTimer?.()
      cancelSoon?.()
      while (running !== null) await running
      const atMs = nowMs()
      for (const account of accounts.values()) account.splitAtMs = atMs
      await closeDue()
      await queue.finish(limits.closeTimeoutMs)
      const isLearnt = ![...accounts.values()].some(({ waitsFor }) => waitsFor === 'ledger')
      if (queue.calls > 0 || !isLearnt)
        tell(
          'not-written',
          null,
          'the ledger has not taken the last intervals; the next start bills them as a gap',
        )
      queue.stop()
      reader?.close()
    },
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
