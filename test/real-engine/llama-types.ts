/** As much of node-llama-cpp 3.22.1 as is used, written down because it need not be installed. */

export type Token = number

export interface LlamaModule {
  getLlama(options: {
    readonly gpu: false
    readonly build: 'never'
    readonly skipDownload: boolean
    readonly progressLogs: boolean
    readonly maxThreads: number
    readonly logLevel: string
  }): Promise<Llama>
  readonly LlamaLogLevel: { readonly error: string }
}

export interface Llama {
  loadModel(options: { readonly modelPath: string }): Promise<LlamaModel>
  dispose(): Promise<void>
}

export interface LlamaModel {
  readonly tokenizer: unknown
  readonly tokens: { readonly bos: Token | null; readonly eos: Token | null }
  tokenize(text: string, specialTokens: boolean): Token[]
  detokenize(tokens: readonly Token[], specialTokens: boolean, lastTokens: readonly Token[]): string
  isEogToken(token: Token): boolean
  createContext(options: {
    readonly sequences: number
    readonly contextSize: number
    readonly batchSize: number
    readonly threads: number
  }): Promise<LlamaContext>
}

export interface LlamaContext {
  getSequence(): LlamaSequence
}

export interface LlamaSequence {
  /** Tokens in its cache. */
  readonly nextTokenIndex: number
  compareContextTokens(tokens: readonly Token[]): { readonly firstDifferentIndex: number }
  adaptStateToTokens(tokens: readonly Token[], allowShift: boolean): Promise<void>
  evaluate(
    tokens: readonly Token[],
    options: {
      readonly temperature: number
      readonly seed: number
      readonly topK: number
      readonly topP: number
      readonly minP: number
      readonly yieldEogToken: boolean
    },
    // What it is given instead of the token it drew is what it goes on from.
  ): AsyncGenerator<Token, void, Token | undefined>
}
