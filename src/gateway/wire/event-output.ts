/** Bytes of server-sent events, collected for one write to the client's socket. */

export interface EventOutput {
  /** Bytes as they are. */
  bytes(piece: Uint8Array): void
  /** A part of a buffer, as it is. */
  part(buffer: Buffer, start: number, end: number): void
  text(piece: string): void
  /** `event: name`, when there is one, and the beginning of the data. */
  begin(name: string): void
  /** The end of the data, and of the event. */
  end(): void
  /** A place to go back to: what was written behind it is forgotten. */
  mark(): number
  back(mark: number): void
  /** What was collected, as a buffer of its own; nothing is left. */
  take(): Buffer
}

/** Doubles when it does not suffice. Assumed: the events of one read of a socket (64 KiB in Node) mostly fit twice over. */
const initialBytes = 16 * 1024

const dataBegin = Buffer.from('data: ')
const eventEnd = Buffer.from('\n\n')
const nothing = Buffer.alloc(0)

export function createEventOutput(): EventOutput {
  let room = nothing
  let used = 0
  let lastName = ''
  let nameLine = nothing

  const reserve = (more: number): void => {
    if (used + more <= room.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(initialBytes, 2 * room.length, used + more))
    room.copy(larger, 0, 0, used)
    room = larger
  }
  const bytes = (piece: Uint8Array): void => {
    reserve(piece.length)
    room.set(piece, used)
    used += piece.length
  }

  return {
    bytes,
    part(buffer, start, end) {
      reserve(end - start)
      used += buffer.copy(room, used, start, end)
    },
    text(piece) {
      // UTF-8 takes at most three bytes for a UTF-16 unit.
      reserve(3 * piece.length)
      used += room.write(piece, used, 'utf8')
    },
    begin(name) {
      if (name !== '') {
        // Events of one name come in rows.
        if (name !== lastName) {
          lastName = name
          nameLine = Buffer.from(`event: ${name}\n`)
        }
        bytes(nameLine)
      }
      bytes(dataBegin)
    },
    end() {
      bytes(eventEnd)
    },
    mark: () => used,
    back(mark) {
      used = mark
    },
    take() {
      if (used === 0) return nothing
      const taken = Buffer.from(room.subarray(0, used))
      used = 0
      return taken
    },
  }
}
