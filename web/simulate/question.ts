/**
 * The question of a run: from what stands in the address to the flags of `tokenwright simulate`. A trace file is not in the
 * address: it stays where it is.
 */
import type { SimulateFlags } from '../../src/cli/simulate-flags.ts'
import type { Params } from '../state/route.ts'
import type { SimulateQuestion, TraceText } from '../worker/protocol.ts'

export const usualParams: Params = {
  model: 'meta-llama/Llama-3.1-8B',
  hardware: 'h100-sxm',
  tp: '1',
  pools: 'one',
  replicas: '1',
  prefill: '1',
  decode: '1',
  load: 'open',
  amount: '12',
  isl: '1000',
  osl: '200',
  cv: '0.6',
  share: '0',
  groups: '1',
  turns: '1',
  added: '200',
  pause: '2',
  requests: '400',
  seed: '1',
  watch: '0',
}

export function simulateQuestion(
  params: Params,
  trace: TraceText | null,
  today: string = new Date().toISOString().slice(0, 10),
): SimulateQuestion {
  return {
    model: { kind: 'catalog', name: params.model ?? '' },
    flags: flagsOf(params, trace),
    trace,
    today,
    watched: Number(params.watch),
  }
}

export function flagsOf(params: Params, trace: TraceText | null): SimulateFlags {
  const said = {
    model: params.model,
    ...deploymentFlags(params),
    ...(trace === null ? loadFlags(params) : { trace: [trace.name] }),
    requests: params.requests,
    seed: params.seed,
    slo: params.slo,
    tier: params.tier,
  }
  const given = Object.entries(said).filter(([, value]) => value !== undefined && value !== '')
  return { prefixCaching: true, ...Object.fromEntries(given) }
}

type SaidFlags = { readonly [Name in keyof SimulateFlags]?: SimulateFlags[Name] | undefined }

function deploymentFlags({ hardware, tp, pools, replicas, prefill, decode, ...rest }: Params): SaidFlags {
  const split = pools === 'two'
  const count = split ? Number(prefill) + Number(decode) : Number(replicas)
  return {
    hardware: `${Number(tp) * count}x${hardware}`,
    tp,
    ...(split ? { prefillReplicas: prefill, decodeReplicas: decode } : { replicas }),
    engine: rest.engine,
    precision: rest.precision,
    router: rest.router,
  }
}

function loadFlags({ load, amount, isl, osl, cv, share, groups, turns, added, pause }: Params): SaidFlags {
  return {
    ...(load === 'closed' ? { concurrency: String(Math.round(Number(amount))) } : { rate: `${amount}/s` }),
    isl,
    osl,
    ...(Number(cv) > 0 ? { islCv: cv, oslCv: cv } : {}),
    ...(Number(share) > 0 ? { prefixShare: share, prefixGroups: groups } : {}),
    ...(Number(turns) > 1 ? { turns, turnIsl: added, thinkTime: `${pause}s` } : {}),
  }
}
