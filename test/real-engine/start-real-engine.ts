/** Real inference for tests: llama.cpp on the CPU with a tiny model, behind an OpenAI-style port. */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { tinyModelName } from '../../scripts/tiny-model.ts'
import { findLlama } from './find-llama.ts'

export interface RealEngineSettings {
  /** Requests that run at once, 8 unless said; others wait. */
  readonly sequences?: number
  /** Prompt and answer of one request together, 2048 unless said. */
  readonly contextTokens?: number
}

export interface RunningRealEngine {
  readonly url: string
  readonly model: string
  readonly pid: number
  close(): Promise<void>
}

/** Until model and library are loaded, usually 1 s: what is slower than this is broken. */
const startMs = 60_000

/** @throws Error when llama.cpp is not installed (findLlama says so beforehand) or does not start */
export async function startRealEngine(settings: RealEngineSettings = {}): Promise<RunningRealEngine> {
  const llama = findLlama()
  if (!llama.found) throw new Error(llama.reason)
  const { sequences = 8, contextTokens = 2048 } = settings
  const program = fileURLToPath(new URL('./server.ts', import.meta.url))
  const child = fork(program, [llama.entry, String(sequences), String(contextTokens)], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let complaints = ''
  child.stderr!.on('data', part => {
    complaints = (complaints + part).slice(-4000)
  })
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  const url = await new Promise<string>((resolve, reject) => {
    const fail = (why: string) => {
      child.kill('SIGKILL')
      reject(new Error(`the real engine did not start: ${why}\n${complaints}`))
    }
    const timer = setTimeout(() => fail(`no answer within ${startMs / 1000} s`), startMs)
    child.once('message', message => {
      clearTimeout(timer)
      resolve((message as { readonly url: string }).url)
    })
    child.once('exit', code => {
      clearTimeout(timer)
      fail(`it ended with ${code}`)
    })
  })
  return {
    url,
    model: tinyModelName,
    pid: child.pid!,
    async close() {
      child.disconnect()
      const hung = setTimeout(() => child.kill('SIGKILL'), 5000)
      await ended
      clearTimeout(hung)
    },
  }
}
