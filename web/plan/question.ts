/** The plan's question as it stands in the address: the names of the command line's flags, and what they become. */
import type { PlanFlags } from '../../src/cli/plan-flags.ts'
import type { Params } from '../state/route.ts'
import type { ModelSource, PlanQuestion, TraceText } from '../worker/protocol.ts'

/** What the page asks when the address says nothing: the command line's --example. */
export const exampleParams: Params = {
  model: 'meta-llama/Llama-3.1-70B',
  isl: '4000',
  osl: '500',
  slo: 'ttft p90 < 1s, tpot mean < 30ms',
}

export interface Example {
  readonly name: string
  readonly params: Params
}

export const examples: readonly Example[] = [
  { name: 'Llama 70B, documents', params: exampleParams },
  {
    name: 'DeepSeek R1, long prompts',
    params: {
      model: 'deepseek-ai/DeepSeek-R1',
      isl: '8192',
      osl: '1024',
      slo: 'ttft p90 < 5s, tpot mean < 30ms',
    },
  },
  {
    name: 'gpt-oss 120B, chat',
    params: { model: 'openai/gpt-oss-120b', isl: '1024', osl: '1024', slo: 'tpot mean < 10ms' },
  },
]

/** What changes how the page looks and not what is asked. */
const viewNames = new Set(['pick', 'show', 'v'])

/** Flags with a value, by their name in the address. */
const valueFlags = {
  isl: 'isl',
  osl: 'osl',
  cached: 'cached',
  'prefix-cache-hit': 'prefixCacheHit',
  rate: 'rate',
  concurrency: 'concurrency',
  slo: 'slo',
  margin: 'margin',
  hardware: 'hardware',
  engine: 'engine',
  precision: 'precision',
  'max-devices': 'maxDevices',
  tier: 'tier',
  region: 'region',
  electricity: 'electricity',
  pue: 'pue',
  'load-factor': 'loadFactor',
} as const satisfies Readonly<Record<string, keyof PlanFlags>>

/** The example where nothing is asked; a link that says anything is taken as it is. */
export function withDefaults(params: Params): Params {
  return asked(params).length === 0 ? { ...exampleParams, ...params } : params
}

function asked(params: Params): [string, string][] {
  return Object.entries(params).filter(([name]) => !viewNames.has(name))
}

/** Equal for equal questions. */
export function questionKey(params: Params): string {
  return JSON.stringify(asked(params).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

export function planQuestion(params: Params, config: string | null, trace: TraceText | null): PlanQuestion {
  // A trace says the lengths itself.
  const { isl: _, osl: __, ...rest } = params
  return {
    model: modelOf(params, config),
    flags: flagsOf(trace === null ? params : rest),
    trace,
    today: new Date().toISOString().slice(0, 10),
  }
}

function modelOf(params: Params, config: string | null): ModelSource {
  const name = params.model ?? ''
  return config === null ? { kind: 'catalog', name } : { kind: 'config', id: name, text: config }
}

function flagsOf(params: Params): PlanFlags {
  const values = Object.entries(valueFlags).flatMap(([name, flag]) => {
    const value = params[name]
    return value === undefined || value === '' ? [] : [[flag, value] as const]
  })
  const prices = listOf(params.price)
  return {
    ...Object.fromEntries(values),
    ...(prices.length === 0 ? {} : { price: prices }),
    disaggregated: params['no-disaggregated'] === undefined,
    speculation: params['no-speculation'] === undefined,
  }
}

/** The same question for the command line, ready to paste into a shell. */
export function commandLine(params: Params): string {
  const parts = ['npx tokenwright plan', params.config ? 'config.json' : quoted(params.model ?? '')]
  for (const name of Object.keys(valueFlags)) {
    const value = params[name]
    if (value) parts.push(`--${name} ${quoted(value)}`)
  }
  for (const price of listOf(params.price)) parts.push(`--price ${quoted(price)}`)
  for (const name of ['no-disaggregated', 'no-speculation']) {
    if (params[name] !== undefined) parts.push(`--${name}`)
  }
  return parts.join(' ')
}

function quoted(text: string): string {
  return /^[\w./%,:=@+-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}

/** Names in one parameter, separated by commas. */
export function listOf(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map(part => part.trim())
    .filter(Boolean)
}
