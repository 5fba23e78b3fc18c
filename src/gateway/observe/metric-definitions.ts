/** Every metric of the gateway's own: name, type, labels, words. docs/reference/gateway-metrics.md lists the same (a test compares). */
import { pricedClasses } from '../../cost/usage.ts'

export interface MetricDefinition {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly labels: readonly string[]
  readonly help: string
}

function counter(name: string, labels: readonly string[], help: string): MetricDefinition {
  return { name: `tokenwright_${name}_total`, type: 'counter', labels, help }
}
function gauge(name: string, labels: readonly string[], help: string): MetricDefinition {
  return { name: `tokenwright_${name}`, type: 'gauge', labels, help }
}
function histogram(name: string, labels: readonly string[], help: string): MetricDefinition {
  return { name: `tokenwright_${name}_seconds`, type: 'histogram', labels, help }
}

/**
 * Labels come from the configuration: model is an alias (or unknown, none), target a deployment or an offer, candidate a replica or
 * an offer. A tenant is a tenant, or `other` beyond the first so many.
 */
export const metrics = {
  requests: counter('requests', ['model', 'tenant', 'outcome'], 'Requests that are over'),
  refusals: counter('refusals', ['model', 'reason'], 'Requests not served, by the reason told to the client'),
  tokens: counter('tokens', ['model', 'tenant', 'class'], 'Tokens of all attempts, each in one class'),
  reasoningTokens: counter('reasoning_tokens', ['model', 'tenant'], 'Part of the output'),
  cost: counter('cost_dollars', ['model', 'tenant', 'bearer'], 'Exact for offers, expected for deployments'),
  attempts: counter('attempts', ['model', 'target', 'outcome'], 'Requests sent upstream that are over'),
  attemptTokens: counter('attempt_tokens', ['model', 'target', 'class'], 'Tokens of attempts, by who served'),
  attemptCost: counter(
    'attempt_cost_dollars',
    ['model', 'target'],
    'Exact for offers, expected for deployments',
  ),
  estimatedTokens: counter(
    'estimated_tokens',
    ['model', 'target'],
    'Tokens counted here, because nobody reported them',
  ),
  expectedCached: counter(
    'cache_expected_tokens',
    ['model', 'target'],
    'Prompt tokens that routing expected in the cache, of attempts with usage',
  ),
  realisedCached: counter(
    'cache_realised_tokens',
    ['model', 'target'],
    'Prompt tokens that were in the cache',
  ),
  promptTokens: counter(
    'cache_prompt_tokens',
    ['model', 'target'],
    'Prompt tokens of the same attempts, cached or not',
  ),
  inFlight: gauge('requests_in_flight', [], 'Requests under way, waiting ones included'),
  ttft: histogram(
    'time_to_first_token',
    ['model'],
    'From the head of the request to the first token handed on',
  ),
  tpot: histogram('time_per_output_token', ['model'], 'Of answers of two tokens and more'),
  queue: histogram(
    'queue',
    ['model'],
    'Waited in front of the fleet, by requests that were sent or given up',
  ),
  overhead: histogram(
    'overhead',
    ['model'],
    'Own time from the last byte of the request to the first byte sent upstream',
  ),
  duration: histogram('request_duration', ['model'], 'From the head of the request to the end of its answer'),
  attemptTtft: histogram(
    'attempt_time_to_first_token',
    ['model', 'target'],
    'From sent upstream to the first token',
  ),
  candidates: gauge('candidates', ['model', 'state'], 'Candidates by state'),
  candidateInFlight: gauge('candidate_in_flight', ['candidate'], 'Attempts under way'),
  candidateCacheUse: gauge(
    'candidate_cache_use_ratio',
    ['candidate'],
    'Share of cache blocks in use, as the engine says',
  ),
  candidateHit: gauge(
    'candidate_cache_hit_ratio',
    ['candidate', 'kind'],
    'Of late: cached ÷ prompt tokens, expected and realised',
  ),
  eventAlarms: counter('event_alarms', ['alarm'], 'Alarms of the engines’ cache events'),
  ledgerAppend: histogram('ledger_append', [], 'Until the ledger said that events are safe'),
  ledgerEvents: counter('ledger_events', [], 'Events that are safe in the ledger'),
  ledgerFailures: counter('ledger_append_failures', [], 'Appends that the ledger refused or could not do'),
  ledgerWaiting: gauge('ledger_waiting_events', [], 'Events handed to the ledger and not safe yet'),
  configReloads: counter(
    'config_reloads',
    ['result'],
    'Configurations taken and refused after the first one',
  ),
  configLoaded: gauge('config_loaded_timestamp_seconds', [], 'When the configuration in force was loaded'),
  logDropped: counter('log_lines_dropped', [], 'Log lines dropped because standard output was too slow'),
  build: gauge('build_info', ['version'], '1'),
} as const satisfies Record<string, MetricDefinition>

/** Values of the label class: classes of tokens that do not overlap, in the order of pricedClasses. */
export const tokenClassLabels = pricedClasses.map(name =>
  name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`),
)

/** Upper bounds in seconds. Assumed: factors of 2 to 2.5 from a fast small model to a reasoning one that has to wait. */
export const latencyBounds = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60, 120, 300, 600]
/** Interactivity of 1000 down to 1 token a second. */
export const tokenTimeBounds = [0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.2, 0.5, 1]
/** Of the gateway itself: the bar is a millisecond. */
export const overheadBounds = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5]
/** Of an append: a memory ledger to a database far away. */
export const appendBounds = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5, 30]
