/** What the sources' tables do not say about an accelerator: generation, names people use, engines that run on it. */
import type { Generation } from '../../src/catalog/types.ts'

export interface AcceleratorTraits {
  readonly generation: Generation
  readonly aliases: readonly string[]
  /** Engines with a backend for it as of the import; empty where none has, or where nobody can buy it yet. */
  readonly engines: readonly string[]
}

const nvidia = ['vllm', 'sglang', 'trtllm']
const amd = ['vllm', 'sglang', 'atom']
const vllmOnly = ['vllm']
const none: readonly string[] = []

const traits = (
  generation: Generation,
  engines: readonly string[],
  ...aliases: readonly string[]
): AcceleratorTraits => ({ generation, engines, aliases })

/** Look-ups ignore case, spaces, "-" and "_", so `h100_sxm` needs no alias beside `h100-sxm`. */
export const acceleratorTraits: Readonly<Record<string, AcceleratorTraits>> = {
  t4: traits('turing', vllmOnly, 'NVIDIA T4', 'Tesla T4'),
  'a100-40-sxm': traits('ampere', nvidia, 'a100-40gb', 'NVIDIA A100-SXM4-40GB'),
  'a100-80-sxm': traits(
    'ampere',
    nvidia,
    'a100',
    'a100-sxm',
    'a100-80gb',
    'NVIDIA A100',
    'NVIDIA A100 80GB',
    'NVIDIA A100-SXM4-80GB',
  ),
  'a100-80-pcie': traits('ampere', nvidia, 'a100-pcie', 'NVIDIA A100 80GB PCIe'),
  a10g: traits('ampere', nvidia, 'NVIDIA A10G'),
  a30: traits('ampere', nvidia, 'NVIDIA A30'),
  'rtx-4090': traits('ada', nvidia, 'rtx4090', 'NVIDIA GeForce RTX 4090'),
  l4: traits('ada', nvidia, 'NVIDIA L4'),
  l40s: traits('ada', nvidia, 'NVIDIA L40S'),
  'h100-sxm': traits(
    'hopper',
    nvidia,
    'h100',
    'h100-80gb',
    'NVIDIA H100',
    'NVIDIA H100 80GB HBM3',
    'NVIDIA H100 SXM',
    'NVIDIA H100-SXM-80GB',
    'NVIDIA H100 SXM 80GB',
  ),
  'h100-pcie': traits('hopper', nvidia, 'NVIDIA H100 PCIe', 'NVIDIA H100-PCIe-80GB'),
  'h100-nvl': traits('hopper', nvidia, 'NVIDIA H100 NVL', 'NVIDIA H100-NVL-94GB'),
  'h200-sxm': traits(
    'hopper',
    nvidia,
    'h200',
    'NVIDIA H200',
    'NVIDIA H200 SXM',
    'NVIDIA H200-SXM-141GB',
    'NVIDIA H200 SXM 141GB',
  ),
  'h800-sxm': traits('hopper', nvidia, 'h800', 'NVIDIA H800'),
  'h20-sxm': traits('hopper', nvidia, 'h20', 'NVIDIA H20'),
  gh200: traits(
    'hopper',
    nvidia,
    'gh200-96gb',
    'NVIDIA GH200 480GB',
    'NVIDIA GH200 Grace Hopper Superchip 96GB',
  ),
  'b200-sxm': traits(
    'blackwell',
    nvidia,
    'b200',
    'NVIDIA B200',
    'NVIDIA B200-SXM-180GB',
    'NVIDIA B200 SXM 180GB',
  ),
  'b300-sxm': traits(
    'blackwell-ultra',
    nvidia,
    'b300',
    'NVIDIA B300',
    'NVIDIA B300 SXM6 AC',
    'NVIDIA B300-SXM-270GB',
  ),
  'gb200-nvl72': traits(
    'blackwell',
    nvidia,
    'gb200',
    'NVIDIA GB200',
    'NVIDIA GB200 NVL72',
    'NVIDIA GB200 NVL72 192GB',
  ),
  'gb300-nvl72': traits('blackwell-ultra', nvidia, 'gb300', 'NVIDIA GB300', 'NVIDIA GB300 NVL72'),
  'vr-nvl72': traits(
    'rubin',
    nvidia,
    'vera-rubin',
    'vera-rubin-nvl72',
    'vr200',
    'vr200-nvl72',
    'rubin',
    'vr-nvl144',
    'NVIDIA Vera Rubin NVL72',
  ),
  'rubin-cpx': traits('rubin', none, 'cpx'),
  'rubin-ultra-kyber': traits('rubin', none, 'rubin-ultra', 'kyber', 'vr300'),
  'rtx-pro-6000': traits(
    'rtx-blackwell',
    nvidia,
    'rtx6000pro',
    'rtx-pro-6000-server',
    'rtx-pro-6000-blackwell',
    'NVIDIA RTX PRO 6000 Blackwell Server Edition',
  ),
  'groq-lpu-v1': traits('groq', none, 'groq', 'lpu', 'groq-lpu', 'groqchip'),
  'groq3-lpu': traits('groq', none, 'groq3', 'lpx', 'groq-lpx', 'groq3-lpx', 'lp30', 'NVIDIA Groq 3 LPU'),
  'cerebras-wse3': traits('cerebras', none, 'cerebras', 'wse3', 'cs-3'),
  mi300x: traits('cdna3', amd, 'AMD Instinct MI300X', 'AMD Instinct MI300X 192GB HBM3'),
  mi325x: traits('cdna3', amd, 'AMD Instinct MI325X', 'AMD Instinct MI325X 256GB HBM3e'),
  mi350x: traits('cdna4', amd, 'AMD Instinct MI350X', 'AMD Instinct MI350X 288GB HBM3e'),
  mi355x: traits('cdna4', amd, 'AMD Instinct MI355X', 'AMD Instinct MI355X 288GB HBM3e'),
  'mi455x-helios': traits('cdna5', amd, 'mi455x', 'helios', 'mi450', 'AMD Instinct MI455X'),
  'tpu-v5e': traits('tpu', vllmOnly, 'v5e', 'v5litepod'),
  'tpu-v5p': traits('tpu', vllmOnly, 'v5p'),
  'tpu-v6e': traits('tpu', vllmOnly, 'v6e', 'trillium'),
  'tpu-v7': traits('tpu', vllmOnly, 'tpu7x', 'tpuv7x', 'tpu7', 'ironwood'),
  trainium1: traits('trainium', vllmOnly, 'trn1', 'AWS Trainium'),
  trainium2: traits('trainium', vllmOnly, 'trn2', 'AWS Trainium2'),
  trainium3: traits('trainium', vllmOnly, 'trn3', 'AWS Trainium3'),
  inferentia2: traits('inferentia', vllmOnly, 'inf2', 'AWS Inferentia2'),
  gaudi3: traits('gaudi', vllmOnly, 'Intel Gaudi 3', 'hl-325l'),
  'ascend-910b': traits('ascend', vllmOnly, '910b', 'Huawei Ascend 910B'),
  'ascend-910c': traits(
    'ascend',
    vllmOnly,
    '910c',
    'cloudmatrix384',
    'cloudmatrix',
    'cm384',
    'Huawei Ascend 910C',
  ),
  'arc-pro-b60': traits('other', vllmOnly, 'b60', 'Intel Arc Pro B60', 'Intel(R) Arc Pro(R) B60'),
}
