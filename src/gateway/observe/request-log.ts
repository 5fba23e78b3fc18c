/** A line a request: JSON, or words for a terminal. No prompt, no answer, no secret; a sample of the good ones, all of the others. */
import type { LogWriter } from './log-writer.ts'
import { type RequestJson, requestJson } from './request-json.ts'
import type { RequestSummary } from './request-summary.ts'
import { safeText } from './safe-text.ts'

export const logLevels = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof logLevels)[number]

export interface RequestLogSettings {
  /** Lines below it are left out. */
  readonly level: LogLevel
  readonly format: 'json' | 'text'
  /** Share of the requests served without trouble that get a line, 0 to 1; others always do. */
  readonly sampledRequests: number
  /** 0 to 1, below 1. */
  readonly random: () => number
  readonly nowMs: () => number
}

export interface RequestLog {
  requestEnded(summary: RequestSummary): void
  /** Something else that happened: names and numbers only. */
  event(
    level: LogLevel,
    event: string,
    fields?: Readonly<Record<string, string | number | boolean | null>>,
  ): void
}

export function createRequestLog(writer: Pick<LogWriter, 'write'>, settings: RequestLogSettings): RequestLog {
  const { format, nowMs, random, sampledRequests } = settings
  const least = logLevels.indexOf(settings.level)
  const isWanted = (level: LogLevel): boolean => logLevels.indexOf(level) >= least
  return {
    requestEnded(summary) {
      const level = levelOf(summary)
      if (!isWanted(level)) return
      if (level === 'info' && sampledRequests < 1 && random() >= sampledRequests) return
      const request = requestJson(summary)
      if (format === 'text') return writer.write(textOf(level, request, nowMs()))
      // What was picked is in the attempts; decisions are in the control plane and, sampled, in the ledger.
      const { explanation: _, startedMs: __, ...fields } = request
      writer.write(JSON.stringify({ time: timeText(nowMs()), level, event: 'request', ...fields }))
    },
    event(level, event, fields = {}) {
      if (!isWanted(level)) return
      const safe = Object.fromEntries(
        Object.entries(fields).map(([name, value]) => [
          name,
          typeof value === 'string' ? safeText(value) : value,
        ]),
      )
      if (format === 'json')
        return writer.write(
          JSON.stringify({ time: timeText(nowMs()), level, event: safeText(event), ...safe }),
        )
      const words = Object.entries(safe).map(([name, value]) => `${name}=${value}`)
      writer.write([timeText(nowMs()), level.padEnd(5), safeText(event), ...words].join(' '))
    },
  }
}

/** warn: our own or an upstream's trouble, retried attempts included. The client's faults and its leaving are info. */
function levelOf({ outcome, status, attempts }: RequestSummary): LogLevel {
  if (outcome === 'failed' || status >= 500) return 'warn'
  return attempts.some(({ outcome }) => outcome === 'failed') ? 'warn' : 'info'
}

function textOf(level: LogLevel, request: RequestJson, nowMs: number): string {
  const { inputTokens, cachedTokens, outputTokens, ttftMs, usd, reason } = request
  return [
    timeText(nowMs),
    level.padEnd(5),
    request.outcome.padEnd(9),
    String(request.status),
    request.model || '-',
    `→ ${request.candidate ?? '-'}`,
    request.tenant || '-',
    `${inputTokens} in (${cachedTokens} cached) ${outputTokens} out`,
    `$${usd.toPrecision(3)}`,
    ttftMs === null ? '' : `ttft ${ttftMs.toFixed(0)} ms`,
    `${request.durationMs.toFixed(0)} ms`,
    request.attempts.length > 1 ? `${request.attempts.length} attempts` : '',
    reason ?? '',
    request.requestId,
  ]
    .filter(Boolean)
    .join(' ')
}

function timeText(nowMs: number): string {
  return new Date(nowMs).toISOString()
}
