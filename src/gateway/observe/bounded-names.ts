/** Names that became labels: the first so many keep theirs, all later ones share one, so that nobody can fill the memory with names. */

export interface BoundedNames<Value> {
  /** The value of the name, made when it is new; of `other` once there are too many. */
  of(name: string): Value
  entries(): IterableIterator<[string, Value]>
}

export const otherName = 'other'
/** What stands for ''. */
export const noName = 'none'

/** Names that several lists may still take together. */
export interface SharedRoom {
  left: number
}

/** @param maximum names, beside `other`; `room`: of all lists that share it. */
export function boundedNames<Value>(
  maximum: number,
  make: (name: string) => Value,
  room: SharedRoom = { left: Number.POSITIVE_INFINITY },
): BoundedNames<Value> {
  const values = new Map<string, Value>()
  return {
    of(name) {
      const known = values.get(name)
      if (known !== undefined) return known
      const hasRoom = values.size < maximum && room.left > 0
      const label = name === '' ? noName : hasRoom ? name : otherName
      const there = values.get(label)
      if (there !== undefined) return there
      const value = make(label)
      if (label === name) room.left--
      values.set(label, value)
      return value
    },
    entries: () => values.entries(),
  }
}
