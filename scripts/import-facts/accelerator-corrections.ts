/** Additions and corrections to the accelerators' table: each with the source that overrules or completes it. */
import type { SourceAccelerator } from './source-files.ts'

/** Replaces fields of one entry; `because` goes to its notes. */
export interface Correction {
  /** Exact bytes an operating system reports, instead of the nominal size. */
  readonly memoryBytes?: number
  readonly domainDevices?: number
  readonly bandwidthGBs?: number
  readonly technology?: string
  readonly devicesPerNode?: number
  /** Figure no source states: the whole entry then counts as an estimate. */
  readonly estimatedTdpWatts?: number
  readonly because: string
}

const mebibyte = 2 ** 20

export const corrections: Readonly<Record<string, Correction>> = {
  t4: {
    domainDevices: 4,
    bandwidthGBs: 16,
    technology: 'PCIe 3.0 x16',
    devicesPerNode: 4,
    because: '4 per host on EC2 g4dn.12xlarge; the bf16 figure is its FP16 rate (no BF16 hardware)',
  },
  l4: {
    domainDevices: 8,
    bandwidthGBs: 32,
    technology: 'PCIe 4.0 x16',
    devicesPerNode: 8,
    because: 'no NVLink: devices of a host reach each other over PCIe',
  },
  l40s: {
    memoryBytes: 46_068 * mebibyte,
    domainDevices: 8,
    bandwidthGBs: 32,
    technology: 'PCIe 4.0 x16',
    because:
      'no NVLink: devices of a host reach each other over PCIe; 46,068 MiB usable (ai-dynamo/aiconfigurator systems/l40s.yaml). Peaks are dense: the datasheet has 362 | 733 (with sparsity), FP8 733 | 1466, and measured matrix products reach 297 (BF16) and 461 (FP8) TFLOP/s, above the 181 and 366 that some tools assume',
  },
  'h100-pcie': {
    because: 'NVLink bridges pairs only; further devices of the host are reached over PCIe 5.0 (64 GB/s)',
  },
  'h100-nvl': {
    because: 'NVLink bridges pairs only; further devices of the host are reached over PCIe 5.0 (64 GB/s)',
  },
  'gb200-nvl72': {
    memoryBytes: 189_471 * mebibyte,
    because:
      'each device is one GPU; 189,471 MiB by nvidia-smi (ai-dynamo/aiconfigurator systems/gb200.yaml)',
  },
  'gb300-nvl72': {
    memoryBytes: 284_208 * mebibyte,
    because:
      'each device is one GPU; 284,208 MiB by nvidia-smi (ai-dynamo/aiconfigurator systems/gb300.yaml)',
  },
  'b300-sxm': {
    memoryBytes: 275_040 * mebibyte,
    because:
      '275,040 MiB by nvidia-smi (ai-dynamo/aiconfigurator systems/b300_sxm.yaml, which has 7.75 TB/s and 1,100 W)',
  },
  'b200-sxm': { because: 'other sources have 7.7 TB/s for the HGX board' },
  'rtx-4090': {
    memoryBytes: 25_250_627_584,
    because: 'memory as CUDA reports it (device_total_memory_bytes, LLMServingSim bench)',
  },
  'rtx-pro-6000': {
    memoryBytes: 97_887 * mebibyte,
    domainDevices: 8,
    bandwidthGBs: 64,
    technology: 'PCIe 5.0 x16',
    because:
      'no NVLink: devices of a host reach each other over PCIe; 97,887 MiB by nvidia-smi (ai-dynamo/aiconfigurator systems/rtx_pro_6000_server.yaml, which takes 1,792 GB/s and 468/936/1,871 TFLOP/s)',
  },
  'vr-nvl72': {
    because:
      'each device is one GPU package; 288 GB is physical and decimal here, usable bytes not published',
  },
  'rubin-cpx': {
    domainDevices: 8,
    bandwidthGBs: 128,
    technology: 'PCIe 6.0 x16',
    devicesPerNode: 8,
    because: 'not on sale, superseded: no engine is listed',
  },
  'rubin-ultra-kyber': {
    devicesPerNode: 4,
    because: 'devices per host not found, 4 assumed; not on sale before 2027: no engine is listed',
  },
  'groq3-lpu': {
    estimatedTdpWatts: 300,
    because: 'TDP assumed, no source states it; no general engine runs on it',
  },
  'groq-lpu-v1': { because: 'no general engine runs on it' },
  'cerebras-wse3': {
    domainDevices: 1,
    bandwidthGBs: 0,
    technology: 'none',
    because: 'one wafer is one device; no general engine runs on it',
  },
  'mi455x-helios': {
    estimatedTdpWatts: 2300,
    because: 'TDP assumed equal to the Vera Rubin package, no source states it; volume not before 2027-Q2',
  },
  'tpu-v5e': { estimatedTdpWatts: 225, because: 'TDP assumed, Google publishes none' },
  'tpu-v5p': { estimatedTdpWatts: 500, because: 'TDP assumed, Google publishes none' },
  'tpu-v6e': { estimatedTdpWatts: 380, because: 'TDP assumed, Google publishes none' },
  'ascend-910c': {
    estimatedTdpWatts: 800,
    devicesPerNode: 8,
    because: 'TDP assumed (two 910B dies); a CloudMatrix384 node holds 8 of the 384 devices',
  },
  trainium3: {
    devicesPerNode: 4,
    because: 'devices per host not found: 4 assumed of the 144 of an UltraServer',
  },
}

