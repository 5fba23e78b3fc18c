/** The question of a run as it stands in the address. A trace file is not in it: it stays where it is. */
import type { PriceTier } from '../../src/catalog/types.ts'
import type { Params } from '../state/route.ts'
import type { SimulateQuestion, TraceText } from '../worker/protocol.ts'

export const usualParams: Params = {
  model: 'meta-llama/Llama-3.1-8B',
  hardware: 'h100-sxm',
  tp: '1',
  replicas: '1',
  load: 'open',
  amount: '12',
  isl: '1000',
  osl: '200',
  cv: '0.6',
  share: '0',
  requests: '400',
  seed: '1',
}

export function simulateQuestion(params: Params, trace: TraceText | null): SimulateQuestion {
  const number = (name: string) => Number(params[name])
  const { model = '', hardware = '', tp = '1', replicas = '1', engine, precision } = params
  return {
    model: { kind: 'catalog', name: model },
    flags: {
      hardware: `${number('tp') * number('replicas')}x${hardware}`,
      tp,
      replicas,
      ...(engine ? { engine } : {}),
      ...(precision ? { precision } : {}),
    } as SimulateQuestion['flags'],
    tier: (params.tier ?? 'reserved') as PriceTier,
    workload:
      trace === null
        ? {
            kind: params.load === 'closed' ? 'closed' : 'open',
            amount: number('amount'),
            inputTokens: number('isl'),
            outputTokens: number('osl'),
            variation: number('cv'),
            prefixShare: number('share'),
          }
        : { kind: 'trace', ...trace },
    requests: number('requests'),
    seed: params.seed ?? '1',
    watched: 0,
  }
}
