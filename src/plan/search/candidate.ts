/** A sized deployment with its exact bill, its cost per token class, power, trust and what it rests on: one line of the answer. */

import { nanoUsdFromNumber } from '../../core/money.ts'
import { isLowConfidence } from '../../core/provenance.ts'
import {
  carbonGramsPerMillionTokens,
  costRate,
  hourlyCost,
  joulesPerToken,
  tokensPerSecondPerMegawatt,
  weightsByEngineTime,
  weightsByPool,
} from '../../cost/index.ts'
import type { AllocationWeights, ItemisedCostRate } from '../../cost/types.ts'
import type { Performance, RequestShape } from '../../perf/deployment.ts'
import { tightestObjective } from '../objectives.ts'
import type { Candidate, Objective, PlanRequest } from '../types.ts'
import type { PlanContext } from './context.ts'
import { feasibilityProbability } from './feasibility-probability.ts'
import type { DevicePricing } from './pricing.ts'
import { type DeploymentShape, devicesByPool, questionOf } from './shape.ts'
import type { SizedDeployment } from './sizing.ts'

export function buildCandidate(
  sized: SizedDeployment,
  request: PlanRequest,
  context: PlanContext,
  objectives: readonly Objective[],
): Candidate {
  const { deployment, load, performance, point } = sized
  const { shape } = point
  const power = itPower(sized)
  const rate = billOf(sized, power.watts)
  // A demand shape is the caller's: with a load factor, the same bill buys that share of the tokens.
  const hourly = hourlyCost({
    rate,
    capacityTokensPerSecond: tokenRates(performance, request.shape),
    utilisation: { availability: 1, demandFill: request.loadFactor, operatingPoint: 1 },
    busyWeights: busyWeights(sized),
  })
  const tokensPerSecond = performance.totalTokensPerSecond
  const trust = context.trust({ ...questionOf(shape, request.shape), deployment }, load, performance)
  const hybrid = shape.prefillAccelerator.id !== shape.accelerator.id
  const priced: Candidate = {
    id: candidateId(sized),
    deployment,
    load,
    performance,
    costRate: rate,
    cost: hourly.perMillionTokens,
    tokensPerSecondPerMegawatt: tokensPerSecondPerMegawatt(tokensPerSecond, power.watts),
    powerBasis: power.basis,
    itWatts: power.watts,
    joulesPerToken: joulesPerToken(tokensPerSecond, power.watts),
    carbonGramsPerMillionTokens:
      rate.carbonGramsPerHour === null
        ? null
        : carbonGramsPerMillionTokens(rate.carbonGramsPerHour, hourly.servedTokensPerSecondTotal),
    basis: trust.basis,
    band: trust.band,
    feasibilityProbability: feasibilityProbability(request.objectives, performance, trust.band),
    nearest: trust.nearest,
    lowConfidenceFacts: lowConfidenceFacts(shape, rate),
    priceId: shape.pricing.price.id,
    bindingObjective: tightestObjective(objectives, performance),
    ...(hybrid ? { prefillPriceId: shape.prefillPricing.price.id } : {}),
  }
  return priced
}

/** The shape, how many groups of it, and its load: unique among the points of one answer. */
function candidateId({ point, groups, load }: SizedDeployment): string {
  const times = groups === 1 ? '' : `${groups}x-`
  const size =
    load.kind === 'closed' ? Number(load.concurrency.toPrecision(4)) : `${load.requestsPerSecond}rps`
  return `${times}${point.shape.id}-c${size}`
}

interface ItPower {
  readonly watts: number
  readonly basis: Candidate['powerBasis']
}

/** Boards plus each device's share of host, network and fans; boards alone where no source states the share. */
function itPower({ point, groups, performance }: SizedDeployment): ItPower {
  const { shape } = point
  const { prefill, decode } = devicesByPool(shape.deployment)
  const decodeHost = shape.pricing.hostWatts
  const prefillHost = prefill === 0 ? 0 : shape.prefillPricing.hostWatts
  if (decodeHost === null || prefillHost === null)
    return { watts: performance.acceleratorWatts, basis: 'board' }
  const hosts = groups * (decode * decodeHost + prefill * prefillHost)
  return { watts: performance.acceleratorWatts + hosts, basis: 'it-all-in' }
}

