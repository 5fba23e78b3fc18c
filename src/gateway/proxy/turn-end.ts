/**
 * Work that is done together at the end of a turn of the event loop. What one wake-up of the process brings (tokens of many streams,
 * answers of many requests) goes out in one go: the books are written once for all of them, and a client that is woken by the first write
 * is awake for the others, which costs a fraction.
 */
export interface TurnEnd {
  /** In the order in which they come; before the next turn looks for anything new. */
  add(task: () => void): void
}

/** first: what comes before the tasks of a turn. */
export function createTurnEnd(first: () => void): TurnEnd {
  let tasks: (() => void)[] = []
  const run = (): void => {
    const due = tasks
    tasks = []
    first()
    for (const task of due) task()
  }
  return {
    add(task) {
      if (tasks.push(task) === 1) setImmediate(run)
    },
  }
}
