/** Server-sent events out of a body (HTML Living Standard, 9.2.6): their data only, as they come. */

/** An event that never ends is a fault, not a reason to fill the memory. Assumed: a snapshot is some 100 kB. */
const mostCharacters = 16e6

/** Throws when the stream breaks or an event is too long; returns at its end. */
export async function* eventData(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      rest += decoder.decode(value, { stream: true })
      for (;;) {
        const end = rest.indexOf('\n\n')
        if (end < 0) break
        const data = dataOf(rest.slice(0, end))
        rest = rest.slice(end + 2)
        if (data !== '') yield data
      }
      if (rest.length > mostCharacters) throw new Error('the gateway sends an event without an end')
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}

function dataOf(event: string): string {
  return event
    .split('\n')
    .filter(line => line.startsWith('data:'))
    .map(line => line.slice(5).replace(/^ /, ''))
    .join('\n')
}
