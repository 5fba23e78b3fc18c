/** A gateway before emulators that break in every way they know, and whether its books still say what happened. */
import { Agent } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { NanoUsd } from '../../../core/money.ts'
import { RandomSource } from '../../../core/random.ts'
import type { RunningEmulator } from '../../../emulate/emulator.fixture.ts'
import type { CandidateStatus } from '../../dispatch/types.ts'
import { auditLedger, type LedgerEvent, type RequestSettled } from '../../ledger/index.ts'
import { askGateway, type ClientView, type FaultRequest, randomRequest } from './fault-clients.fixture.ts'
import {
  breakEngines,
  type StagedGateway,
  startFaultyEmulator,
  startStagedGateway,
} from './faulty-stage.fixture.ts'
import { compareWithTruth } from './truth-match.fixture.ts'

export interface FaultSettings {
  readonly requests: number
  readonly seed: string
  /** Clients at once. */
  readonly clients: number
}

export interface FaultReport {
  readonly requests: number
  readonly clients: Readonly<Record<ClientView['kind'], number>>
  readonly attempts: number
  readonly states: Readonly<Record<string, number>>
  readonly engineFaults: number
  /** By offers, borne by tenants. */
  readonly tenantNanoUsd: NanoUsd
  readonly problems: readonly string[]
}

/** A request that takes longer is stuck: its total time-out is 4 s, and others wait before it. */
const stuckMs = 60_000

export async function faultRun({ requests, seed, clients }: FaultSettings): Promise<FaultReport> {
  const random = new RandomSource(seed)
  const emulators = await Promise.all(['a', 'b', 'c'].map(name => startFaultyEmulator(`${seed} ${name}`)))
  const gateway = await startStagedGateway(emulators)
  const agent = new Agent({ keepAlive: true })
  const draws = random.stream('requests')
  const views: { asked: FaultRequest; view: ClientView }[] = []
  const problems: string[] = []
  let next = 0
  async function client(): Promise<void> {
    while (next < requests) {
      const asked = randomRequest(draws, next++)
      const view = await Promise.race([
        askGateway(agent, gateway.url, asked),
        sleep(stuckMs, null, { ref: false }),
      ])
      if (view === null) problems.push(`stuck: ${asked.api}, streamed ${asked.stream}, fault ${asked.fault}`)
      else views.push({ asked, view })
    }
  }
  const breaking = breakEngines(emulators, random.stream('engines'))
  await Promise.all(Array.from({ length: clients }, client))
  const engineFaults = breaking.stop()

  const events = await gateway.events()
  const settled = events.filter((event): event is RequestSettled => event.kind === 'requestSettled')
  problems.push(...(await atRest(gateway, emulators)))
  problems.push(...(await auditLedger(gateway.gateway.ledger)).problems)
  problems.push(...endsOf(events))
  problems.push(...(await budgetProblems(gateway, settled)))
  problems.push(...completedProblems(views, settled))
  // Of clients that left at once the gateway may never have heard.
  const unheard = views.filter(({ view }) => view.kind === 'left' && view.requestId === null).length
  const told = gateway.summaries.length
  if (told > requests || told < requests - unheard)
    problems.push(`${told} of ${requests} requests were told of`)
  for (const { event, fields } of gateway.notices)
    if (/internal|fault|refused|away/.test(event)) problems.push(`${event}: ${JSON.stringify(fields)}`)
  agent.destroy()
  await gateway.close()
  const truth = (await Promise.all(emulators.map(emulator => emulator.truth()))).flatMap(
    lines => lines.requests,
  )
  problems.push(...compareWithTruth(settled, truth))
  const untold = truth.filter(({ fault }) => fault === 'no-usage').length
  const estimated = answeredAs(views, settled, 'estimated')
  if (estimated > untold) problems.push(`${estimated} whole answers are estimated, ${untold} told no usage`)

  return {
    requests,
    clients: countBy(views.map(({ view }) => view.kind)) as FaultReport['clients'],
    attempts: settled.length,
    states: countBy(settled.map(({ state }) => state)),
    engineFaults,
    tenantNanoUsd: costOf(settled.filter(({ bearer }) => bearer === 'tenant')),
    problems,
  }
}

