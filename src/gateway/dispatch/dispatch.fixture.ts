/** A configuration, a clock that stands until it is moved, and requests: for tests of the dispatcher. */
import { RandomSource } from '../../core/random.ts'
import type { MonotonicClock } from '../../live/clock.ts'
import { bookOf, rows } from '../../market/market.fixture.ts'
import type {
  AttemptSettings,
  CandidateTraits,
  DeploymentConfig,
  GatewayConfig,
  ModelConfig,
  OfferConfig,
  Requirements,
  UpstreamSettings,
} from '../config/gateway-config.ts'
import { commonScope, createByteHasher } from '../engine-state/index.ts'
import { createDispatcher, type DispatcherSettings } from './dispatcher.ts'
import type { SetTimer } from './pool-timer.ts'
import type { Choice, Dispatcher, DispatchRequest, FlightOutcome, Waiting } from './types.ts'

export const noRequirements: Requirements = {
  regions: null,
  quantizations: null,
  dataPolicy: null,
  maximumInputUsdPerMillionTokens: null,
  maximumOutputUsdPerMillionTokens: null,
}

export const noTraits: CandidateTraits = {
  region: null,
  quantization: null,
  contextTokens: null,
  outputTokens: null,
  dataPolicy: null,
}

const upstream: UpstreamSettings = {
  dialect: 'openai',
  apiKey: null,
  headers: {},
  passHeaders: [],
  outputLimitField: 'max_tokens',
  engineFields: true,
  injectUsage: true,
  connectTimeoutMs: 1000,
  connections: null,
}

export const attempts: AttemptSettings = {
  maximum: 3,
  firstTokenTimeoutMs: 60_000,
  gapTimeoutMs: 60_000,
  totalTimeoutMs: 600_000,
  cooldownAfter: 3,
  cooldownSeconds: 5,
  longestCooldownSeconds: 60,
}

/** So many replicas at $3.60 an hour, a tenth of a cent a second. */
export function deployment(
  name: string,
  replicas: number,
  more: Partial<DeploymentConfig> = {},
): DeploymentConfig {
  return {
    name,
    replicas: Array.from({ length: replicas }, (_, index) => ({
      name: `r${index}`,
      url: `http://${name}-${index}.test:8000`,
      metricsUrl: null,
      events: null,
      powerUrl: null,
    })),
    upstreamModel: null,
    upstream,
    traits: noTraits,
    cost: {
      usdPerReplicaHour: 3.6,
      devicesPerReplica: 1,
      priceRuleId: 'configuration',
      energyUsdPerKilowattHour: null,
      watts: null,
    },
    performance: null,
    capacity: null,
    ...more,
  }
}

/** $1 a million tokens in, $0.10 from the cache, $4 out. */
export function offer(name: string, more: Partial<OfferConfig> = {}): OfferConfig {
  return {
    name,
    url: `https://${name}.test/v1`,
    upstreamModel: 'their-name',
    upstream: { ...upstream, engineFields: false },
    traits: noTraits,
    price: {
      kind: 'own',
      ruleId: 'contract-7',
      prices: { uncachedInput: '1', cachedInput: '0.1', output: '4' },
    },
    serviceTier: 'standard',
    performance: null,
    capacity: null,
    ...more,
  }
}

export function model(
  alias: string,
  candidates: readonly string[],
  more: Partial<ModelConfig> = {},
): ModelConfig {
  return {
    alias,
    aliases: [],
    candidates,
    router: { kind: 'least-loaded' },
    require: noRequirements,
    attempts,
    fallbacks: [],
    hedging: null,
    tokenizer: 'bytes',
    ...more,
  }
}