function billOf({ point, groups }: SizedDeployment, itWatts: number): ItemisedCostRate {
  const { shape } = point
  const { prefill, decode } = devicesByPool(shape.deployment)
  const devices =
    prefill > 0 && shape.prefillPricing.price.id !== shape.pricing.price.id
      ? [
          { count: groups * prefill, price: shape.prefillPricing.price },
          { count: groups * decode, price: shape.pricing.price },
        ]
      : [{ count: groups * (prefill + decode), price: shape.pricing.price }]
  const { electricity, pue } = shape.pricing
  return costRate({
    devices,
    itWatts,
    pue: pue.pue,
    usdPerKilowattHour: electricity?.usdPerKilowattHour ?? null,
    carbonGramsPerKilowattHour: electricity?.carbonGramsPerKilowattHour ?? null,
    extraUsdPerHour: [],
  })
}

function tokenRates(performance: Performance, shape: RequestShape) {
  const requests = performance.requestsPerSecond
  return {
    uncachedInput: requests * (shape.inputTokens - shape.cachedTokens),
    cachedInput: requests * shape.cachedTokens,
    output: requests * shape.outputTokens,
  }
}

/** Aggregated: by modelled engine time. Disaggregated: each pool pays for what it does, at its own price. */
function busyWeights({ point, performance }: SizedDeployment): AllocationWeights {
  const { shape } = point
  const { prefill, decode } = devicesByPool(shape.deployment)
  if (prefill > 0) {
    return weightsByPool({
      prefillNanoUsd: nanoUsdFromNumber(prefill * shape.prefillPricing.price.usdPerDeviceHour),
      decodeNanoUsd: nanoUsdFromNumber(decode * shape.pricing.price.usdPerDeviceHour),
      prefillBusyShare: 1,
      decodeBusyShare: 1,
      cachedShareOfPrefill: 0,
    })
  }
  const { prefillShare, decodeShare, idleShare } = performance.engineTime
  return weightsByEngineTime({
    prefillSeconds: prefillShare,
    decodeSeconds: decodeShare,
    // Found in device memory: its prefill was paid for when it was computed.
    cachedInputSeconds: 0,
    idleSeconds: idleShare,
  })
}

function lowConfidenceFacts(shape: DeploymentShape, rate: ItemisedCostRate): string[] {
  const facts: string[] = []
  const ofDevice = (accelerator: DeploymentShape['accelerator'], pricing: DevicePricing) => {
    const { price } = pricing
    if (isLowConfidence(accelerator.provenance)) {
      facts.push(`specification of ${accelerator.name}: ${accelerator.provenance.confidence}`)
    }
    if (isLowConfidence(price.provenance)) {
      facts.push(
        `price ${price.id} (${price.provider}, ${price.provenance.asOf}): ${price.provenance.confidence}`,
      )
    }
  }
  ofDevice(shape.accelerator, shape.pricing)
  if (shape.prefillAccelerator.id !== shape.accelerator.id)
    ofDevice(shape.prefillAccelerator, shape.prefillPricing)
  const energyBilled = rate.lines.some(line => line.component === 'energy' && !line.included)
  if (energyBilled) {
    const { electricity, pue, hostWatts } = shape.pricing
    if (electricity !== null && isLowConfidence(electricity.provenance)) {
      facts.push(`electricity price ${electricity.id}: ${electricity.provenance.confidence}`)
    }
    if (isLowConfidence(pue.provenance)) facts.push(`PUE ${pue.id}: ${pue.provenance.confidence}`)
    if (hostWatts === null)
      facts.push(`host power of ${shape.accelerator.name} is unknown: energy counts boards only`)
  }
  return facts
}
