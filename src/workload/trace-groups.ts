/** Sessions as graphs: which rows belong together, and which turn may go when which others have ended. */
import type { TraceTable } from './trace-table.ts'

export interface TraceGroups {
  readonly count: number
  /** Rows of a group: rows[offsets[g]] up to before rows[offsets[g + 1]], in the order of the file. */
  readonly offsets: Uint32Array
  readonly rows: Uint32Array
  /** Place of each row within its group. */
  readonly placeOf: Uint32Array
  /** Rows that wait for a row: followers[followerOffsets[row]] …; and how many rows each waits for. */
  readonly followerOffsets: Uint32Array
  readonly followers: Uint32Array
  readonly waitsFor: Uint16Array
}

/**
 * Groups the rows that are kept; without `bySession` every row is a group of its own. A turn whose predecessor is not
 * kept must not be kept either, except that sub-agents left out are not waited for.
 */
export function groupsOf(table: TraceTable, kept: Uint8Array, bySession: boolean): TraceGroups {
  const sessions = bySession ? table.sessions : null
  const groupOf = new Int32Array(table.requests).fill(-1)
  const groupOfSession = new Map<number, number>()
  let count = 0
  for (let row = 0; row < table.requests; row++) {
    if (kept[row] === 0) continue
    const session = sessions === null ? -1 : sessions.session.at(row)
    const known = session < 0 ? undefined : groupOfSession.get(session)
    const group = known ?? count++
    if (session >= 0 && known === undefined) groupOfSession.set(session, group)
    groupOf[row] = group
  }
  const { offsets, values: rows, placeOf } = bucketed(count, groupOf)
  return { count, offsets, rows, placeOf, ...followersOf(table, kept, sessions !== null) }
}

/** Rows by group, counted and then laid out (a counting sort). */
function bucketed(count: number, groupOf: Int32Array) {
  const offsets = new Uint32Array(count + 1)
  for (const group of groupOf) if (group >= 0) offsets[group + 1]! += 1
  for (let group = 0; group < count; group++) offsets[group + 1]! += offsets[group]!
  const values = new Uint32Array(offsets[count]!)
  const placeOf = new Uint32Array(groupOf.length)
  const filled = new Uint32Array(count)
  for (let row = 0; row < groupOf.length; row++) {
    const group = groupOf[row]!
    if (group < 0) continue
    const place = filled[group]!
    filled[group] = place + 1
    placeOf[row] = place
    values[offsets[group]! + place] = row
  }
  return { offsets, values, placeOf }
}

function followersOf(table: TraceTable, kept: Uint8Array, linked: boolean) {
  const waitsFor = new Uint16Array(table.requests)
  const followerOffsets = new Uint32Array(table.requests + 1)
  const eachLink = (take: (from: number, to: number) => void): void => {
    const { sessions } = table
    if (sessions === null || !linked) return
    for (let row = 0; row < table.requests; row++) {
      if (kept[row] === 0) continue
      const previous = sessions.previous.at(row)
      if (previous >= 0) take(previous, row)
      for (const other of sessions.alsoAfter.get(row) ?? []) if (kept[other] === 1) take(other, row)
    }
  }
  eachLink((from, to) => {
    waitsFor[to]! += 1
    followerOffsets[from + 1]! += 1
  })
  for (let row = 0; row < table.requests; row++) followerOffsets[row + 1]! += followerOffsets[row]!
  const followers = new Uint32Array(followerOffsets[table.requests]!)
  const filled = new Uint32Array(linked ? table.requests : 0)
  eachLink((from, to) => {
    followers[followerOffsets[from]! + filled[from]!] = to
    filled[from]! += 1
  })
  return { waitsFor, followerOffsets, followers }
}
