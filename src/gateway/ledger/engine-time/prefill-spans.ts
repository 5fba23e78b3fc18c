/**
 * When an engine computed which prompt, as far as it can be told from outside: each prompt's work lies between the moment
 * it was sent and its first token, and an engine computes as late as the first tokens show. So work is laid backwards
 * from the first tokens: of the prompts that could be running, the one sent last (it has the least room before it).
 * This is earliest-deadline-first with time reversed, which finds room for all work whenever there is any (Liu and
 * Layland 1973, Dertouzos 1974; from memory).
 */

export interface PromptWork {
  /** Sent, and first token (or the end, or now, where there is none), in ms. */
  readonly fromMs: number
  readonly toMs: number
  /** Engine time of the prompt alone, ms. What does not fit between is dropped: the rate was too slow. */
  readonly workMs: number
}

/** A piece of engine time that went to a prompt: index into the works. */
export interface PrefillSpan {
  readonly fromMs: number
  readonly toMs: number
  readonly work: number
}

/** Pieces in the order of time; they do not overlap. */
export function prefillSpans(works: readonly PromptWork[]): PrefillSpan[] {
  const left = works.map(({ workMs }) => workMs)
  const byEnd = works.map((_, index) => index).sort((a, b) => works[b]!.toMs - works[a]!.toMs)
  const spans: PrefillSpan[] = []
  /** Prompts that could be running at `atMs`, the one sent last at the end. */
  const open: number[] = []
  let next = 0
  let atMs = Number.POSITIVE_INFINITY
  for (;;) {
    if (open.length === 0) {
      if (next === byEnd.length) break
      atMs = Math.min(atMs, works[byEnd[next]!]!.toMs)
    }
    while (next < byEnd.length && works[byEnd[next]!]!.toMs >= atMs) insertBySent(open, byEnd[next++]!, works)
    const work = open.at(-1)
    if (work === undefined) continue
    const nextEnd = next < byEnd.length ? works[byEnd[next]!]!.toMs : Number.NEGATIVE_INFINITY
    const fromMs = Math.max(works[work]!.fromMs, atMs - left[work]!, nextEnd)
    if (fromMs < atMs) push(spans, { fromMs, toMs: atMs, work })
    left[work]! -= atMs - fromMs
    // Over when the work is done or its time is; comparing with what was chosen, since differences of floats need not be 0.
    if (fromMs !== nextEnd || fromMs === works[work]!.fromMs) open.pop()
    atMs = Math.min(atMs, fromMs)
  }
  return spans.reverse()
}

/** Backwards: a piece right before one of the same prompt makes it longer. */
function push(spans: PrefillSpan[], span: PrefillSpan): void {
  const last = spans.at(-1)
  if (last?.work === span.work && last.fromMs === span.toMs) spans.pop()
  spans.push(last?.work === span.work && last.fromMs === span.toMs ? { ...span, toMs: last.toMs } : span)
}

function insertBySent(open: number[], work: number, works: readonly PromptWork[]): void {
  let place = open.length
  while (place > 0 && works[open[place - 1]!]!.fromMs > works[work]!.fromMs) place--
  open.splice(place, 0, work)
}
