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
import { offloadDevices, type Performance, type RequestShape } from '../../perf/deployment.ts'
import { hybridAssumptions } from '../../perf/hybrid.ts'
import { tightestObjective } from '../objectives.ts'
import type { Candidate, Objective, PlanRequest } from '../types.ts'
import type { PlanContext } from './context.ts'
import { feasibilityProbability } from './feasibility-probability.ts'
import { pointTrust } from './point-trust.ts'
import { averageWatts } from './power.ts'
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
  const power = itPower(sized, request.loadFactor)
  const rate = billOf(sized, power.watts)
  // A demand shape is the caller's: with a load factor, the same bill buys that share of the tokens.
  const hourly = hourlyCost({
    rate,
    capacityTokensPerSecond: tokenRates(performance, request.shape),
    utilisation: { availability: 1, demandFill: request.loadFactor, operatingPoint: 1 },
    busyWeights: busyWeights(sized),
  })
  const tokensPerSecond = hourly.servedTokensPerSecondTotal
  const question = { ...questionOf(shape, request.shape), deployment }
  const trust = pointTrust(context, question, load, performance)
  const mixed = shape.prefillAccelerator.id !== shape.accelerator.id
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
        : carbonGramsPerMillionTokens(rate.carbonGramsPerHour, tokensPerSecond),
    basis: trust.basis,
    band: trust.band,
    feasibilityProbability: feasibilityProbability(request.objectives, performance, trust.band),
    nearest: trust.nearest,
    lowConfidenceFacts: lowConfidenceFacts(shape, rate),
    priceId: shape.pricing.price.id,
    bindingObjective: tightestObjective(objectives, performance),
    ...(mixed ? { prefillPriceId: shape.prefillPricing.price.id } : {}),
    ...(shape.offload === null ? {} : { offloadPriceId: shape.offload.pricing.price.id }),
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

/**
 * Boards plus each device's share of host, network and fans, averaged over the hours bought (power.ts); boards alone
 * where no source states the share.
 */
function itPower({ point, groups, performance }: SizedDeployment, loadFactor: number): ItPower {
  const boards = averageWatts(performance, loadFactor)
  let hosts = 0
  for (const { count, pricing } of pricedDevices(point.shape, groups)) {
    if (pricing.hostWatts === null) return { watts: boards, basis: 'board' }
    hosts += count * pricing.hostWatts
  }
  return { watts: boards + hosts, basis: 'it-all-in' }
}

interface CountedDevices {
  readonly count: number
  readonly pricing: DevicePricing
}

/** Devices by price: prefill first, processors beside the pool last. */
function pricedDevices(shape: DeploymentShape, groups: number): CountedDevices[] {
  const { deployment, pricing, prefillPricing, offload } = shape
  const { prefill, decode } = devicesByPool(deployment)
  const samePrice = prefillPricing.price.id === pricing.price.id
  const pools = samePrice
    ? [{ count: groups * (prefill + decode), pricing }]
    : [
        { count: groups * prefill, pricing: prefillPricing },
        { count: groups * decode, pricing },
      ]
  if (offload !== null) {
    pools.push({ count: groups * offloadDevices(deployment), pricing: offload.pricing })
  }
  return pools.filter(({ count }) => count > 0)
}

function billOf({ point, groups }: SizedDeployment, itWatts: number): ItemisedCostRate {
  const { shape } = point
  const { electricity, pue } = shape.pricing
  const counted = pricedDevices(shape, groups)
  const besideCount = groups * offloadDevices(shape.deployment)
  const besideEach = (shape.offload?.accelerator.tdpWatts ?? 0) + (shape.offload?.pricing.hostWatts ?? 0)
  const poolEach = (itWatts - besideCount * besideEach) / (groups * shape.devices)
  return costRate({
    devices: counted.map(({ count, pricing }) => ({
      count,
      price: pricing.price,
      itWattsPerDevice: pricing === shape.offload?.pricing ? besideEach : poolEach,
    })),
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
  if (shape.offload !== null) {
    ofDevice(shape.offload.accelerator, shape.offload.pricing)
    const { hopSeconds, provenance } = hybridAssumptions
    facts.push(`hop to ${shape.offload.accelerator.name} of ${hopSeconds * 1e6} µs (${provenance.source})`)
  }
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
