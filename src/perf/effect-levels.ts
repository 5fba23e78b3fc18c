/** At which levels, from general to special, the fit may move a coefficient away from its prior. */
import { type Cell, feedForwardFormat } from './cell.ts'
import type { CoefficientName } from './coefficients.ts'

/** Levels at which a coefficient may deviate from its prior, from general to special. */
export function effectLevels(name: CoefficientName, cell: Cell): string[] {
  const levels = [`vendor:${cell.vendor}`, `generation:${cell.generation}`]
  const engine = `engine:${cell.engine}`
  const generationEngine = `generation-engine:${cell.generation}/${cell.engine}`
  switch (name) {
    case 'mbuWeights':
    case 'mfuDense':
      levels.push(engine, generationEngine, `generation-format:${cell.generation}/${cell.denseFormat}`)
      break
    case 'mbuExperts':
    case 'mfuExperts':
      levels.push(
        engine,
        generationEngine,
        `generation-format:${cell.generation}/${cell.expertFormat}`,
        `engine-format:${cell.engine}/${cell.expertFormat}`,
      )
      break
    case 'attentionLayerMicroseconds':
      levels.push(
        engine,
        generationEngine,
        `attention:${cell.attentionKind}`,
        `engine-layer:${cell.engine}/${cell.attentionKind}`,
        `floor-format:${cell.denseFormat}`,
      )
      break
    case 'feedForwardLayerMicroseconds':
      levels.push(
        engine,
        generationEngine,
        `feed-forward:${cell.feedForwardKind}`,
        `engine-layer:${cell.engine}/${cell.feedForwardKind}`,
        `floor-format:${feedForwardFormat(cell)}`,
      )
      break
    case 'stepFactor':
      return [
        `feed-forward:${cell.feedForwardKind}`,
        `model:${cell.modelKey}`,
        `cell:${cell.modelKey}/${cell.acceleratorId}/${cell.engine}/${feedForwardFormat(cell)}`,
      ]
    case 'collectiveMicroseconds':
    case 'busEfficiency':
      if (cell.hostLinks) return ['links:host']
      levels.push(engine, generationEngine)
      break
    case 'routingExponent':
    case 'expertImbalance':
    case 'paddingTokens':
    case 'scaleOutLatencyFactor':
      levels.length = 0
      levels.push('all:all')
      break
    case 'handoffMilliseconds':
    case 'transferGigabytesPerSecond':
    case 'prefillPoolWork':
      levels.push(engine)
      break
    case 'acceptanceScale':
    case 'draftCost':
      levels.push(engine, `model:${cell.modelKey}`)
      return levels
    case 'powerIdle':
    case 'powerMemory':
    case 'powerCompute':
    case 'powerOther':
      levels.push(`accelerator:${cell.acceleratorId}`, engine)
      return levels
    default:
      levels.push(engine, generationEngine)
  }
  if (modelEffects.has(name)) levels.push(`model:${cell.modelKey}`)
  if (cellEffects.has(name)) {
    levels.push(`accelerator:${cell.acceleratorId}`, `model-engine:${cell.modelKey}/${cell.engine}`)
  }
  if (modelEngineEffects.has(name)) levels.push(`model-engine:${cell.modelKey}/${cell.engine}`)
  if (cell.disaggregated && disaggregatedEffects.has(name)) levels.push(`disaggregated:${cell.engine}`)
  return levels
}

/** Coefficients in which whole models differ in ways their shape does not tell (kernel choice, expert skew). */
const modelEffects: ReadonlySet<CoefficientName> = new Set([
  'mbuExperts',
  'mfuExperts',
  'mfuDense',
  'attentionLayerMicroseconds',
  'feedForwardLayerMicroseconds',
  'eagerLayerMicroseconds',
  'firstTokenLagSteps',
])

/** Front ends: what an engine does around a model's steps. */
const modelEngineEffects: ReadonlySet<CoefficientName> = new Set([
  'firstTokenLagSteps',
  'promptTokenMicroseconds',
  'requestMilliseconds',
])

/** What engines do otherwise when prompts are prefilled elsewhere: decode kernels alone, and first tokens that come with the cache. */
const disaggregatedEffects: ReadonlySet<CoefficientName> = new Set(['attentionLayerMicroseconds'])

const cellEffects: ReadonlySet<CoefficientName> = new Set(['attentionLayerMicroseconds', 'mfuExperts'])
