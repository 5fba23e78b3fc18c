/** Other tools' names of endpoint kinds by ours, so that runs of the same kind are seen to be. */

const kinds: Readonly<Record<string, string>> = {
  // vllm bench serve --backend (vllm/benchmarks/lib/endpoint_request_func.py) and bench_serving --backend.
  vllm: 'completions',
  openai: 'completions',
  'sglang-oai': 'completions',
  lmdeploy: 'completions',
  'openai-chat': 'chat',
  'vllm-chat': 'chat',
  'sglang-oai-chat': 'chat',
  'lmdeploy-chat': 'chat',
  'openai-embeddings': 'embeddings',
  'openai-audio': 'transcription',
  // GuideLLM's request types.
  chat_completions: 'chat',
  text_completions: 'completions',
}

/** A name that is not known stays as it is. */
export function endpointKind(name: string | null): string | null {
  return name === null ? null : (kinds[name] ?? name)
}
