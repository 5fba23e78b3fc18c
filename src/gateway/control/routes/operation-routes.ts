/** Configuration and its reload, and the way out. */
import { describeConfig } from '../../config/index.ts'
import { ControlError } from '../control-error.ts'
import { type ControlRoute, json } from './route.ts'

export const operationRoutes: readonly ControlRoute[] = [
  {
    method: 'GET',
    path: '/api/config',
    openness: 'read',
    query: [],
    answer({ parts }) {
      const { config } = parts.status()
      return json({ ...config, config: describeConfig(parts.config()) })
    },
  },
  {
    method: 'POST',
    path: '/api/reload',
    openness: 'write',
    query: [],
    takesBody: true,
    async answer({ parts, body }) {
      empty(body)
      const outcome = await parts.reload()
      parts.changed?.({ kind: 'reload-asked', outcome: outcome.kind })
      if (outcome.kind !== 'refused') {
        const { digest } = parts.status().config
        return json({ taken: true, changed: outcome.kind === 'applied', digest })
      }
      const { code, message, where, fix } = outcome.error
      const refusal = { code, message, where: where ?? null, fix: fix ?? null }
      return { kind: 'json', status: 422, value: { taken: false, refusal } }
    },
  },
  {
    method: 'POST',
    path: '/api/drain',
    openness: 'write',
    query: [],
    takesBody: true,
    answer({ parts, body }) {
      empty(body)
      parts.drain()
      parts.changed?.({ kind: 'drain-asked' })
      const { inFlight } = parts.status()
      return { kind: 'json', status: 202, value: { draining: true, inFlight } }
    },
  },
]

function empty(body: unknown): void {
  const isEmpty = body === null || (typeof body === 'object' && Object.keys(body).length === 0)
  if (!isEmpty) throw new ControlError('bad_request', 'this call takes no body')
}
