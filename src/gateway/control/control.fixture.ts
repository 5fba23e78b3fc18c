/** A control plane in front of real parts: memory ledger, SQLite keys, real allowances and live cost; and a client that is no browser. */
import { connect } from 'node:net'
import { DatabaseSync } from 'node:sqlite'
import { assert } from '../../core/assert.ts'
import type { GatewayConfig, ReloadOutcome } from '../config/index.ts'
import { createMemoryLedger } from '../ledger/index.ts'
import {
  createGatewayMetrics,
  createLiveCost,
  createObserver,
  createRecentRequests,
} from '../observe/index.ts'
import { candidateStatus } from '../observe/summary.fixture.ts'
import {
  Allowances,
  keyHasher,
  memoryAuthority,
  readTenantSection,
  sqliteKeyStore,
} from '../tenants/index.ts'
import { budgetStatuses } from './budget-status.ts'
import type { ControlChange, ControlParts, GatewayStatus } from './control-parts.ts'
import { type ControlPlaneOptions, startControlPlane } from './start-control-plane.ts'

export const token = 'a-token-of-the-control-plane'
export const nowMs = Date.UTC(2026, 2, 1, 12)

export const tenants = readTenantSection(
  {
    tenants: {
      acme: {
        limits: [{ per: 'month', usd: '500', requests: 1000 }],
        models: { 'gpt-*': { limits: [{ per: 'hour', totalTokens: 5 }] } },
      },
      globex: {},
    },
  },
  'gateway.yaml',
)

/** As short as it can be. */
export function configOf(changes: Partial<GatewayConfig> = {}): GatewayConfig {
  return {
    listen: { host: '127.0.0.1', port: 4000 },
    control: { host: '127.0.0.1', port: 4001, token },
    limits: {
      bodyBytes: 1,
      headerBytes: 1,
      headers: 1,
      depth: 1,
      connections: 1,
      headersSeconds: 1,
      requestSeconds: 1,
      waitingAnswerBytes: 1,
      stalledClientSeconds: 1,
      drainSeconds: 1,
      drainBytes: 1,
    },
    authentication: 'keys',
    ledger: { kind: 'memory' },
    authority: { kind: 'memory' },
    reservation: { kind: 'worst-case' },
    billing: { intervalSeconds: 60 },
    sampledDecisions: 0.01,
    deployments: [],
    offers: [],
    models: [],
    tenants,
    ...changes,
  }
}

/** What tests change while it runs. */
export interface Changeable {
  status: GatewayStatus
  candidates: ReturnType<typeof candidateStatus>[]
  ledgerFault: string | null
  reload: ReloadOutcome
  config: GatewayConfig
  readonly changes: ControlChange[]
  readonly faults: unknown[]
}

export async function controlParts(changes: Partial<ControlParts> = {}) {
  const state: Changeable = {
    status: {
      version: '1.2.3',
      startedMs: nowMs - 60_000,
      isDraining: false,
      inFlight: 3,
      config: { digest: 'd1', loadedMs: nowMs - 30_000, source: 'gateway.yaml' },
      refusedReload: null,
    },
    candidates: [candidateStatus()],
    ledgerFault: null,
    reload: { kind: 'applied', config: configOf() },
    config: configOf(),
    changes: [],
    faults: [],
  }
  const metrics = await createGatewayMetrics({ version: '1.2.3', candidates: () => state.candidates })
  const live = createLiveCost({ nowMs: () => nowMs })
  const recent = createRecentRequests()
  const ledger = createMemoryLedger()
  const keys = sqliteKeyStore(new DatabaseSync(':memory:'))
  const allowances = new Allowances({
    replica: 'r1',
    authority: memoryAuthority(() => nowMs),
    clock: () => nowMs,
  })
  const parts: ControlParts = {
    nowMs: () => nowMs,
    status: () => state.status,
    config: () => state.config,
    candidates: () => state.candidates,
    live,
    recent,
    metrics,
    ledger,
    comparisons: () => [],
    ledgerFault: () => state.ledgerFault,
    budgets: () => budgetStatuses(tenants.tenants, keys.list(), allowances),
    keys: { store: keys, hasher: keyHasher(), isWritable: true, tenants: () => Object.keys(tenants.tenants) },
    reload: async () => state.reload,
    drain: () => {
      state.status = { ...state.status, isDraining: true }
    },
    changed: change => state.changes.push(change),
    ...changes,
  }
  const observer = createObserver({ metrics, live, recent })
  return { state, parts, observer, ledger, keys, allowances }
}

/** Started on a port of its own, with the token unless said otherwise. */
export async function startedPlane(
  changes: Partial<ControlParts> = {},
  settings: { readonly token?: string | null; readonly live?: ControlPlaneOptions['live'] } = {},
) {
  const made = await controlParts(changes)
  const plane = await startControlPlane(
    { host: '127.0.0.1', port: 0, token: settings.token === undefined ? token : settings.token },
    made.parts,
    {
      onFault: fault => made.state.faults.push(fault),
      ...(settings.live === undefined ? {} : { live: settings.live }),
    },
  )
  const call = (path: string, init: RequestInit = {}, bearer: string | null = token): Promise<Response> =>
    fetch(plane.url + path, {
      ...init,
      headers: { ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }), ...init.headers },
    })
  const post = (path: string, body: unknown = undefined, bearer: string | null = token): Promise<Response> =>
    call(
      path,
      {
        method: 'POST',
        ...(body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      },
      bearer,
    )
  return { ...made, plane, call, post }
}

/** Writes bytes as they are; answers with all that came until the server or the time ends it. */
export function raw(port: number, text: string, waitMs = 2000): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    let answer = ''
    socket.setEncoding('utf8')
    socket.setTimeout(waitMs, () => socket.destroy())
    socket.on('data', (part: string) => {
      answer += part
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(answer))
  })
}

/** One request with these headers, exactly; the connection ends with it. */
export function rawGet(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<string> {
  const lines = Object.entries({ ...headers, connection: 'close' }).map(
    ([name, value]) => `${name}: ${value}`,
  )
  return raw(port, [`GET ${path} HTTP/1.1`, ...lines, '', ''].join('\r\n'))
}

/** Status and code of an error, whose form is checked. */
export async function errorOf(response: Response): Promise<string> {
  const body = (await response.json()) as { error: { code: string; message: string } }
  assert(Object.keys(body).join() === 'error', 'an error and nothing else')
  assert(Object.keys(body.error).join() === 'code,message', 'of this form')
  return `${response.status} ${body.error.code}`
}
