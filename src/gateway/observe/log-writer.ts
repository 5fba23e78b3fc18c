/**
 * Lines for a stream that may be slow: gathered, written together, and dropped and counted rather than waited for. Nothing here blocks
 * the process but the stream's own write (a file or pipe of Node may be synchronous; a batch is one call of it).
 */

/** What process.stdout has of a stream. */
export interface LogStream {
  write(text: string, done: (error?: Error | null) => void): boolean
}

export interface LogWriter {
  write(line: string): void
  /** Since the start. */
  readonly dropped: number
  /** Resolves when all that was taken is written, or the stream failed. */
  flush(): Promise<void>
}

export interface LogWriterSettings {
  /** Lines are gathered for so long. Assumed: nobody reads faster. */
  readonly everyMs: number
  /** What waits beyond is dropped. Assumed: ten seconds of 1,000 requests a second. */
  readonly mostBytes: number
}

export const logWriterDefaults: LogWriterSettings = { everyMs: 50, mostBytes: 8 * 1024 * 1024 }

export function createLogWriter(stream: LogStream, settings: Partial<LogWriterSettings> = {}): LogWriter {
  const { everyMs, mostBytes } = { ...logWriterDefaults, ...settings }
  let waiting: string[] = []
  let waitingLength = 0
  /** Given to the stream, which has not said yet that it is out. */
  let writing = 0
  let dropped = 0
  let toldDropped = 0
  let timer: ReturnType<typeof setTimeout> | null = null
  let flushed: (() => void)[] = []

  function send(): void {
    timer = null
    if (writing > 0) return
    if (dropped > toldDropped) {
      waiting.push(
        `${JSON.stringify({ level: 'warn', event: 'log-lines-dropped', count: dropped - toldDropped })}\n`,
      )
      toldDropped = dropped
    }
    if (waiting.length === 0) {
      for (const done of flushed) done()
      flushed = []
      return
    }
    const text = waiting.join('')
    waiting = []
    waitingLength = 0
    writing = text.length
    stream.write(text, () => {
      writing = 0
      // Whoever waits for a flush may be the last thing that this process does, and timers here keep no process alive.
      if (flushed.length > 0) send()
      else if (waiting.length > 0 || dropped > toldDropped) schedule(0)
    })
  }

  function schedule(afterMs: number): void {
    if (timer !== null) {
      if (afterMs > 0) return
      clearTimeout(timer)
    }
    timer = setTimeout(send, afterMs)
    timer.unref()
  }

  return {
    write(line) {
      // Lengths in UTF-16 units: near enough to bytes for a bound.
      if (waitingLength + writing + line.length > mostBytes) {
        dropped++
        return
      }
      waiting.push(line.endsWith('\n') ? line : `${line}\n`)
      waitingLength += line.length
      if (writing === 0) schedule(everyMs)
    },
    get dropped() {
      return dropped
    },
    flush: () =>
      new Promise(resolve => {
        flushed.push(resolve)
        if (writing === 0) send()
      }),
  }
}
