/** The candidates of the report's fixture, in the few figures that differ. */
import type { PredictionBasis } from '../core/provenance.ts'
import type { Deployment, Engine, Speculation } from '../perf/deployment.ts'

/** What tells the candidates apart; plan.fixture.ts works out the rest. */
export interface Sketch {
  readonly id: string
  readonly accelerator: string
  readonly engine: Engine
  readonly preset: string
  readonly layout: Deployment['mode']
  readonly tensor: number
  readonly replicas: number
  readonly prefillReplicas?: number
  readonly concurrency: number
  readonly ttftMs: number
  readonly tpotMs: number
  readonly usdPerDeviceHour: number
  readonly wattsPerDevice: number
  readonly basis: PredictionBasis
  readonly speculation?: Speculation
}

const eagle: Speculation = {
  method: 'eagle3',
  draftTokens: 3,
  acceptanceLength: 2.31,
  acceptanceSource: 'EAGLE-3 paper, table 1, MT-bench',
}

export const sketches: readonly Sketch[] = [
  {
    id: 'b200-trtllm-nvfp4-tp2',
    accelerator: 'b200',
    engine: 'trtllm',
    preset: 'nvfp4',
    layout: 'aggregated',
    tensor: 2,
    replicas: 1,
    concurrency: 96,
    ttftMs: 512,
    tpotMs: 26.4,
    usdPerDeviceHour: 3.95,
    wattsPerDevice: 812,
    basis: 'fitted',
    speculation: eagle,
  },
  {
    id: 'h200-vllm-fp8-tp4',
    accelerator: 'h200',
    engine: 'vllm',
    preset: 'fp8',
    layout: 'aggregated',
    tensor: 4,
    replicas: 1,
    concurrency: 72,
    ttftMs: 640,
    tpotMs: 27.9,
    usdPerDeviceHour: 2.5,
    wattsPerDevice: 574,
    basis: 'measured',
  },
  {
    id: 'gb200-sglang-fp8-disagg',
    accelerator: 'gb200',
    engine: 'sglang',
    preset: 'fp8',
    layout: 'disaggregated',
    tensor: 4,
    replicas: 2,
    prefillReplicas: 3,
    concurrency: 384,
    ttftMs: 388,
    tpotMs: 21.7,
    usdPerDeviceHour: 4.6,
    wattsPerDevice: 905,
    basis: 'transferred',
  },
  {
    id: 'mi355x-vllm-fp8-tp2',
    accelerator: 'mi355x',
    engine: 'vllm',
    preset: 'fp8',
    layout: 'aggregated',
    tensor: 2,
    replicas: 1,
    concurrency: 40,
    ttftMs: 610,
    tpotMs: 25.2,
    usdPerDeviceHour: 2.95,
    wattsPerDevice: 1010,
    basis: 'fitted',
  },
  {
    id: 'h100-sglang-fp8-tp8',
    accelerator: 'h100',
    engine: 'sglang',
    preset: 'fp8',
    layout: 'aggregated',
    tensor: 8,
    replicas: 1,
    concurrency: 88,
    ttftMs: 560,
    tpotMs: 22.1,
    usdPerDeviceHour: 2.1,
    wattsPerDevice: 520,
    basis: 'measured',
  },
  {
    id: 'h100-vllm-bf16-tp8',
    accelerator: 'h100',
    engine: 'vllm',
    preset: 'bf16',
    layout: 'aggregated',
    tensor: 8,
    replicas: 1,
    concurrency: 48,
    ttftMs: 720,
    tpotMs: 18.4,
    usdPerDeviceHour: 2.1,
    wattsPerDevice: 495,
    basis: 'fitted',
  },
  {
    id: 'l40s-vllm-fp8-tp8',
    accelerator: 'l40s',
    engine: 'vllm',
    preset: 'fp8',
    layout: 'aggregated',
    tensor: 8,
    replicas: 1,
    concurrency: 12,
    ttftMs: 940,
    tpotMs: 29.6,
    usdPerDeviceHour: 0.95,
    wattsPerDevice: 268,
    basis: 'assumed',
  },
]
