/**
 * Which candidate holds which blocks: what both kinds of prefix index are made of.
 *
 * A holding is one candidate's part of one segment (prompt-segments.ts): a mask of blocks per tier. Each segment also has two
 * bit sets over the candidates: those who hold its first `width` blocks on the device, the most that anyone does, and those who
 * hold something less. A walk along a prompt then looks at a segment's bits, not at its holders, of whom a common system
 * prompt has as many as there are candidates. Holdings of a candidate are chained in order of use, so that the least recently
 * used can go first.
 *
 * Records lie in typed arrays, the fields of one side by side: a walk waits for memory more than for anything else.
 */
import { NumberTable } from './number-table.ts'
import { leadingBits, lowestBit } from './prompt-segments.ts'
import { longer } from './typed-arrays.ts'

const none = -1
const smallest = 64

/** Fields of a holding's record; masks by tier follow. */
const columnField = 0
const slotField = 1
const olderField = 2
const newerField = 3
const masksField = 4

export class HoldingTable {
  readonly tiers: number
  /** 32-bit words of one bit set: bit c of word w stands for column 32 w + c. */
  words = 1
  /** By slot of a segment: width, full set, partial set; see slotAt(). */
  slots: Int32Array
  /** By holding; see masksAt(). Tell changed() after writing a mask. */
  records: Int32Array
  readonly #stride: number
  /** By holding: when it was last used. */
  #usedUs = new Float64Array(smallest)
  #slotSegments = new Float64Array(smallest)
  #oldest = new Int32Array(0)
  #newest = new Int32Array(0)
  /** Segment → slot; and by column, segment → holding. */
  readonly #slotOf = new NumberTable()
  readonly #holdingOf: NumberTable[] = []
  readonly #unusedHoldings: number[] = []
  readonly #unusedSlots: number[] = []
  #holdingEnd = 0
  #slotEnd = 0

