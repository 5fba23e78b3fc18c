/** When a client of prefill and decode pools gets its first token. */
import type { FleetSettings } from '../fleet/types.ts'
import type { Engine } from '../perf/deployment.ts'

/**
 * vLLM's decode instance samples the first token anew; SGLang's and TensorRT-LLM's get the prefill's along with the cache
 * (first_gen_tokens, "produced during prefill": TensorRT-LLM llm-api/reference/DisaggregatedParams). docs/models/fleet.md
 */
export function firstTokenAfter(engine: Engine): NonNullable<FleetSettings['firstTokenAfter']> {
  return engine === 'vllm' || engine === 'atom' ? 'decode' : 'transfer'
}
