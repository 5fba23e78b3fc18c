/**
 * A load divided over agents, each of which sends a segment of it behind one start signal (as k6's execution segments do).
 * What all agents send together is what one alone would send.
 */

export interface Segment {
  /** From 0. */
  readonly index: number
  readonly of: number
}

export const wholeLoad: Segment = { index: 0, of: 1 }

/** How many of the numbers 0 … count − 1 are the segment's: those with n mod `of` = index. Shares differ by one at most. */
export function shareOf(count: number, { index, of }: Segment): number {
  return Math.max(0, Math.ceil((count - index) / of))
}

/** Of so many requests for so many users, those of the segment's users; shares add up to the whole. */
export function shareByUsers(count: number, users: number, { index, of }: Segment): number {
  let before = 0
  for (let agent = 0; agent < index; agent++) before += shareOf(users, { index: agent, of })
  const upTo = before + shareOf(users, { index, of })
  return Math.round((count * upTo) / users) - Math.round((count * before) / users)
}

/** An agent's number for what is number `own` of its own; unique over all agents. */
export function numberFor(own: number, { index, of }: Segment): number {
  return own * of + index
}

/** And back. */
export function ownNumber(number: number, { index, of }: Segment): number {
  return (number - index) / of
}