  constructor(tiers: number) {
    this.tiers = tiers
    this.#stride = masksField + tiers
    this.records = new Int32Array(smallest * this.#stride)
    this.slots = new Int32Array(smallest * this.#slotStride())
  }

  /** Holdings there are. */
  get size(): number {
    return this.#holdingEnd - this.#unusedHoldings.length
  }

  /** Where in `slots` a segment's record begins, or -1 when nobody holds any of it: width, full words, partial words. */
  slotAt(segment: number): number {
    const slot = this.#slotOf.get(segment)
    return slot === none ? none : slot * this.#slotStride()
  }

  /** A candidate's holding of a segment, or -1. */
  find(segment: number, column: number): number {
    return column < this.#holdingOf.length ? this.#holdingOf[column]!.get(segment) : none
  }

  /** Where in `records` a holding's masks begin, one per tier. */
  masksAt(holding: number): number {
    return holding * this.#stride + masksField
  }

  usedUs(holding: number): number {
    return this.#usedUs[holding]!
  }

  /** Least recently used holding of a candidate, or -1. */
  oldest(column: number): number {
    return column < this.#holdingOf.length ? this.#oldest[column]! : none
  }

  /** A new holding without blocks, the candidate's most recently used. There must be none for that segment yet. */
  add(segment: number, column: number, nowUs: number): number {
    this.#ensureColumn(column)
    let slot = this.#slotOf.get(segment)
    if (slot === none) {
      slot = this.#unusedSlots.pop() ?? this.#newSlot()
      this.#slotOf.set(segment, slot)
      this.#slotSegments[slot] = segment
    }
    const holding = this.#unusedHoldings.pop() ?? this.#newHolding()
    const at = holding * this.#stride
    this.records.fill(0, at + masksField, at + this.#stride)
    this.records[at + columnField] = column
    this.records[at + slotField] = slot
    this.#usedUs[holding] = nowUs
    this.#holdingOf[column]!.set(segment, holding)
    this.slots[this.#partialAt(slot, column)]! |= 1 << (column & 31)
    this.#append(holding, column)
    return holding
  }

  /** Its masks were written. */
  changed(holding: number): void {
    const at = holding * this.#stride
    const column = this.records[at + columnField]!
    const slot = this.records[at + slotField]!
    const slots = this.slots
    const slotAt = slot * this.#slotStride()
    const partialAt = this.#partialAt(slot, column)
    const fullAt = partialAt - this.words
    const bit = 1 << (column & 31)
    const lead = leadingBits(this.records[at + masksField]!)
    const width = slots[slotAt]!
    if (lead > width) {
      slots[slotAt] = lead
      for (let word = slotAt + 1; word <= slotAt + this.words; word++) {
        slots[word + this.words]! |= slots[word]!
        slots[word] = 0
      }
    }
    if (lead >= width && lead > 0) {
      slots[fullAt]! |= bit
      slots[partialAt]! &= ~bit
    } else {
      const wasFull = (slots[fullAt]! & bit) !== 0
      slots[fullAt]! &= ~bit
      slots[partialAt]! |= bit
      if (wasFull && this.#isVacant(slotAt + 1)) this.#widenAgain(slot)
    }
  }

  /** Makes it the candidate's most recently used. */
  touch(holding: number, nowUs: number): void {
    this.#usedUs[holding] = nowUs
    const column = this.records[holding * this.#stride + columnField]!
    if (this.#newest[column] === holding) return
    this.#unlink(holding, column)
    this.#append(holding, column)
  }

  drop(holding: number): void {
    const at = holding * this.#stride
    const column = this.records[at + columnField]!
    const slot = this.records[at + slotField]!
    const segment = this.#slotSegments[slot]!
    const slotAt = slot * this.#slotStride()
    const partialAt = this.#partialAt(slot, column)
    const bit = 1 << (column & 31)
    this.slots[partialAt]! &= ~bit
    this.slots[partialAt - this.words]! &= ~bit
    this.#unlink(holding, column)
    this.#holdingOf[column]!.delete(segment)
    this.#unusedHoldings.push(holding)
    if (!this.#isVacant(slotAt + 1)) return
    if (!this.#isVacant(slotAt + 1 + this.words)) this.#widenAgain(slot)
    else {
      this.#slotOf.delete(segment)
      this.slots[slotAt] = 0
      this.#unusedSlots.push(slot)
    }
  }

  /** Forgets all a candidate holds. */
  dropColumn(column: number): void {
    for (;;) {
      const holding = this.oldest(column)
      if (holding === none) return
      this.drop(holding)
    }
  }

  #slotStride(): number {
    return 1 + 2 * this.words
  }

  #partialAt(slot: number, column: number): number {
    return slot * this.#slotStride() + 1 + this.words + (column >> 5)
  }

  #isVacant(setAt: number): boolean {
    for (let word = setAt; word < setAt + this.words; word++) {
      if (this.slots[word] !== 0) return false
    }
    return true
  }

  /** The last one who held most is gone: who does now? */
  #widenAgain(slot: number): void {
    this.slots[slot * this.#slotStride()] = 0
    for (let word = 0; word < this.words; word++) {
      for (let bits = this.slots[this.#partialAt(slot, 32 * word)]!; bits !== 0; bits &= bits - 1) {
        this.changed(this.find(this.#slotSegments[slot]!, 32 * word + lowestBit(bits)))
      }
    }
  }

  #append(holding: number, column: number): void {
    const records = this.records
    const before = this.#newest[column]!
    records[holding * this.#stride + olderField] = before
    records[holding * this.#stride + newerField] = none
    if (before === none) this.#oldest[column] = holding
    else records[before * this.#stride + newerField] = holding
    this.#newest[column] = holding
  }

  #unlink(holding: number, column: number): void {
    const records = this.records
    const older = records[holding * this.#stride + olderField]!
    const newer = records[holding * this.#stride + newerField]!
    if (older === none) this.#oldest[column] = newer
    else records[older * this.#stride + newerField] = newer
    if (newer === none) this.#newest[column] = older
    else records[newer * this.#stride + olderField] = older
  }

  #newHolding(): number {
    const holding = this.#holdingEnd++
    if (holding === this.#usedUs.length) {
      this.records = longer(this.records, new Int32Array(holding * 2 * this.#stride))
      this.#usedUs = longer(this.#usedUs, new Float64Array(holding * 2))
    }
    return holding
  }

  #newSlot(): number {
    const slot = this.#slotEnd++
    if (slot === this.#slotSegments.length) {
      this.slots = longer(this.slots, new Int32Array(slot * 2 * this.#slotStride()))
      this.#slotSegments = longer(this.#slotSegments, new Float64Array(slot * 2))
    }
    return slot
  }

  #ensureColumn(column: number): void {
    while (this.#holdingOf.length <= column) this.#holdingOf.push(new NumberTable())
    const known = this.#oldest.length
    if (column >= known) {
      this.#oldest = longer(this.#oldest, new Int32Array((column + 1) * 2)).fill(none, known)
      this.#newest = longer(this.#newest, new Int32Array((column + 1) * 2)).fill(none, known)
    }
    while (column >= this.words * 32) this.#doubleWords()
  }

  #doubleWords(): void {
    const { slots, words } = this
    const narrow = this.#slotStride()
    this.words = 2 * words
    const wide = this.#slotStride()
    this.slots = new Int32Array(this.#slotSegments.length * wide)
    for (let slot = 0; slot < this.#slotEnd; slot++) {
      const from = slot * narrow
      this.slots.set(slots.subarray(from, from + 1 + words), slot * wide)
      this.slots.set(slots.subarray(from + 1 + words, from + narrow), slot * wide + 1 + 2 * words)
    }
  }
}