const unverified = {
  confidence: 'memory-unverified',
  asOf: '2026-11-20',
  scaleOutGbpsPerDevice: null,
  launch: null,
} as const
const aiconfigurator = { confidence: 'vendor spec', asOf: '2026-08-21', launch: null } as const

/** Accelerators that prices or published measurements name and the table lacks. */
export const additions: readonly SourceAccelerator[] = [
  {
    ...aiconfigurator,
    id: 'a100-80-pcie',
    name: 'A100 80GB PCIe',
    vendor: 'NVIDIA',
    memoryGB: 80,
    memoryType: 'HBM2e',
    memoryBandwidthGBs: 1935,
    denseTflops: { bf16: 312, fp8: null, fp4: null },
    scaleUp: { domainSize: 8, perDeviceUniGBs: 32, tech: 'PCIe 4.0 x16' },
    scaleOutGbpsPerDevice: 200,
    tdpW: 300,
    node: { devices: 8 },
    source: 'ai-dynamo/aiconfigurator systems/a100_pcie.yaml @095f58a5',
  },
  {
    ...aiconfigurator,
    id: 'a30',
    name: 'A30',
    vendor: 'NVIDIA',
    memoryGB: 24,
    memoryType: 'HBM2',
    memoryBandwidthGBs: 933,
    denseTflops: { bf16: 165, fp8: null, fp4: null },
    scaleUp: { domainSize: 8, perDeviceUniGBs: 32, tech: 'PCIe 4.0 x16' },
    scaleOutGbpsPerDevice: 200,
    tdpW: 165,
    node: { devices: 8 },
    source: 'ai-dynamo/aiconfigurator systems/a30.yaml @095f58a5',
  },
  {
    ...aiconfigurator,
    id: 'arc-pro-b60',
    name: 'Arc Pro B60',
    vendor: 'Intel',
    memoryGB: 24,
    memoryType: 'GDDR6',
    memoryBandwidthGBs: 456,
    denseTflops: { bf16: 98.3, fp8: null, fp4: null },
    scaleUp: { domainSize: 8, perDeviceUniGBs: 28.4, tech: 'PCIe 5.0 x8' },
    scaleOutGbpsPerDevice: 400,
    tdpW: 200,
    node: { devices: 8 },
    source: 'ai-dynamo/aiconfigurator systems/b60.yaml @095f58a5',
  },
  {
    ...unverified,
    id: 'a10g',
    name: 'A10G',
    vendor: 'NVIDIA',
    memoryGB: 24,
    memoryType: 'GDDR6',
    memoryBandwidthGBs: 600,
    denseTflops: { bf16: 70, fp8: null, fp4: null },
    scaleUp: { domainSize: 8, perDeviceUniGBs: 32, tech: 'PCIe 4.0 x16' },
    tdpW: 300,
    node: { devices: 8 },
    source: 'NVIDIA A10G (EC2 g5), from memory',
  },
  {
    confidence: 'published analysis',
    asOf: '2026-11-21',
    scaleOutGbpsPerDevice: null,
    launch: '2022-10',
    id: 'rtx-4090',
    name: 'GeForce RTX 4090',
    vendor: 'NVIDIA',
    memoryGB: 24,
    memoryType: 'GDDR6X',
    memoryBandwidthGBs: 1008,
    denseTflops: { bf16: 165.15, fp8: 330.3, fp4: null },
    scaleUp: { domainSize: 8, perDeviceUniGBs: 32, tech: 'PCIe 4.0 x16' },
    tdpW: 450,
    node: { devices: 8 },
    source:
      'waredb.com/processor/nvidia-geforce-rtx-4090 (bandwidth, dense tensor TFLOPS with 32-bit accumulation)',
    notes: '450 W board power: wccftech.com and others; PCIe rate and devices per host from memory',
  },
  {
    ...unverified,
    id: 'trainium1',
    name: 'Trainium',
    vendor: 'AWS',
    memoryGB: 32,
    memoryType: 'HBM2e',
    memoryBandwidthGBs: 820,
    denseTflops: { bf16: 190, fp8: 190, fp4: null },
    scaleUp: { domainSize: 16, perDeviceUniGBs: 192, tech: 'NeuronLink-v2' },
    tdpW: 250,
    node: { devices: 16 },
    source: 'AWS trn1, from memory',
  },
  {
    ...unverified,
    id: 'mi350x',
    name: 'MI350X',
    vendor: 'AMD',
    memoryGB: 288,
    memoryType: 'HBM3e',
    memoryBandwidthGBs: 8000,
    denseTflops: { bf16: 2300, fp8: 4600, fp4: 9200 },
    scaleUp: { domainSize: 8, perDeviceUniGBs: 538, tech: 'Infinity Fabric full mesh 7x76.8' },
    scaleOutGbpsPerDevice: 400,
    tdpW: 1000,
    node: { devices: 8 },
    launch: '2025-06',
    source: 'hyper.ai on the launch (288 GB HBM3e, 8 TB/s, 1,000 W, air-cooled); peaks from memory',
    notes: 'the air-cooled sibling of MI355X',
  },
]
