/** What is asked again and again while it is shown: books and budgets change more slowly than the stream. */
import { useEffect, useState } from 'preact/hooks'
import { askControl } from './control-client.ts'

export interface Polled<T> {
  /** The last answer that came; null: none yet. */
  readonly answer: T | null
  readonly fault: string | null
  /** When the answer came, ms since 1970; 0: not yet. */
  readonly atMs: number
}

export function usePolled<T>(path: string, everyMs: number): Polled<T> {
  const [polled, setPolled] = useState<Polled<T>>({ answer: null, fault: null, atMs: 0 })
  useEffect(() => {
    const stop = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const ask = async (): Promise<void> => {
      try {
        const answer = await askControl<T>(path, stop.signal)
        setPolled({ answer, fault: null, atMs: Date.now() })
      } catch (error) {
        if (stop.signal.aborted) return
        const fault = error instanceof Error ? error.message : String(error)
        setPolled(({ answer, atMs }) => ({ answer, fault, atMs }))
      }
      if (!stop.signal.aborted) timer = setTimeout(ask, everyMs)
    }
    void ask()
    return () => {
      stop.abort()
      clearTimeout(timer)
    }
  }, [path, everyMs])
  return polled
}
