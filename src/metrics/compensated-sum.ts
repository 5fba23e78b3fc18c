/**
 * A sum with an error term (TwoSum: Knuth, The Art of Computer Programming vol. 2, §4.2.2), about 106 bits: a mean does
 * not depend on the order in which millions of values came, nor on how they were shared out before they were merged.
 */
export class CompensatedSum {
  high = 0
  low = 0

  get value(): number {
    return this.high + this.low
  }

  add(value: number): void {
    const sum = this.high + value
    const added = sum - this.high
    const low = this.low + (this.high - (sum - added)) + (value - added)
    this.high = sum + low
    this.low = low - (this.high - sum)
  }

  merge(other: CompensatedSum): void {
    // Both terms first: a sum may be merged with itself.
    const { high, low } = other
    this.add(high)
    this.add(low)
  }
}
