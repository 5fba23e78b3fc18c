/** Why an answer ended, in both words (StopReason of Anthropic's TypeScript client 1.12, finish_reason of OpenAI's Node client 7.57). */

/** Of a finish_reason. Some engines say stop although tools were called: what was called decides. */
export function stopReasonOf(
  finishReason: string | null,
  calledTools: boolean,
  stopSequence: string | null,
): string {
  switch (finishReason) {
    case 'length':
      return 'max_tokens'
    case 'content_filter':
      return 'refusal'
    case 'tool_calls':
    case 'function_call':
      return 'tool_use'
    default:
      return calledTools ? 'tool_use' : stopSequence === null ? 'end_turn' : 'stop_sequence'
  }
}

/** Of a stop_reason. pause_turn comes with the server's own tools only, which are refused. */
export function finishReasonOf(stopReason: string | null): string {
  switch (stopReason) {
    case 'max_tokens':
    case 'model_context_window_exceeded':
      return 'length'
    case 'tool_use':
      return 'tool_calls'
    case 'refusal':
      return 'content_filter'
    default:
      return 'stop'
  }
}
