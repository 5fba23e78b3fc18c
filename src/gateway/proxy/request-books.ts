/**
 * What is written down of a request: to the ledger, to its tenant's budget, to the books of engine time, and for the observer. Each attempt
 * once; the last one is final, which is known only when there is no further one, so one settlement is held back until then.
 */

import type { NanoUsd } from '../../core/money.ts'
import type { Writable } from '../../core/writable.ts'
import type { Candidate, Choice, FlightOutcome, PricedUsage } from '../dispatch/types.ts'
import type { PredictedAndRealised, RequestOwner, RequestSettled } from '../ledger/index.ts'
import type { AttemptSummary } from '../observe/request-summary.ts'
import type { KeyRecord } from '../tenants/index.ts'
import type { Admitted } from '../tenants/tenant-gate.ts'
import { noUsage, type UsageClasses } from '../usage.ts'
import type { AnswerApi } from '../wire/index.ts'
import type { Attempt, AttemptEnd } from './attempt.ts'
import type { DataPlaneParts } from './parts.ts'
import { type AttemptUsage, priceOfAttempt, usageOfAttempt } from './settlement.ts'

export type Sending = Extract<Choice, { kind: 'send' }>

export interface BooksSetting {
  readonly parts: Pick<DataPlaneParts, 'ledger' | 'billing' | 'nowMs'>
  readonly requestId: string
  readonly key: KeyRecord
  readonly modelAlias: string
  readonly api: AnswerApi
  readonly promptTokens: number
  readonly admitted: Admitted
  readonly reservedNanoUsd: NanoUsd
  /** Predictions go to the ledger beside results. */
  readonly isSampled: boolean
}

export interface HowItEnded {
  readonly end: AttemptEnd
  /** Its answer is the client's, as far as it went: the tenant pays for it. */
  readonly isForClient: boolean
  /** The client had gone, and the answer was read on. */
  readonly isDrained: boolean
}

export interface RequestBooks {
  readonly attempts: readonly AttemptSummary[]
  /** Of the answer that was given, ms; null when it cannot be told. */
  readonly tpotMs: number | null
  sent(attempt: Attempt): void
  firstToken(attempt: Attempt): void
  /** What the dispatcher learns of it. */
  over(attempt: Attempt, choice: Sending, how: HowItEnded): FlightOutcome
  /** Nothing more will be sent. Before the client gets the end of its answer: what it has in full is on the books. */
  close(): void
}

