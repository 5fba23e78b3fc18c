/** For whoever keeps the process running: is it up, should it get traffic, how is it doing? */
import type { ControlParts } from '../control-parts.ts'
import { type ControlRoute, json } from './route.ts'

/** Why it should get no traffic; empty when it should. */
export function reasonsNotReady(parts: ControlParts): string[] {
  const reasons: string[] = []
  if (parts.status().isDraining) reasons.push('draining')
  if (!parts.candidates().some(({ ready, coolingUntilMs }) => ready && coolingUntilMs === null))
    reasons.push('no-candidate-ready')
  if (parts.ledgerFault() !== null) reasons.push('ledger-not-writable')
  return reasons
}

export const healthRoutes: readonly ControlRoute[] = [
  {
    method: 'GET',
    path: '/health',
    openness: 'open',
    query: [],
    answer: () => json({ status: 'up' }),
  },
  {
    method: 'GET',
    path: '/ready',
    openness: 'open',
    query: [],
    answer({ parts }) {
      const reasons = reasonsNotReady(parts)
      const isReady = reasons.length === 0
      return { kind: 'json', status: isReady ? 200 : 503, value: { ready: isReady, reasons } }
    },
  },
  {
    method: 'GET',
    path: '/metrics',
    openness: 'read',
    query: [],
    answer: async ({ parts: { metrics } }) => ({
      kind: 'text',
      contentType: metrics.contentType,
      text: await metrics.text(),
    }),
  },
  {
    method: 'GET',
    path: '/api/status',
    openness: 'read',
    query: [],
    answer({ parts, hub }) {
      const { version, startedMs, isDraining, inFlight, config, refusedReload } = parts.status()
      const nowMs = parts.nowMs()
      const reasons = reasonsNotReady(parts)
      return json({
        version,
        nowMs,
        startedMs,
        uptimeSeconds: (nowMs - startedMs) / 1000,
        isDraining,
        inFlight,
        ready: reasons.length === 0,
        reasons,
        config,
        refusedReload,
        ledger: { name: parts.ledger.name, fault: parts.ledgerFault() },
        keys: parts.keys === null ? 'none' : parts.keys.isWritable ? 'writable' : 'configuration',
        liveListeners: hub.listeners,
      })
    },
  },
]
