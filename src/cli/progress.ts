/** A line on stderr for work of more than two seconds: on a terminal only, and wiped when the work is done. */
import { performance } from 'node:perf_hooks'

const patienceMs = 2000
const betweenMs = 200

export interface Progress {
  /** Call it as often as you like, from synchronous code too. */
  readonly update: (text: string) => void
  readonly finish: () => void
}

export function startProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  const startMs = performance.now()
  let shownMs = 0
  let shown = false
  return {
    update(text) {
      const nowMs = performance.now()
      if (!stream.isTTY || nowMs - startMs < patienceMs || nowMs - shownMs < betweenMs) return
      shownMs = nowMs
      shown = true
      stream.write(`\r\u001b[K${text} (${((nowMs - startMs) / 1000).toFixed(0)} s)`)
    },
    finish() {
      if (shown) stream.write('\r\u001b[K')
    },
  }
}
