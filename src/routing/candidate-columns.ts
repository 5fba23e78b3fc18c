/** Small numbers for candidates, so that what is known of them lies in arrays. Columns of removed ones are given out again. */
export class CandidateColumns {
  readonly #columns = new Map<number, number>()
  readonly #free: number[] = []
  #end = 0

  /** Columns ever in use lie below this. */
  get end(): number {
    return this.#end
  }

  /** The candidate's column, or -1. */
  find(candidateId: number): number {
    return this.#columns.get(candidateId) ?? -1
  }

  /** The candidate's column; a new one for a new candidate. */
  take(candidateId: number): number {
    const known = this.#columns.get(candidateId)
    if (known !== undefined) return known
    const column = this.#free.pop() ?? this.#end++
    this.#columns.set(candidateId, column)
    return column
  }

  release(candidateId: number): void {
    const column = this.#columns.get(candidateId)
    if (column === undefined) return
    this.#columns.delete(candidateId)
    this.#free.push(column)
  }
}
