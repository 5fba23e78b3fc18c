/** The search for a number of things that is enough. */

/** The smallest whole number from 2 on that is enough, where whatever is larger is enough, too: by doubling, then halving. */
export function smallestCount(isEnough: (count: number) => boolean): number {
  let low = 1
  let high = 2
  while (!isEnough(high)) {
    low = high
    high *= 2
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (isEnough(middle)) high = middle
    else low = middle
  }
  return high
}
