/** Keeps leases alive while the gateway runs. */
import type { Allowances } from './allowances.ts'

/** UNIX milliseconds at the start of the process, monotonic from there on. */
export function steadyClock(): number {
  return performance.timeOrigin + performance.now()
}

/** Renews when it is due, until stopped; does not keep the process alive. */
export function startRenewal(allowances: Pick<Allowances, 'renew'>): { stop(): void } {
  let stopped = false
  let timer: NodeJS.Timeout | null = null
  const turn = async (): Promise<void> => {
    const nextMs = await allowances.renew()
    if (!stopped) timer = setTimeout(turn, nextMs).unref()
  }
  void turn()
  return {
    stop: () => {
      stopped = true
      if (timer !== null) clearTimeout(timer)
    },
  }
}
