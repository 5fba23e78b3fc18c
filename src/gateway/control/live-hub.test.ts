/** Live by server-sent events: read over a raw connection, by slow and gone readers, by too many. */
import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import { candidateStatus, summaryOf } from '../observe/summary.fixture.ts'
import { controlParts, startedPlane, token } from './control.fixture.ts'
import { createLiveHub } from './live-hub.ts'

const soon = { timeout: 10_000, interval: 20 }

interface Snapshot {
  readonly requestsSince: number
  readonly requests: readonly { readonly requestId: string }[]
  readonly candidates: readonly object[]
  readonly cost: { readonly windows: { readonly start: { readonly tenants: object } } }
}

/** The next event of the stream, however it is cut into pieces. */
function eventReader(stream: ReadableStream<Uint8Array>) {
  const reader = stream.getReader()
  const decoder = new TextDecoder()
  let text = ''
  return {
    async next(): Promise<{ id: string; snapshot: Snapshot } | null> {
      while (!text.includes('\n\n')) {
        const { done, value } = await reader.read()
        if (done) return null
        text += decoder.decode(value, { stream: true })
      }
      const end = text.indexOf('\n\n')
      const lines = text.slice(0, end).split('\n')
      text = text.slice(end + 2)
      expect(lines.map(line => line.slice(0, line.indexOf(':')))).toEqual(['id', 'event', 'data'])
      expect(lines[1]).toBe('event: snapshot')
      return { id: lines[0]!.slice(4), snapshot: JSON.parse(lines[2]!.slice(6)) as Snapshot }
    },
    cancel: () => reader.cancel(),
  }
}

describe('a listener', () => {
  test('has a snapshot at once, and then what is new', async () => {
    const { plane, call, observer } = await startedPlane({}, { live: { everyMs: 20 } })
    observer.requestEnded(summaryOf())
    const response = await call('/api/live')
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
    const events = eventReader(response.body!)
    const first = (await events.next())!
    expect(first.snapshot.requests.map(({ requestId }) => requestId)).toEqual(['req-1'])
    expect(first.snapshot.candidates).toHaveLength(1)
    observer.requestEnded(summaryOf({ requestId: 'req-2' }))
    const seen: string[] = []
    while (seen.length === 0) {
      const event = (await events.next())!
      seen.push(...event.snapshot.requests.map(({ requestId }) => requestId))
    }
    expect(seen).toEqual(['req-2'])
    await events.cancel()
    await plane.close()
  })

  test('needs the token; the page of another site gets nothing', async () => {
    const { plane, call } = await startedPlane()
    const response = await call('/api/live', {}, null)
    expect(response.status).toBe(401)
    await response.body?.cancel()
    await plane.close()
  })

  test('that went is forgotten, and nothing is made for nobody', async () => {
    const { plane, call } = await startedPlane({}, { live: { everyMs: 10 } })
    const listeners = async () =>
      ((await (await call('/api/status')).json()) as { liveListeners: number }).liveListeners
    const response = await call('/api/live')
    const events = eventReader(response.body!)
    await events.next()
    expect(await listeners()).toBe(1)
    await events.cancel()
    await expect.poll(listeners, soon).toBe(0)
    await plane.close()
  })

  test('over a raw connection: one chunk stream, ended when the plane closes', async () => {
    const { plane } = await startedPlane({}, { live: { everyMs: 10 } })
    let text = ''
    let isClosed = false
    const socket = connect(plane.port, '127.0.0.1', () =>
      socket.write(`GET /api/live HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${token}\r\n\r\n`),
    )
    socket.on('data', part => {
      text += part.toString()
    })
    socket.on('close', () => {
      isClosed = true
    })
    socket.on('error', () => {})
    await expect.poll(() => text.match(/event: snapshot/g)?.length ?? 0, soon).toBeGreaterThan(2)
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    await plane.close()
    await expect.poll(() => isClosed, soon).toBe(true)
  })

  test('that reads nothing is sent away, and its connection is cut', async () => {
    const { plane, call, state } = await startedPlane({}, { live: { everyMs: 5, mostMissed: 5 } })
    // Large enough that no socket buffer holds many.
    state.candidates = Array.from({ length: 5000 }, (_, index) => candidateStatus({ name: `h200/${index}` }))
    let isClosed = false
    const socket = connect(plane.port, '127.0.0.1', () => {
      socket.write(`GET /api/live HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${token}\r\n\r\n`)
    })
    socket.pause()
    socket.on('error', () => {})
    socket.on('close', () => {
      isClosed = true
    })
    const listeners = async () =>
      ((await (await call('/api/status')).json()) as { liveListeners: number }).liveListeners
    await expect.poll(listeners, soon).toBe(1)
    await expect.poll(listeners, soon).toBe(0)
    // What the kernel held is read, then there is no more.
    socket.resume()
    await expect.poll(() => isClosed, soon).toBe(true)
    await plane.close()
  })
})

describe('the hub', () => {
  test('lets so many listen and no more', async () => {
    const { parts } = await controlParts()
    const hub = createLiveHub(parts, { mostListeners: 2 })
    const streams = [hub.listen(() => {}), hub.listen(() => {})]
    expect(() => hub.listen(() => {})).toThrow(/2 listen already/)
    await streams[0]!.cancel()
    expect(hub.listeners).toBe(1)
    hub.listen(() => {})
    hub.close()
    expect(hub.listeners).toBe(0)
    const events = eventReader(streams[1]!)
    expect(await events.next()).not.toBeNull()
    expect(await events.next()).toBeNull()
  })

  test('tells how many requests there were, and shows the newest', async () => {
    const { parts, observer } = await controlParts()
    const hub = createLiveHub(parts, { everyMs: 5, mostRequests: 3 })
    const events = eventReader(hub.listen(() => {}))
    await events.next()
    for (let index = 0; index < 10; index++) observer.requestEnded(summaryOf({ requestId: `r${index}` }))
    let event = (await events.next())!
    while (event.snapshot.requestsSince === 0) event = (await events.next())!
    expect(event.snapshot.requestsSince).toBe(10)
    expect(event.snapshot.requests.map(({ requestId }) => requestId)).toEqual(['r9', 'r8', 'r7'])
    hub.close()
  })

  test('shows the tenants that cost most', async () => {
    const { parts, observer } = await controlParts()
    for (let index = 0; index < 30; index++)
      for (let count = 0; count <= index; count++) observer.requestEnded(summaryOf({ tenant: `t${index}` }))
    const hub = createLiveHub(parts, { mostTenants: 2 })
    const { snapshot } = (await eventReader(hub.listen(() => {})).next())!
    expect(Object.keys(snapshot.cost.windows.start.tenants)).toEqual(['t29', 't28'])
    hub.close()
  })

  test('a part that fails for a moment ends no stream', async () => {
    let fails = false
    const { parts } = await controlParts()
    const hub = createLiveHub(
      {
        ...parts,
        candidates: () => {
          if (fails) throw new Error('not now')
          return []
        },
      },
      { everyMs: 5 },
    )
    const reader = hub.listen(() => {}).getReader()
    const next = async () => new TextDecoder().decode((await reader.read()).value)
    expect(await next()).toContain('event: snapshot')
    fails = true
    await expect.poll(next, soon).toBe(': no snapshot\n\n')
    fails = false
    await expect.poll(next, soon).toContain('event: snapshot')
    hub.close()
  })
})
