import type { NumberFormat } from './architecture.ts'

/**
 * Bytes per element including block scales.
 * nvfp4: 4 bit + one fp8 scale per 16 = 4.5 bit; mxfp4: 4 bit + one e8m0 scale per 32 = 4.25 bit (OCP Microscaling
 * specification v1.0); int4: 4 bit + one fp16 scale per 128 (GPTQ/AWQ group size 128); fp8-block: one fp32 scale per
 * 128×128 (DeepSeek-V3 technical report §3.3), negligible.
 */
export const bytesPerElement: Readonly<Record<NumberFormat, number>> = {
  fp32: 4,
  bf16: 2,
  fp8: 1,
  'fp8-block': 1 + 4 / (128 * 128),
  int8: 1,
  nvfp4: 4.5 / 8,
  mxfp4: 4.25 / 8,
  int4: 4.125 / 8,
}

/** Which of an accelerator's peak rates a matrix product in this weight format runs at. */
export type ComputeClass = 'bf16' | 'fp8' | 'fp4'

/**
 * int4 is weight-only: it is unpacked and multiplied in bf16. int8 counts with fp8 (same peak on every device we list).
 * mxfp4 checkpoints keep wider activations: 8-bit ones where the device has 4-bit matrix hardware, bf16 elsewhere
 * (vLLM and TensorRT-LLM kernels w4a8 and w4a16 in the kernel tables).
 */
export function computeClass(format: NumberFormat, hasFourBitHardware: boolean): ComputeClass {
  switch (format) {
    case 'fp32':
    case 'bf16':
    case 'int4':
      return 'bf16'
    case 'fp8':
    case 'fp8-block':
    case 'int8':
      return 'fp8'
    case 'nvfp4':
      return 'fp4'
    case 'mxfp4':
      return hasFourBitHardware ? 'fp8' : 'bf16'
  }
}
