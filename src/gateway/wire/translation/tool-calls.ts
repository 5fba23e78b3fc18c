/** Calls of tools as they come in pieces over a stream of chat completions, each with its place among them. */
import { countIn, type JsonObject, objectIn, textIn } from '../../../bench/endpoints/answer-json.ts'

export interface ToolCall {
  readonly index: number
  id: string
  name: string
  /** Arguments that came while the call could not be told. */
  pending: string
  /** A block was begun for it. */
  told: boolean
}

export interface ToolCalls {
  /** The call that a piece belongs to, and its part of the arguments. */
  take(part: JsonObject): { readonly call: ToolCall; readonly text: string }
  untold(): readonly ToolCall[]
  count(): number
}

export function createToolCalls(): ToolCalls {
  const calls: ToolCall[] = []
  return {
    take(part) {
      const index = countIn(part, 'index') ?? Math.max(0, calls.length - 1)
      const id = textIn(part, 'id')
      const called = objectIn(part, 'function')
      let call = calls.findLast(known => known.index === index)
      // Gemini's compatible API gives whole calls of one place, told apart by their ids (from memory).
      if (call === undefined || (id !== '' && call.id !== '' && call.id !== id)) {
        call = { index, id: '', name: '', pending: '', told: false }
        calls.push(call)
      }
      if (call.id === '') call.id = id
      if (call.name === '') call.name = textIn(called, 'name')
      return { call, text: textIn(called, 'arguments') }
    },
    untold: () => calls.filter(call => !call.told),
    count: () => calls.length,
  }
}
