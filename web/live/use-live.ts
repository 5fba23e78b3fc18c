/** The gateway's snapshots, the newest only: one a second, over one stream that is opened again when it breaks. */
import { useEffect, useState } from 'preact/hooks'
import type { LiveSnapshot } from '../../src/gateway/control/live-snapshot.ts'
import { ControlRefusal, openControl, servedByGateway } from './control-client.ts'
import { eventData } from './event-stream.ts'

export type LiveState =
  /** Nothing is known yet. */
  | { readonly kind: 'asking' }
  /** No gateway serves this page. */
  | { readonly kind: 'alone' }
  | { readonly kind: 'token'; readonly wasWrong: boolean }
  /** The gateway does not want to be read from here. */
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'live'; readonly snapshot: LiveSnapshot; readonly lost: boolean }

/** Assumed: a gateway that starts again takes a few seconds. */
const retryMs = 2000

/** attempt: another number begins anew, as after a token was given. */
export function useLive(attempt: number): LiveState {
  const [state, setState] = useState<LiveState>({ kind: 'asking' })
  useEffect(() => {
    const stop = new AbortController()
    follow(stop.signal, attempt > 0, change => {
      if (!stop.signal.aborted) setState(change)
    })
    return () => stop.abort()
  }, [attempt])
  return state
}

type Change = LiveState | ((state: LiveState) => LiveState)

async function follow(signal: AbortSignal, hasTried: boolean, tell: (change: Change) => void): Promise<void> {
  const isGateway = await servedByGateway().catch(() => false)
  if (!isGateway) {
    tell({ kind: 'alone' })
    return
  }
  while (!signal.aborted) {
    try {
      const { body } = await openControl('api/live', signal)
      for await (const data of eventData(body!)) {
        if (signal.aborted) return
        tell({ kind: 'live', snapshot: JSON.parse(data) as LiveSnapshot, lost: false })
      }
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof ControlRefusal && error.status === 401) {
        tell({ kind: 'token', wasWrong: hasTried })
        return
      }
      if (error instanceof ControlRefusal && error.status < 500) {
        tell({ kind: 'refused', message: error.message })
        return
      }
    }
    tell(state => (state.kind === 'live' ? { ...state, lost: true } : state))
    await new Promise(resolve => setTimeout(resolve, retryMs))
  }
}
