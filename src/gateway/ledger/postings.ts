/**
 * Double entry: every event as amounts on accounts that add up to zero. Positive is debit (to whom value went), negative is
 * credit (from whom it came).
 *
 *   tenant:T:usage         what a tenant used            offer:O:payable        owed to a provider
 *   tenant:T:reserved      set aside of its budget       offer:O:invoiced       what the provider asked for
 *   tenant:T:budget        where that comes from         deployment:D:payable   owed for devices
 *   gateway:waste          retries, hedges               deployment:D:energy    owed for energy
 *   deployment:D:cost      billed, not given out yet     deployment:D:idle      given out to nobody
 */
import { assert } from '../../core/assert.ts'
import type { NanoUsd } from '../../core/money.ts'
import {
  type Bearer,
  type CostNanoUsd,
  type EngineCharge,
  encodePart,
  type IntervalClosed,
  type LedgerEvent,
  type RequestOpened,
} from './events.ts'

export interface Posting {
  readonly account: string
  readonly nanoUsd: NanoUsd
}

/** The postings of an event, one for each account it touches, none of zero. Asserts that debits equal credits. */
export function postingsOf(event: LedgerEvent): readonly Posting[] {
  const amounts = new Map<string, NanoUsd>()
  const post = (debit: string, credit: string, nanoUsd: NanoUsd): void => {
    if (nanoUsd === 0n) return
    amounts.set(debit, (amounts.get(debit) ?? 0n) + nanoUsd)
    amounts.set(credit, (amounts.get(credit) ?? 0n) - nanoUsd)
  }
  expand(event, post)
  const postings: Posting[] = []
  let sum = 0n
  for (const [account, nanoUsd] of amounts) {
    if (nanoUsd === 0n) continue
    sum += nanoUsd
    postings.push({ account, nanoUsd })
  }
  assert(sum === 0n, `the postings of a ${event.kind} do not add up to zero`)
  return postings
}

/** Σ debits, which is Σ credits. */
export function debitsOf(postings: readonly Posting[]): NanoUsd {
  return postings.reduce((sum, { nanoUsd }) => (nanoUsd > 0n ? sum + nanoUsd : sum), 0n)
}

export function costSum(cost: CostNanoUsd): NanoUsd {
  let sum = 0n
  for (const amount of Object.values(cost)) sum += amount ?? 0n
  return sum
}

export function chargeSum(charge: EngineCharge): NanoUsd {
  return (
    charge.prefillNanoUsd + charge.decodeNanoUsd + charge.prefillEnergyNanoUsd + charge.decodeEnergyNanoUsd
  )
}

type Post = (debit: string, credit: string, nanoUsd: NanoUsd) => void

function expand(event: LedgerEvent, post: Post): void {
  switch (event.kind) {
    case 'requestOpened':
      reserve(event, event.reservedNanoUsd, post)
      break
    case 'requestSettled':
      reserve(event, -event.releasedNanoUsd, post)
      owe(event, post)
      break
    case 'requestAdjusted':
      owe(event, post)
      break
    case 'capacityBilled': {
      const cost = deploymentAccount(event.deployment, 'cost')
      post(cost, deploymentAccount(event.deployment, 'payable'), event.deviceNanoUsd)
      post(cost, deploymentAccount(event.deployment, 'energy'), event.energyNanoUsd)
      break
    }
    case 'intervalClosed':
      giveOut(event, post)
      break
    case 'invoiceReceived':
      post(offerAccount(event.offer, 'payable'), offerAccount(event.offer, 'invoiced'), event.nanoUsd)
  }
}

function giveOut(event: IntervalClosed, post: Post): void {
  const cost = deploymentAccount(event.deployment, 'cost')
  const idle = deploymentAccount(event.deployment, 'idle')
  for (const charge of event.charges)
    post(usageAccount(charge.tenant, charge.bearer), cost, chargeSum(charge))
  post(idle, cost, event.idle.deviceNanoUsd + event.idle.energyNanoUsd)
  // What one request has too much or too little, others and idle time have too little or too much.
  for (const { charges } of event.corrections) {
    for (const charge of charges) post(usageAccount(charge.tenant, charge.bearer), idle, chargeSum(charge))
  }
}

function reserve({ tenant }: Pick<RequestOpened, 'tenant'>, nanoUsd: NanoUsd, post: Post): void {
  const name = encodePart(tenant)
  post(`tenant:${name}:reserved`, `tenant:${name}:budget`, nanoUsd)
}

function owe(event: Extract<LedgerEvent, { kind: 'requestSettled' | 'requestAdjusted' }>, post: Post): void {
  if (event.target.kind !== 'offer') return
  post(
    usageAccount(event.tenant, event.bearer),
    offerAccount(event.target.offer, 'payable'),
    costSum(event.costNanoUsd),
  )
}

/** The account that pays for a request. */
export function usageAccount(tenant: string, bearer: Bearer): string {
  return bearer === 'gateway' ? 'gateway:waste' : `tenant:${encodePart(tenant)}:usage`
}

export function deploymentAccount(deployment: string, side: 'cost' | 'idle' | 'payable' | 'energy'): string {
  return `deployment:${encodePart(deployment)}:${side}`
}

export function offerAccount(offer: string, side: 'payable' | 'invoiced'): string {
  return `offer:${encodePart(offer)}:${side}`
}
