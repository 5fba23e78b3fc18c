/** A growing list of numbers in pieces of typed arrays: 5 million requests in 16 bytes each, and never a copy to grow. */

const pieceBits = 16
const pieceLength = 1 << pieceBits
const pieceMask = pieceLength - 1

type Piece = Float64Array | Int32Array | Uint8Array

/** What one value takes: 8, 4 or 1 bytes. Values must fit; that is the caller's belief. */
export type NumberKind = 'float64' | 'int32' | 'uint8'

export class Numbers {
  readonly kind: NumberKind
  readonly #pieces: Piece[] = []
  #length = 0

  constructor(kind: NumberKind) {
    this.kind = kind
  }

  get length(): number {
    return this.#length
  }

  push(value: number): void {
    const index = this.#length++
    if ((index & pieceMask) === 0) this.#pieces.push(newPiece(this.kind))
    this.#pieces[index >>> pieceBits]![index & pieceMask] = value
  }

  /** The value at an index below length. */
  at(index: number): number {
    return this.#pieces[index >>> pieceBits]![index & pieceMask]!
  }

  set(index: number, value: number): void {
    this.#pieces[index >>> pieceBits]![index & pieceMask] = value
  }

  /** Appends `value` until there are `length` of them: for columns that begin late in a file. */
  fillTo(length: number, value: number): void {
    while (this.#length < length) this.push(value)
  }

  /** All of them in one array of their own, for sorting. */
  toFloat64(): Float64Array {
    const all = new Float64Array(this.#length)
    for (let index = 0; index < all.length; index++) all[index] = this.at(index)
    return all
  }
}

function newPiece(kind: NumberKind): Piece {
  if (kind === 'float64') return new Float64Array(pieceLength)
  return kind === 'int32' ? new Int32Array(pieceLength) : new Uint8Array(pieceLength)
}