export function gatewayConfig(
  deployments: readonly DeploymentConfig[],
  offers: readonly OfferConfig[],
  models: readonly ModelConfig[],
): GatewayConfig {
  return {
    listen: { host: '127.0.0.1', port: 0 },
    control: { host: '127.0.0.1', port: 0, token: null },
    limits: {
      bodyBytes: 1e6,
      headerBytes: 1e4,
      headers: 100,
      depth: 64,
      connections: 100,
      headersSeconds: 10,
      requestSeconds: 60,
      waitingAnswerBytes: 1e6,
      stalledClientSeconds: 60,
      drainSeconds: 10,
      drainBytes: 1e6,
    },
    authentication: 'none',
    ledger: { kind: 'memory' },
    authority: { kind: 'memory' },
    reservation: { kind: 'worst-case' },
    billing: { intervalSeconds: 60 },
    sampledDecisions: 0,
    deployments,
    offers,
    models,
    tenants: { tenants: {} } as unknown as GatewayConfig['tenants'],
  }
}

export const atMs = Date.UTC(2026, 8, 14, 12)

/** Time that moves only when it is told to, and timers by it. */
export class ManualTime implements MonotonicClock {
  readonly startedAt = new Date(atMs).toISOString()
  #us = 0
  readonly #timers = new Set<{ readonly atUs: number; readonly run: () => void }>()

  nowUs = (): number => this.#us
  nowMs = (): number => atMs + Math.floor(this.#us / 1000)

  readonly setTimer: SetTimer = (run, afterMs) => {
    const timer = { atUs: this.#us + afterMs * 1000, run }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  get timers(): number {
    return this.#timers.size
  }

  advance(us: number): void {
    const untilUs = this.#us + us
    for (;;) {
      let next: { readonly atUs: number; readonly run: () => void } | null = null
      for (const timer of this.#timers)
        if (timer.atUs <= untilUs && (next === null || timer.atUs < next.atUs)) next = timer
      if (next === null) break
      this.#timers.delete(next)
      this.#us = Math.max(this.#us, next.atUs)
      next.run()
    }
    this.#us = untilUs
  }
}

export interface Scene {
  readonly time: ManualTime
  readonly dispatcher: Dispatcher
  readonly alarms: string[]
  ask(alias: string, more?: Partial<DispatchRequest>): Choice | Waiting
}

export async function scene(config: GatewayConfig, more: Partial<DispatcherSettings> = {}): Promise<Scene> {
  const time = new ManualTime()
  const alarms: string[] = []
  const dispatcher = await createDispatcher({
    config,
    clock: time,
    random: new RandomSource('dispatch'),
    book: bookOf(rows),
    nowMs: time.nowMs,
    onAlarm: (subject, name) => alarms.push(`${subject} ${name}`),
    setTimer: time.setTimer,
    ...more,
  })
  let number = 0
  return {
    time,
    dispatcher,
    alarms,
    ask: (alias, own) => dispatcher.pool(alias)!.choose(time.nowUs(), request(number++, own)),
  }
}

const hasher = createByteHasher()

/** 100 prompt tokens that nobody else has, unless told otherwise. */
export function request(number: number, more: Partial<DispatchRequest> = {}): DispatchRequest {
  return {
    requestId: `request-${number}`,
    number,
    tenant: 'acme',
    prompt: { inputTokens: 100, content: { tokensPerBlock: 64, blockIds: [] } },
    outputTokens: 10,
    priority: 0,
    session: -1,
    require: null,
    excluded: new Set(),
    outputLimit: null,
    explained: false,
    ...more,
  }
}

export function promptOf(text: string) {
  return hasher.ofBytes(Buffer.from(text), commonScope)
}

export function sent(choice: Choice | Waiting): Choice & { kind: 'send' } {
  if (choice.kind !== 'send') throw new Error(`not sent but ${JSON.stringify(choice)}`)
  return choice
}

export function outcome(more: Partial<FlightOutcome> = {}): FlightOutcome {
  return {
    kind: 'served',
    retryAfterSeconds: null,
    durationMs: 1000,
    ttftMs: null,
    outputTokens: null,
    cachedTokens: null,
    inputTokens: null,
    ...more,
  }
}
