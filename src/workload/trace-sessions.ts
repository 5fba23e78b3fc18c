/** Which turn follows which: sessions by name (a session column) and by parent (Qwen-Bailian's chat ids). */
import type { SessionPlace } from './trace-formats.ts'

/** What is remembered of a turn that others may follow. */
export interface RecordedTurn {
  /** Its row in the table. */
  readonly row: number
  readonly session: number
  readonly arrivalSeconds: number | null
  /** From its start to the end of its answer, as recorded; null when it is not. */
  readonly serviceSeconds: number | null
}

/** Numbers sessions over all files of a trace, and knows the last turn of each that has a name. */
export class SessionBook {
  #sessions = 0
  #backward = 0
  readonly #last = new Map<string | number, RecordedTurn>()

  get sessions(): number {
    return this.#sessions
  }

  /** Turns whose time lies before that of the turn they follow. */
  get backward(): number {
    return this.#backward
  }

  newSession(): number {
    return this.#sessions++
  }

  lastOf(name: string | number): RecordedTurn | undefined {
    return this.#last.get(name)
  }

  remember(name: string | number, turn: RecordedTurn): void {
    this.#last.set(this.#last.has(name) ? name : detached(name), turn)
  }

  /** Place of a turn that follows `previous`, or begins a session when there is none. */
  place(
    previous: RecordedTurn | undefined,
    arrivalSeconds: number | null,
    thinkSeconds: number | null,
  ): SessionPlace {
    if (previous === undefined) {
      return { session: this.newSession(), after: [], gapSeconds: 0, gapFrom: 'end' }
    }
    const { row, session } = previous
    if (thinkSeconds !== null) {
      return { session, after: [row], gapSeconds: thinkSeconds, gapFrom: 'end' }
    }
    const between =
      arrivalSeconds === null || previous.arrivalSeconds === null
        ? null
        : arrivalSeconds - previous.arrivalSeconds
    if (between === null) return { session, after: [row], gapSeconds: null, gapFrom: 'end' }
    if (between < 0) this.#backward++
    return previous.serviceSeconds === null
      ? { session, after: [row], gapSeconds: Math.max(0, between), gapFrom: 'start' }
      : { session, after: [row], gapSeconds: Math.max(0, between - previous.serviceSeconds), gapFrom: 'end' }
  }
}

/** A slice of a long text keeps all of it in memory; the copy does not. */
function detached(name: string | number): string | number {
  return typeof name === 'string' ? ` ${name}`.slice(1) : name
}
