/** llama.cpp with a tiny model: requests share its batches, and prompts that begin alike share their beginning's cache. */
import { pathToFileURL } from 'node:url'
import type { LlamaModel, LlamaModule, LlamaSequence, Token } from './llama-types.ts'
import { createSlots } from './slots.ts'

export interface EngineSettings {
  /** Path of node-llama-cpp, see find-llama.ts. */
  readonly entry: string
  readonly modelPath: string
  /** Requests that run at once; others wait. */
  readonly sequences: number
  /** Prompt and answer of one request together. */
  readonly contextTokens: number
}

export interface Generation {
  readonly prompt: readonly Token[]
  readonly outputTokens: number
  /** The end cannot come before so many tokens; all of them with ignore_eos. */
  readonly minimumTokens: number
  readonly temperature: number
  readonly seed: number
}

/** Told while it runs. */
export interface GenerationListener {
  /** The prompt is in the cache: so much of it was there before. Always told, before the first token. */
  started(cachedTokens: number): void
  token(text: string): void
}

export type FinishReason = 'stop' | 'length' | 'cancelled'

export interface GenerationEnd {
  readonly finishReason: FinishReason
  readonly cachedTokens: number
  /** The end token included, which has no text. */
  readonly outputTokens: number
}

/** Counted since the start, as llama-server's metrics do. */
export interface EngineCounters {
  /** Prompt tokens computed, without those found in a cache. */
  readonly promptTokens: number
  readonly cachedTokens: number
  readonly outputTokens: number
  readonly processing: number
  readonly deferred: number
}

export interface RealEngine {
  readonly contextTokens: number
  tokenize(text: string, withBegin: boolean): Token[]
  generate(generation: Generation, listener: GenerationListener, signal: AbortSignal): Promise<GenerationEnd>
  counters(): EngineCounters
}

export async function loadEngine(settings: EngineSettings): Promise<RealEngine> {
  const library = (await import(pathToFileURL(settings.entry).href)) as LlamaModule
  const llama = await library.getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    progressLogs: false,
    // Two threads that spin for each other on two busy cores are slower than one.
    maxThreads: 1,
    logLevel: library.LlamaLogLevel.error,
  })
  const model: LlamaModel = await llama.loadModel({ modelPath: settings.modelPath })
  const context = await model.createContext({
    sequences: settings.sequences,
    contextSize: settings.contextTokens,
    batchSize: 512,
    threads: 1,
  })
  const slots = createSlots(Array.from({ length: settings.sequences }, () => context.getSequence()))
  // The library never biases an end away, so an end that comes too early is replaced by this.
  const insteadOfEnd = model.tokenize('a', false).at(-1)!
  let promptTokens = 0
  let cachedTokens = 0
  let outputTokens = 0
  return {
    contextTokens: settings.contextTokens,
    tokenize(text, withBegin) {
      const tokens = model.tokenize(text, false)
      return withBegin ? [model.tokens.bos!, ...tokens] : tokens
    },
    counters: () => ({
      promptTokens,
      cachedTokens,
      outputTokens,
      processing: slots.busy,
      deferred: slots.waiting,
    }),
    async generate(asked, listener, signal) {
      const { prompt, minimumTokens, temperature, seed } = asked
      const slot = await slots.take(prompt, signal)
      if (slot === null) return { finishReason: 'cancelled', cachedTokens: 0, outputTokens: 0 }
      let tokens: ReturnType<LlamaSequence['evaluate']> | undefined
      try {
        const { sequence } = slot
        // The last token is always computed: it is what the first one of the answer is drawn from.
        await sequence.adaptStateToTokens(prompt.slice(0, -1), false)
        const cached = sequence.nextTokenIndex
        let count = 0
        let started = false
        const start = () => {
          if (started) return
          started = true
          promptTokens += prompt.length - cached
          cachedTokens += cached
          listener.started(cached)
        }
        let last = prompt.at(-1)!
        const end = (finishReason: FinishReason): GenerationEnd => {
          start()
          return { finishReason, cachedTokens: cached, outputTokens: count }
        }
        tokens = sequence.evaluate(prompt.slice(cached), {
          temperature,
          seed,
          // The whole vocabulary: the end must not fall among the ones cut off.
          topK: 0,
          topP: 1,
          minP: 0,
          yieldEogToken: true,
        })
        let drawn = await tokens.next()
        while (!drawn.done) {
          start()
          count++
          outputTokens++
          const ended = model.isEogToken(drawn.value)
          if (ended && count > minimumTokens) return end('stop')
          const token = ended ? insteadOfEnd : drawn.value
          listener.token(model.detokenize([token], false, [last]))
          last = token
          if (signal.aborted) return end('cancelled')
          if (count >= asked.outputTokens) return end('length')
          drawn = await tokens.next(token)
        }
        return end('length')
      } finally {
        await tokens?.return()
        slots.give(slot)
      }
    },
  }
}
