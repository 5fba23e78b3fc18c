import type { WeightFormat } from './types.ts'

/** Measured generations, nearest first. cdna, other and unknown ones have no kin: they take the mean of all. */
export const generationKin: Readonly<Record<string, readonly string[]>> = {
  ampere: ['ampere', 'ada', 'hopper', 'blackwell', 'blackwell-ultra'],
  ada: ['ada', 'ampere', 'hopper', 'blackwell', 'blackwell-ultra'],
  hopper: ['hopper', 'blackwell', 'blackwell-ultra', 'ada', 'ampere'],
  blackwell: ['blackwell', 'blackwell-ultra', 'hopper', 'ada', 'ampere'],
  'blackwell-ultra': ['blackwell-ultra', 'blackwell', 'hopper', 'ada', 'ampere'],
  cdna: [],
  other: [],
}

/** Formats whose kernels stand in where a format has no table, nearest first. */
export const formatKin: Readonly<Record<WeightFormat, readonly WeightFormat[]>> = {
  bf16: ['bf16'],
  fp8: ['fp8', 'fp8-block', 'bf16'],
  'fp8-block': ['fp8-block', 'fp8', 'bf16'],
  nvfp4: ['nvfp4', 'mxfp4-fp8', 'mxfp4', 'fp8-block', 'fp8', 'bf16'],
  mxfp4: ['mxfp4', 'int4', 'mxfp4-fp8', 'bf16'],
  'mxfp4-fp8': ['mxfp4-fp8', 'nvfp4', 'mxfp4', 'fp8-block', 'fp8', 'bf16'],
  int4: ['int4', 'mxfp4', 'bf16'],
}

/** The same for attention formats and for what crosses the wire. */
export const attentionKin: Readonly<Record<string, readonly string[]>> = {
  bf16: ['bf16', 'fp8-kv'],
  'fp8-kv': ['fp8-kv', 'fp8', 'bf16'],
  fp8: ['fp8', 'fp8-kv', 'bf16'],
}

export const exchangeKin: Readonly<Record<string, readonly string[]>> = {
  bf16: ['bf16', 'fp8'],
  fp8: ['fp8', 'bf16'],
  nvfp4: ['nvfp4', 'fp8', 'bf16'],
}
