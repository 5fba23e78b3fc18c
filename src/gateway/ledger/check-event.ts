/**
 * Refuses events that cannot be true before they are kept for ever. Such events are mistakes of the program that made them,
 * so these are assertions; what depends on other events is for the audit.
 */
import { assert } from '../../core/assert.ts'
import { type UsageClasses, usageStates } from '../usage.ts'
import {
  bearers,
  type CapacityBilled,
  costClasses,
  type EngineCharge,
  type IdleCharge,
  type IntervalClosed,
  type LedgerEvent,
  type RequestAdjusted,
  type RequestOwner,
  type RequestSettled,
  type Target,
} from './events.ts'
import { chargeSum, costSum } from './postings.ts'

/** Longest id that is kept: far beyond UUIDs and names, and short enough for an index of PostgreSQL (2,704 bytes a row). */
const longestId = 256
/** The columns of both databases are 64-bit. */
const mostNanoUsd = 2n ** 63n - 1n

/** Throws an assertion when the event contradicts itself. */
export function checkEvent(event: LedgerEvent): void {
  time(event.atMs, 'atMs')
  switch (event.kind) {
    case 'requestOpened':
      owner(event)
      target(event.target)
      notNegative(event.reservedNanoUsd, 'a reservation')
      break
    case 'requestSettled':
      settled(event)
      break
    case 'requestAdjusted':
      id(event.adjustment, 'the adjustment')
      served(event)
      break
    case 'capacityBilled':
      billed(event)
      break
    case 'intervalClosed':
      closed(event)
      break
    case 'invoiceReceived':
      id(event.offer, 'the offer')
      id(event.invoice, 'the invoice')
      interval(event)
      money(event.nanoUsd)
  }
}

function billed(event: CapacityBilled): void {
  id(event.deployment, 'the deployment')
  id(event.bill, 'the bill')
  interval(event)
  assert(event.devices >= 0 && Number.isFinite(event.devices), 'devices are a number, not negative')
  money(event.deviceNanoUsd)
  money(event.energyNanoUsd)
  if (event.energyMillijoules !== null) count(event.energyMillijoules, 'energy')
}

function settled(event: RequestSettled): void {
  served(event)
  for (const tokens of Object.values(event.usage)) assert(tokens >= 0, 'tokens are not negative')
  assert(event.usage.reasoning <= event.usage.output, 'reasoning is part of output')
  for (const amount of Object.values(event.costNanoUsd)) notNegative(amount ?? 0n, 'a cost')
  notNegative(event.releasedNanoUsd, 'a release')
  assert(event.final || event.releasedNanoUsd === 0n, 'only the last attempt frees the reservation')
  if (event.state === 'voided') {
    assert(costSum(event.costNanoUsd) === 0n, 'nothing is owed for a voided attempt')
    assert(noTokens(event.usage), 'a voided attempt used nothing')
  }
}

function served(event: RequestSettled | RequestAdjusted): void {
  owner(event)
  target(event.target)
  count(event.attempt, 'the attempt')
  bearer(event.bearer)
  assert(usageStates.includes(event.state), `unknown state ${event.state}`)
  for (const tokens of Object.values(event.usage))
    assert(Number.isSafeInteger(tokens), `tokens are integers, got ${tokens}`)
  for (const [name, amount] of Object.entries(event.costNanoUsd)) {
    assert((costClasses as readonly string[]).includes(name), `unknown class of cost ${name}`)
    money(amount ?? 0n)
  }
  assert(
    event.target.kind === 'offer' || costSum(event.costNanoUsd) === 0n,
    'a deployment is charged when its interval is closed',
  )
}

function closed(event: IntervalClosed): void {
  id(event.deployment, 'the deployment')
  interval(event)
  notNegative(event.deviceNanoUsd, 'the bill of an interval')
  notNegative(event.energyNanoUsd, 'the energy of an interval')
  sumsTo(event.charges, event.idle, event.deviceNanoUsd, event.energyNanoUsd, 'the bill')
  for (const entry of event.charges) {
    charge(entry)
    for (const value of [entry.prefillUs, entry.decodeUs]) assert(value >= 0, 'engine time is not negative')
    assert(chargeSum(entry) >= 0n, 'only corrections are negative')
  }
  assert(event.idle.idleUs >= 0 && event.idle.deviceNanoUsd >= 0n, 'idle time is not negative')
  for (const correction of event.corrections) {
    assert(correction.ofToMs <= event.fromMs, 'corrections are of earlier intervals')
    for (const entry of correction.charges) charge(entry)
    sumsTo(correction.charges, correction.idle, 0n, 0n, 'a correction')
  }
}

function sumsTo(
  charges: readonly EngineCharge[],
  idle: IdleCharge,
  devices: bigint,
  energy: bigint,
  what: string,
): void {
  let deviceSum = idle.deviceNanoUsd
  let energySum = idle.energyNanoUsd
  for (const entry of charges) {
    deviceSum += entry.prefillNanoUsd + entry.decodeNanoUsd
    energySum += entry.prefillEnergyNanoUsd + entry.decodeEnergyNanoUsd
  }
  assert(deviceSum === devices, `${what} of the devices is ${devices}, its parts add up to ${deviceSum}`)
  assert(energySum === energy, `${what} of energy is ${energy}, its parts add up to ${energySum}`)
}

function charge(entry: EngineCharge): void {
  owner(entry)
  bearer(entry.bearer)
  count(entry.attempt, 'the attempt')
  for (const value of [entry.prefillUs, entry.decodeUs, entry.energyMillijoules, entry.heldTokenMs]) {
    assert(Number.isSafeInteger(value), `engine time and energy are integers, got ${value}`)
  }
}

function noTokens(usage: UsageClasses): boolean {
  return Object.values(usage).every(tokens => tokens === 0)
}

function owner({ requestId, tenant, keyId, modelAlias }: RequestOwner): void {
  id(requestId, 'the request')
  id(tenant, 'the tenant')
  id(keyId, 'the key id')
  id(modelAlias, 'the model')
}

function target(value: Target): void {
  if (value.kind === 'offer') {
    id(value.offer, 'the offer')
  } else {
    id(value.deployment, 'the deployment')
    id(value.replica, 'the replica')
  }
}

function bearer(value: string): void {
  assert((bearers as readonly string[]).includes(value), `unknown bearer ${value}`)
}

function id(text: string, what: string): void {
  assert(text !== '' && text.length <= longestId, `${what} has 1 to ${longestId} characters`)
  assert(!text.includes('\0') && text.isWellFormed(), `${what} is text that both databases can keep`)
}

function interval({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): void {
  time(fromMs, 'fromMs')
  time(toMs, 'toMs')
  assert(toMs > fromMs, 'an interval ends after it starts')
}

function time(value: number, what: string): void {
  assert(Number.isSafeInteger(value) && value >= 0, `${what} is whole milliseconds since 1970, got ${value}`)
}

function count(value: number, what: string): void {
  assert(Number.isSafeInteger(value) && value >= 0, `${what} is a whole number, got ${value}`)
}

function money(amount: bigint): void {
  assert(amount <= mostNanoUsd && amount >= -mostNanoUsd, `${amount} nano-dollars are beyond 64 bits`)
}

function notNegative(amount: bigint, what: string): void {
  money(amount)
  assert(amount >= 0n, `${what} is not negative, got ${amount}`)
}
