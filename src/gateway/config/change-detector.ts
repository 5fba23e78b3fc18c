/** Whether files changed and have stopped changing: a state machine of what looks at them saw, without files. */

export interface ConfigSource {
  /** Absolute. */
  readonly path: string
  /** null: it could not be read. */
  readonly bytes: Buffer | null
}

export interface ChangeDetector {
  /** What the files said when they were read last: whatever became of it, the same bytes are no news. */
  read(sources: readonly ConfigSource[]): void
  /** To be looked at. */
  readonly sources: readonly ConfigSource[]
  /**
   * true: they differ from what was read, as they did in the look before. Once is not enough: half of a file that is being written is
   * often a valid one.
   */
  look(seen: readonly ConfigSource[]): boolean
}

export function createChangeDetector(first: readonly ConfigSource[]): ChangeDetector {
  let known = first
  let before: readonly ConfigSource[] | null = null
  return {
    get sources() {
      return known
    },
    read(sources) {
      known = sources
      before = null
    },
    look(seen) {
      const isSettled = before !== null && areSame(seen, before)
      before = seen
      return isSettled && !areSame(seen, known)
    },
  }
}

function areSame(some: readonly ConfigSource[], others: readonly ConfigSource[]): boolean {
  return (
    some.length === others.length &&
    some.every(({ path, bytes }, index) => {
      const other = others[index]!
      if (path !== other.path) return false
      return bytes === null || other.bytes === null ? bytes === other.bytes : bytes.equals(other.bytes)
    })
  )
}
