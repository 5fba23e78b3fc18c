/**
 * Events as rows to add up: every row has dimensions and whole-number measures. All stores keep the same rows, made here, so
 * that their sums cannot differ. Money and times of a closed interval bear the interval's start as their time.
 */
import { usageClasses } from '../../cost/usage.ts'
import type { UsageState } from '../usage.ts'
import {
  type Bearer,
  costClasses,
  type EngineCharge,
  type IdleCharge,
  type IntervalClosed,
  type LedgerEvent,
  type RequestOwner,
  type Target,
} from './events.ts'

/**
 * request: an attempt or its charge. idle: engine time that nobody used. bill: what a deployment was billed.
 * closed: how much of that was given out, to compare with request + idle. invoice: what a provider asks for.
 */
export const factCategories = ['request', 'idle', 'bill', 'closed', 'invoice'] as const
export type FactCategory = (typeof factCategories)[number]

/** Text columns; '' where it does not apply. */
export const factDimensions = [
  'category',
  'tenant',
  'keyId',
  'model',
  'deployment',
  'offer',
  'state',
  'bearer',
  'priceRule',
  'requestId',
] as const
export type FactDimension = (typeof factDimensions)[number]

/** Integer columns that are added up. Costs include energy; energyNanoUsd says how much of them it is. */
export const factMeasures = [
  'requests',
  'attempts',
  ...usageClasses,
  ...costClasses.map(name => `${name}NanoUsd` as const),
  'energyNanoUsd',
  'engineUs',
  'energyMillijoules',
] as const
export type FactMeasure = (typeof factMeasures)[number]

/** In the order of factDimensions and factMeasures. */
export interface LedgerFact {
  readonly atMs: number
  readonly dimensions: readonly string[]
  readonly measures: readonly bigint[]
}

/** The rows of an event; none for what only opens. */
export function factsOf(event: LedgerEvent): readonly LedgerFact[] {
  switch (event.kind) {
    case 'requestOpened':
      return []
    case 'requestSettled':
    case 'requestAdjusted': {
      const first = event.kind === 'requestSettled'
      const energyAndEngine = [0n, 0n, 0n]
      return [
        {
          atMs: event.atMs,
          dimensions: requestDimensions(event, event.target, event.state, event.bearer, event.priceRuleId),
          measures: [
            first && event.final ? 1n : 0n,
            first ? 1n : 0n,
            ...usageClasses.map(name => BigInt(event.usage[name])),
            ...costClasses.map(name => event.costNanoUsd[name] ?? 0n),
            ...energyAndEngine,
          ],
        },
      ]
    }
    case 'capacityBilled':
      return [
        money(
          event.fromMs,
          dimensions({ category: 'bill', deployment: event.deployment, priceRule: event.priceRuleId }),
          {
            other: event.deviceNanoUsd + event.energyNanoUsd,
            energyNanoUsd: event.energyNanoUsd,
            energyMillijoules: event.energyMillijoules ?? 0,
          },
        ),
      ]
    case 'intervalClosed':
      return intervalFacts(event)
    case 'invoiceReceived':
      return [
        money(event.fromMs, dimensions({ category: 'invoice', offer: event.offer }), {
          other: event.nanoUsd,
        }),
      ]
  }
}

function intervalFacts(event: IntervalClosed): LedgerFact[] {
  const { deployment, fromMs } = event
  const facts: LedgerFact[] = [
    money(fromMs, dimensions({ category: 'closed', deployment }), {
      other: event.deviceNanoUsd + event.energyNanoUsd,
      energyNanoUsd: event.energyNanoUsd,
    }),
  ]
  for (const { charges, idle } of [event, ...event.corrections]) {
    for (const charge of charges) facts.push(chargeFact(charge, deployment, fromMs))
    facts.push(idleFact(idle, deployment, fromMs))
  }
  return facts
}

function chargeFact(charge: EngineCharge, deployment: string, atMs: number): LedgerFact {
  const target: Target = { kind: 'deployment', deployment, replica: charge.replica }
  return money(atMs, requestDimensions(charge, target, '', charge.bearer, ''), {
    uncachedInput: charge.prefillNanoUsd + charge.prefillEnergyNanoUsd,
    output: charge.decodeNanoUsd + charge.decodeEnergyNanoUsd,
    energyNanoUsd: charge.prefillEnergyNanoUsd + charge.decodeEnergyNanoUsd,
    engineUs: charge.prefillUs + charge.decodeUs,
    energyMillijoules: charge.energyMillijoules,
  })
}

function idleFact(idle: IdleCharge, deployment: string, atMs: number): LedgerFact {
  return money(atMs, dimensions({ category: 'idle', deployment }), {
    other: idle.deviceNanoUsd + idle.energyNanoUsd,
    energyNanoUsd: idle.energyNanoUsd,
    engineUs: idle.idleUs,
    energyMillijoules: idle.energyMillijoules,
  })
}

interface Amounts {
  readonly uncachedInput?: bigint
  readonly output?: bigint
  readonly other?: bigint
  readonly energyNanoUsd?: bigint
  readonly engineUs?: number
  readonly energyMillijoules?: number
}

function money(atMs: number, dimensionTexts: readonly string[], amounts: Amounts): LedgerFact {
  const measures: Partial<Record<FactMeasure, bigint>> = {
    uncachedInputNanoUsd: amounts.uncachedInput ?? 0n,
    outputNanoUsd: amounts.output ?? 0n,
    otherNanoUsd: amounts.other ?? 0n,
    energyNanoUsd: amounts.energyNanoUsd ?? 0n,
    engineUs: BigInt(amounts.engineUs ?? 0),
    energyMillijoules: BigInt(amounts.energyMillijoules ?? 0),
  }
  return { atMs, dimensions: dimensionTexts, measures: factMeasures.map(name => measures[name] ?? 0n) }
}

function requestDimensions(
  owner: RequestOwner,
  target: Target,
  state: UsageState | '',
  bearer: Bearer,
  priceRule: string,
): string[] {
  return dimensions({
    category: 'request',
    tenant: owner.tenant,
    keyId: owner.keyId,
    model: owner.modelAlias,
    deployment: target.kind === 'deployment' ? target.deployment : '',
    offer: target.kind === 'offer' ? target.offer : '',
    state,
    bearer,
    priceRule,
    requestId: owner.requestId,
  })
}

function dimensions(
  values: Partial<Record<FactDimension, string>> & { readonly category: FactCategory },
): string[] {
  return factDimensions.map(name => values[name] ?? '')
}
