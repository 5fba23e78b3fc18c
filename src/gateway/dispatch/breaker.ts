/**
 * Whether a candidate is left alone after failures: a circuit breaker without I/O. Failures in a row open it; after its cooldown one request
 * may try (half-open); served, it closes, failed, it opens for twice as long. What was sent before it opened says nothing more.
 *
 *   closed ──failures in a row, or limited with Retry-After──→ open ──time──→ half-open ──the one request served──→ closed
 *                                                               ↑──────────────failed──────────│
 */
import type { AttemptSettings } from '../config/gateway-config.ts'
import type { FlightOutcome } from './types.ts'

export type BreakerSettings = Pick<
  AttemptSettings,
  'cooldownAfter' | 'cooldownSeconds' | 'longestCooldownSeconds'
>

export type BreakerOutcome = Pick<FlightOutcome, 'kind' | 'retryAfterSeconds'>

export class Breaker {
  #failures = 0
  /** Times in a row that it opened by failures: each doubles the cooldown. */
  #opened = 0
  /** -Infinity: closed. */
  #untilUs = Number.NEGATIVE_INFINITY
  /** Requests sent in one span of a state have the same ticket. */
  #span = 0
  /** Ticket of the request that tries; -1: none does. */
  #probe = -1

  /** Whether a request may be sent there now. */
  admits(nowUs: number): boolean {
    if (this.#untilUs === Number.NEGATIVE_INFINITY) return true
    return nowUs >= this.#untilUs && this.#probe === -1
  }

  /** The end of its cooldown, µs; null when it is not cooling down (any more). */
  coolingUntilUs(nowUs: number): number | null {
    return nowUs < this.#untilUs ? this.#untilUs : null
  }

  /** A request goes there. Returns its ticket, to be shown at its end. */
  sent(nowUs: number): number {
    if (this.#untilUs !== Number.NEGATIVE_INFINITY && nowUs >= this.#untilUs && this.#probe === -1) {
      this.#probe = ++this.#span
    }
    return this.#span
  }

  /** Settings are those of the alias that asked. */
  ended(nowUs: number, ticket: number, outcome: BreakerOutcome, settings: BreakerSettings): void {
    const isProbe = ticket === this.#probe
    if (isProbe) this.#probe = -1
    const { kind, retryAfterSeconds } = outcome
    if (kind === 'limited' && retryAfterSeconds !== null && retryAfterSeconds > 0) {
      // It is said of now, whenever the request was sent.
      const seconds = Math.min(retryAfterSeconds, settings.longestCooldownSeconds)
      this.#open(Math.max(this.#untilUs, nowUs + Math.ceil(seconds * 1e6)))
      return
    }
    // Neither a client that left nor a request that was wrong says anything about the candidate.
    if (ticket !== this.#span || kind === 'cancelled' || kind === 'refused') return
    if (kind === 'served') {
      if (isProbe) this.#close()
      else if (this.#untilUs === Number.NEGATIVE_INFINITY) this.#failures = 0
      return
    }
    if (!isProbe && ++this.#failures < settings.cooldownAfter) return
    const seconds = Math.min(settings.longestCooldownSeconds, settings.cooldownSeconds * 2 ** this.#opened)
    this.#opened = Math.min(this.#opened + 1, 60)
    this.#open(nowUs + Math.ceil(seconds * 1e6))
  }

  #open(untilUs: number): void {
    this.#untilUs = untilUs
    this.#failures = 0
    this.#span++
    this.#probe = -1
  }

  #close(): void {
    this.#untilUs = Number.NEGATIVE_INFINITY
    this.#failures = 0
    this.#opened = 0
    this.#span++
  }
}