export function createRequestBooks(setting: BooksSetting): RequestBooks {
  const { parts, requestId, key, modelAlias, api, promptTokens, admitted, reservedNanoUsd, isSampled } =
    setting
  const { ledger, billing, nowMs } = parts
  const owner: RequestOwner = { requestId, tenant: key.tenant, keyId: key.id, modelAlias }
  const attempts: AttemptSummary[] = []
  let heldBack: RequestSettled | null = null
  let opened = false
  let tenantUsage: UsageClasses = noUsage
  let tenantNanoUsd: NanoUsd = 0n

  function noteEngine(attempt: Attempt, used: AttemptUsage | null, isForClient: boolean): void {
    const { target } = attempt.candidate
    if (target.kind !== 'deployment') return
    const endMs = nowMs()
    const usage = used === null || used.state === 'voided' ? null : used.usage
    const sinceMs = (us: number): number => (us - attempt.startedUs) / 1000
    const isOver = used !== null
    const startedMs =
      endMs -
      (isOver ? sinceMs(attempt.endUs) : Number.isNaN(attempt.firstTextUs) ? 0 : sinceMs(attempt.firstTextUs))
    billing.record(target.deployment, {
      ...owner,
      attempt: attempt.number,
      bearer: isForClient ? 'tenant' : 'gateway',
      replica: target.replica,
      sentMs: startedMs,
      firstTokenMs: Number.isNaN(attempt.firstTextUs) ? null : startedMs + sinceMs(attempt.firstTextUs),
      endMs: isOver ? endMs : null,
      computedTokens:
        usage === null ? promptTokens : usage.uncachedInput + usage.cacheWrite + usage.inputAudio,
      cachedTokens: usage?.cachedInput ?? 0,
      outputTokens: usage === null ? attempt.facts.textEvents : usage.output + usage.outputAudio,
    })
  }

  /** On an engine of one's own: what tokens cost there of late, which is what the ledger will say; before that, what is predicted. */
  function priceOf(candidate: Candidate, used: AttemptUsage, atMs: number): PricedUsage {
    const { target } = candidate
    const nanoUsd =
      target.kind === 'deployment' ? billing.expectedCharge(target.deployment, used.usage) : null
    if (nanoUsd === null) return priceOfAttempt(candidate, used, atMs)
    return { nanoUsd, costNanoUsd: {}, priceRuleId: '', isExact: false }
  }

  function emit(isFinal: boolean): void {
    if (heldBack === null) return
    ledger.record({ ...heldBack, final: isFinal, releasedNanoUsd: isFinal ? reservedNanoUsd : 0n })
    heldBack = null
  }

  const books: Writable<RequestBooks> = {
    attempts,
    tpotMs: null,
    sent(attempt) {
      if (!opened) {
        opened = true
        const { target } = attempt.candidate
        ledger.record({ kind: 'requestOpened', ...owner, atMs: nowMs(), target, reservedNanoUsd })
      }
      noteEngine(attempt, null, true)
    },
    firstToken(attempt) {
      noteEngine(attempt, null, true)
    },
    over(attempt, choice, { end, isForClient, isDrained }) {
      const atMs = nowMs()
      const { candidate, facts, status } = attempt
      const isAnswered =
        end.kind === 'served' || facts.textEvents > 0 || (status === 200 && end.kind === 'cancelled')
      const used = usageOfAttempt(facts, { api, promptTokens, isDrained, isAnswered })
      const priced = priceOf(candidate, used, atMs)
      const ttftMs = millisecondsBetween(attempt.sentUs, attempt.firstTextUs)
      const durationMs = millisecondsBetween(attempt.startedUs, attempt.endUs) ?? 0
      const { usage, state } = used
      noteEngine(attempt, used, isForClient)
      emit(false)
      const bearer = isForClient ? 'tenant' : 'gateway'
      heldBack = {
        kind: 'requestSettled',
        ...owner,
        atMs,
        attempt: attempt.number,
        final: false,
        target: candidate.target,
        usage,
        state,
        bearer,
        costNanoUsd: priced.costNanoUsd,
        priceRuleId: priced.priceRuleId,
        releasedNanoUsd: 0n,
        ttftMs,
        durationMs,
        sample: isSampled ? sampleOf(choice, used, ttftMs, priced.nanoUsd) : null,
      }
      if (isForClient) {
        tenantUsage = addUsage(tenantUsage, usage)
        tenantNanoUsd += priced.nanoUsd
        books.tpotMs = tpotOf(attempt, usage.output)
      }
      attempts.push({
        candidate: candidate.name,
        target: candidate.target,
        bearer,
        outcome: end.kind,
        status,
        ttftMs,
        durationMs,
        usage,
        state,
        nanoUsd: priced.nanoUsd,
        isExact: priced.isExact,
        expectedCachedTokens: choice.expectedCachedTokens,
        predictedTtftMs: choice.predictedTtftMs,
        predictedNanoUsd: choice.predictedNanoUsd,
      })
      const isKnown = state === 'reported' || state === 'drained'
      return {
        kind: end.kind,
        retryAfterSeconds: end.kind === 'failed' || end.kind === 'limited' ? end.retryAfterSeconds : null,
        durationMs,
        ttftMs,
        outputTokens: isKnown ? usage.output + usage.outputAudio : null,
        cachedTokens: isKnown && facts.usage?.said.cached === true ? usage.cachedInput : null,
        inputTokens: isKnown
          ? usage.uncachedInput + usage.cachedInput + usage.cacheWrite + usage.inputAudio
          : null,
      }
    },
    close() {
      emit(true)
      if (opened) admitted.settle(tenantUsage, tenantNanoUsd)
      else admitted.release()
    },
  }
  return books
}

function sampleOf(
  choice: Sending,
  used: AttemptUsage,
  ttftMs: number | null,
  nanoUsd: NanoUsd,
): PredictedAndRealised {
  return {
    predictedCachedTokens: choice.expectedCachedTokens,
    realisedCachedTokens: used.state === 'reported' ? used.usage.cachedInput : null,
    predictedTtftMs: choice.predictedTtftMs,
    realisedTtftMs: ttftMs,
    predictedNanoUsd: choice.predictedNanoUsd,
    realisedNanoUsd: nanoUsd,
  }
}

function millisecondsBetween(fromUs: number, toUs: number): number | null {
  const milliseconds = (toUs - fromUs) / 1000
  return Number.isNaN(milliseconds) ? null : milliseconds
}

/** (last − first) ÷ (tokens − 1), docs/models/metrics.md. */
function tpotOf({ firstTextUs, lastTextUs }: Attempt, outputTokens: number): number | null {
  if (outputTokens < 2) return null
  const spanMs = millisecondsBetween(firstTextUs, lastTextUs)
  return spanMs === null || spanMs === 0 ? null : spanMs / (outputTokens - 1)
}

function addUsage(a: UsageClasses, b: UsageClasses): UsageClasses {
  if (a === noUsage) return b
  return {
    uncachedInput: a.uncachedInput + b.uncachedInput,
    cachedInput: a.cachedInput + b.cachedInput,
    cacheWrite: a.cacheWrite + b.cacheWrite,
    inputAudio: a.inputAudio + b.inputAudio,
    output: a.output + b.output,
    outputAudio: a.outputAudio + b.outputAudio,
    reasoning: a.reasoning + b.reasoning,
  }
}
