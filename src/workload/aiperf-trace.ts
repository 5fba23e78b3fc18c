/**
 * AIPerf's data sets of texts: lengths estimated from characters, conversations whose turns carry new text only.
 * Forms after AIPerf dataset/loader/models.py (single_turn, multi_turn, mooncake_trace); times and delays in milliseconds.
 */
import {
  optionalSeconds,
  parseObject,
  type TraceBlocks,
  type TraceParser,
  tokenCount,
  traceFault,
} from './trace-formats.ts'
import type { SessionBook } from './trace-sessions.ts'

type Row = Readonly<Record<string, unknown>>

/** English text through today's tokenizers: about four characters a token (OpenAI tokenizer help page). */
const charactersPerToken = 4

/** Block size for conversations that have none of their own: vLLM's default (16; vllm/config/cache.py). */
const conversationBlockTokens = 16

export const textFormats = {
  singleTurn: 'aiperf-single-turn',
  multiTurn: 'aiperf-multi-turn',
  mooncakeSessions: 'aiperf-mooncake-sessions',
} as const

/**
 * Prompts of conversations whose turns state their own tokens: every earlier prompt and answer stands before them. The
 * blocks are made up: each conversation shares its history with itself and nothing with others.
 */
export class TurnHistory {
  readonly #tokens = new Map<number, number>()
  readonly #notes: Set<string>

  constructor(notes: Set<string>) {
    this.#notes = notes
  }

  prompt(
    session: number,
    ownTokens: number,
    outputTokens: number,
  ): { readonly inputTokens: number; readonly blocks: TraceBlocks } {
    const before = this.#tokens.get(session) ?? 0
    if (before > 0) {
      this.#notes.add('turns state their new tokens: the history of the session is put before them')
    }
    const inputTokens = before + ownTokens
    this.#tokens.set(session, inputTokens + outputTokens)
    const ids: string[] = []
    for (let block = 0; block < Math.floor(inputTokens / conversationBlockTokens); block++) {
      ids.push(`session ${session} block ${block}`)
    }
    return { inputTokens, blocks: { ids, tokensPerBlock: conversationBlockTokens, scope: 0 } }
  }
}

/** One conversation per line: {"session_id": …, "turns": [{"text": …, "delay": …, "output_length": …}, …]}. */
export function multiTurnTraceParser(
  sessions: SessionBook,
  notes: Set<string>,
  history: TurnHistory,
): TraceParser {
  return {
    format: textFormats.multiTurn,
    read(line, lineNumber, sink) {
      const { turns } = parseObject(line, lineNumber)
      if (!Array.isArray(turns) || turns.length === 0) {
        throw traceFault(lineNumber, 'no list of turns', 'a conversation is {"turns": [{"text": …}, …]}')
      }
      const session = sessions.newSession()
      let previous = -1
      for (const [index, turn] of (turns as unknown[]).entries()) {
        const field = (name: string) => `turns[${index}].${name}`
        if (typeof turn !== 'object' || turn === null) {
          throw traceFault(
            lineNumber,
            `turns[${index}] is not an object`,
            'a turn is {"text": …, "output_length": …}',
          )
        }
        const row = turn as Row
        const ownTokens = promptTokens(row, notes)
        if (ownTokens === null)
          throw traceFault(lineNumber, `${field('text')} is missing`, 'give text or texts')
        if (row.output_length === undefined) {
          throw traceFault(
            lineNumber,
            `${field('output_length')} is missing`,
            'state the tokens of every answer: a replay cannot know them',
          )
        }
        const outputTokens = tokenCount(row.output_length, field('output_length'), lineNumber)
        const arrivalSeconds = optionalSeconds(row.timestamp, field('timestamp'), 1e-3, lineNumber)
        const gapSeconds = optionalSeconds(row.delay, field('delay'), 1e-3, lineNumber)
        const added = sink.add({
          arrivalSeconds,
          outputTokens,
          cachedTokens: null,
          model: '',
          ...history.prompt(session, ownTokens, outputTokens),
          place: { session, after: previous < 0 ? [] : [previous], gapSeconds, gapFrom: 'end' },
        })
        if (added >= 0) previous = added
      }
    },
  }
}

/** Estimated tokens of a prompt given as text; null when there is no text. */
export function promptTokens(row: Row, notes: Set<string>): number | null {
  const characters = promptCharacters(row)
  if (characters === null) return null
  notes.add('prompts are given as text: their length is estimated as 4 characters a token')
  return Math.max(1, Math.ceil(characters / charactersPerToken))
}

/** text, text_input, texts as strings or {contents: [...]}, or OpenAI messages. */
function promptCharacters(row: Row): number | null {
  if (typeof row.text === 'string') return row.text.length
  if (typeof row.text_input === 'string') return row.text_input.length
  if (Array.isArray(row.texts)) return charactersOf(row.texts, 'contents')
  return Array.isArray(row.messages) ? charactersOf(row.messages, 'content') : null
}

/** Strings of a list and of the given field of its objects, a line break between them. */
function charactersOf(entries: readonly unknown[], field: string): number | null {
  const parts = entries.flatMap(entry => (typeof entry === 'string' ? [entry] : textsOf(entry, field)))
  return parts.length === 0 ? null : parts.reduce((sum, part) => sum + part.length + 1, -1)
}

function textsOf(entry: unknown, field: string): string[] {
  if (typeof entry !== 'object' || entry === null) return []
  const value = (entry as Row)[field]
  if (typeof value === 'string') return [value]
  if (!Array.isArray(value)) return []
  return value.flatMap((part: unknown) => (typeof part === 'string' ? [part] : textsOf(part, 'text')))
}
