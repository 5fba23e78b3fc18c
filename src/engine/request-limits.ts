/** What an engine turns away at the door: requests that could never run, whatever else is going on. */
import { assert } from '../core/assert.ts'
import type { EngineSettings } from './settings.ts'
import type { EngineEvent, EngineRequest } from './types.ts'

type Refusal = Extract<EngineEvent, { kind: 'finished' }>['reason']

/** The reason, or null for a request that may come in. */
export function refusal(settings: EngineSettings, request: EngineRequest): Refusal | null {
  const { rules, tokenBudget, pipelineStages, blockTokens } = settings
  assert(request.inputTokens >= 1 && request.outputTokens >= 1, 'a request has a prompt and an answer')
  if (request.inputTokens + request.outputTokens > settings.maximumContextTokens)
    return 'prompt-exceeds-limit'
  const wholePrompts = rules.engine === 'trtllm' && !rules.chunkedContext
  if (wholePrompts && request.inputTokens > tokenBudget * pipelineStages) return 'prompt-exceeds-limit'
  const drafts = settings.speculation?.draftTokens ?? 0
  const answer = request.role === 'prefill' ? 0 : request.outputTokens - 1 + drafts
  const blocks = Math.ceil((request.inputTokens + answer) / blockTokens)
  return blocks > settings.blocksPerRank ? 'cache-too-small' : null
}
