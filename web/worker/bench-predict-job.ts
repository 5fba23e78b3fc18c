/** What the plan's model says of the deployment that a run measured: the same prediction as `bench --deployment`, for a stated deployment. */
import { trustOf } from '../../src/accuracy/trust.ts'
import { findAccelerator } from '../../src/catalog/lookup.ts'
import { analyticModel } from '../../src/cli/simulate-analytic.ts'
import { deploymentOfModel } from '../../src/cli/simulate-layout.ts'
import type { BenchPoint } from '../../src/measure/bench-result.ts'
import { ownRequests } from '../../src/measure/interop/import-own.ts'
import { measuredText } from '../../src/measure/interop/measured-file.ts'
import {
  figuresOfPerformance,
  type LengthSums,
  loadOfPoint,
  predictionCheck,
  shapeOfLengths,
} from '../../src/measure/prediction-check.ts'
import { type Deployment, deploymentDevices, type RequestShape } from '../../src/perf/deployment.ts'
import { acceleratorsOf, describeDeployment } from '../../src/report/describe-deployment.ts'
import type { PredictedLoad, PredictionAnswer, PredictionQuestion, RunFile } from './bench-protocol.ts'
import { isTooLarge, textOf } from './run-text.ts'
import { loadModel, loadWorld } from './world.ts'

export async function predictionAnswer(question: PredictionQuestion): Promise<PredictionAnswer> {
  const world = await loadWorld()
  const model = await loadModel(question.model, world.catalog)
  const asked = deploymentOfModel(
    question.flags as Parameters<typeof deploymentOfModel>[0],
    world.catalog,
    model,
  )
  const { deployment } = asked
  const predict = analyticModel(asked, world.catalog, world.coefficients)
  const generations = new Map(world.catalog.accelerators.map(entry => [entry.id, entry.generation]))
  const trust = trustOf(
    model.id,
    model.architecture,
    world.coefficients,
    world.trust,
    id => generations.get(id) ?? null,
  )
  const accelerator = findAccelerator(world.catalog, acceleratorsOf(deployment)[0]!)
  const lengths = await lengthsOf(question.requests)
  const loads = question.points.map((point): PredictedLoad => {
    const load = loadOfPoint(point.load, point.client.achievedRequestsPerSecond)
    const shape = shapeOfPoint(point, lengths)
    const performance = load === null || shape === null ? null : predict(load, shape)
    if (performance === null || shape === null) return { load: point.load.name, rows: null }
    const { band } = trust({ deployment, accelerator, shape }, performance.concurrency)
    // At the measured price, so that the row of cost tells of throughput alone.
    const predicted = figuresOfPerformance(performance, point.cost?.usdPerHour ?? null, band)
    const { rows } = predictionCheck(describeDeployment(deployment), predicted, measuredOf(point, deployment))
    return { load: point.load.name, rows }
  })
  return {
    deployment: `${model.id} on ${describeDeployment(deployment)}`,
    loads,
    notes: [
      ...asked.notes,
      ...(lengths === null
        ? ['Lengths are taken as equal: there are no requests that tell their spread.']
        : []),
      ...(question.points.some(({ load }) => load.requestsPerSecond !== null)
        ? ['Arrivals are taken as Poisson.']
        : []),
    ],
  }
}

function measuredOf({ summary, cost }: BenchPoint, deployment: Deployment) {
  const rates = summary.steady ?? summary.fullRun
  const total = rates.totalTokensPerSecond
  return {
    usdPerMillionTokens: cost?.perMillionTokens.blended ?? null,
    meanTtftMs: summary.latency.ttftService.meanMs,
    meanTpotMs: summary.latency.tpot.meanMs,
    tokensPerSecondPerDevice:
      rates.totalTokensPerSecondPerDevice ?? (total === null ? null : total / deploymentDevices(deployment)),
  }
}

/** By load. */
type Lengths = ReadonlyMap<string, LengthSums>

/** Lengths as they were served: of each request where these are there, means otherwise. */
function shapeOfPoint(point: BenchPoint, lengths: Lengths | null): RequestShape | null {
  const { tokens, requests } = point.summary
  const sums = lengths?.get(point.load.name) ?? (lengths?.size === 1 ? lengths.get('') : undefined)
  const cachedTokens = tokens.cachedInput
  if (sums !== undefined) return shapeOfLengths({ ...sums, cachedTokens })
  const means = {
    requests: requests.served,
    inputTokens: tokens.input,
    cachedTokens,
    outputTokens: tokens.output,
  }
  return shapeOfLengths({
    ...means,
    squaredInputTokens: tokens.input ** 2 / requests.served,
    squaredOutputTokens: tokens.output ** 2 / requests.served,
  })
}

/** Another question about the same run reads nothing again. */
let last: { readonly key: string; readonly lengths: Lengths } | undefined

async function lengthsOf(file: RunFile | null): Promise<Lengths | null> {
  if (file === null || isTooLarge(file)) return null
  const key = typeof file.source === 'string' ? `${file.source} ${file.bytes}` : null
  if (key !== null && last?.key === key) return last.lengths
  const loads = ownRequests(measuredText(file.name, await textOf(file)), { chunks: false })
  const lengths = new Map<string, LengthSums>()
  for (const [name, requests] of loads) {
    const sums = { requests: 0, inputTokens: 0, cachedTokens: 0, outputTokens: 0 }
    const squares = { squaredInputTokens: 0, squaredOutputTokens: 0 }
    for (const { outcome, inputTokens, outputTokens } of requests) {
      if (outcome !== 'served' || Number.isNaN(inputTokens) || Number.isNaN(outputTokens)) continue
      sums.requests++
      sums.inputTokens += inputTokens
      sums.outputTokens += outputTokens
      squares.squaredInputTokens += inputTokens ** 2
      squares.squaredOutputTokens += outputTokens ** 2
    }
    lengths.set(name, { ...sums, ...squares })
  }
  if (key !== null) last = { key, lengths }
  return lengths
}