/** Nothing is under way any more, anywhere. */
async function atRest(gateway: StagedGateway, emulators: readonly RunningEmulator[]): Promise<string[]> {
  const problems: string[] = []
  if (gateway.gateway.inFlight !== 0)
    problems.push(`${gateway.gateway.inFlight} requests are still under way`)
  const { candidates } = await control<{ candidates: CandidateStatus[] }>(gateway, '/api/candidates')
  for (const { name, inFlight, waiting, running } of candidates)
    if (inFlight + waiting + running > 0)
      problems.push(
        `${name} is thought to have ${inFlight} in flight, ${waiting} waiting, ${running} running`,
      )
  const until = performance.now() + 5000
  while (emulators.some(({ inFlight }) => inFlight > 0) && performance.now() < until) await sleep(10)
  for (const { inFlight } of emulators)
    if (inFlight > 0) problems.push(`an engine still works on ${inFlight} requests that nobody waits for`)
  return problems
}

async function control<Answer>({ gateway }: StagedGateway, path: string): Promise<Answer> {
  return (await (await fetch(`${gateway.controlUrl}${path}`)).json()) as Answer
}

/** Every request has one end. Of quick ones the ledger never hears that they began. */
function endsOf(events: readonly LedgerEvent[]): string[] {
  const ends = new Map<string, number>()
  for (const event of events) {
    if (event.kind !== 'requestOpened' && event.kind !== 'requestSettled') continue
    const isEnd = event.kind === 'requestSettled' && event.final
    ends.set(event.requestId, (ends.get(event.requestId) ?? 0) + (isEnd ? 1 : 0))
  }
  return [...ends].flatMap(([requestId, count]) => (count === 1 ? [] : [`${requestId} has ${count} ends`]))
}

/** What was settled with the tenant's budget is what its requests cost, and by offers exactly what the ledger says. */
async function budgetProblems(gateway: StagedGateway, settled: readonly RequestSettled[]): Promise<string[]> {
  const { budgets } = await control<{ budgets: { spent: string; reserved: string }[] }>(
    gateway,
    '/api/budgets',
  )
  const ofTenant = gateway.summaries
    .flatMap(({ attempts }) => attempts)
    .filter(({ bearer }) => bearer === 'tenant')
  const sum = (amounts: readonly NanoUsd[]): NanoUsd => amounts.reduce((total, amount) => total + amount, 0n)
  const expected = sum(ofTenant.map(({ nanoUsd }) => nanoUsd))
  const [budget] = budgets
  const problems: string[] = []
  if (budget === undefined) return ['there is no budget']
  if (BigInt(Math.round(Number(budget.spent) * 1e9)) !== expected)
    problems.push(`the budget has ${budget.spent} spent, its requests cost ${expected} nano-dollars`)
  if (Number(budget.reserved) !== 0) problems.push(`${budget.reserved} are still reserved`)
  const byOffers = sum(ofTenant.filter(({ target }) => target.kind === 'offer').map(({ nanoUsd }) => nanoUsd))
  const inLedger = costOf(settled.filter(({ bearer }) => bearer === 'tenant'))
  if (byOffers !== inLedger) problems.push(`offers cost the tenant ${byOffers}, in the ledger ${inLedger}`)
  return problems
}

function costOf(settled: readonly RequestSettled[]): NanoUsd {
  let sum = 0n
  for (const { costNanoUsd } of settled) for (const part of Object.values(costNanoUsd)) sum += part
  return sum
}

/** What a client got in full has an end that its tenant pays, with usage that was told wherever anybody tells it. */
function completedProblems(
  views: readonly { readonly asked: FaultRequest; readonly view: ClientView }[],
  settled: readonly RequestSettled[],
): string[] {
  const ends = new Map(settled.filter(({ final }) => final).map(event => [event.requestId, event]))
  return views.flatMap(({ asked, view }) => {
    if (view.kind !== 'complete') return []
    const end = ends.get(view.requestId ?? '')
    if (end === undefined) return [`${view.requestId} was answered and is not in the ledger`]
    // Transcriptions tell no usage; any server may leave it out.
    const isTold = end.state === 'reported' || end.state === 'estimated'
    return isTold && end.bearer === 'tenant'
      ? []
      : [`${view.requestId} (${asked.api}) was answered and is ${end.state}, borne by ${end.bearer}`]
  })
}

function answeredAs(
  views: readonly { readonly view: ClientView }[],
  settled: readonly RequestSettled[],
  state: RequestSettled['state'],
): number {
  const those = new Set(
    settled.filter(event => event.final && event.state === state).map(({ requestId }) => requestId),
  )
  return views.filter(({ view }) => view.kind === 'complete' && those.has(view.requestId ?? '')).length
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}
