/** Puts the priors together: hand-set ones (data/calibration/priors.json) overlaid by those of the kernel tables. */
import type { CoefficientName, CoefficientSet } from '../perf/coefficients.ts'

export interface HandSetPriors {
  readonly asOf: string
  readonly coefficients: Readonly<
    Record<
      CoefficientName,
      { readonly basis: string; readonly source: string; readonly values: Record<string, number> }
    >
  >
}

interface PriorValue {
  readonly value: number
}

/** The part of data/calibration/kernels.json used here. */
export interface KernelPriors {
  readonly priors: readonly {
    readonly generation: string
    readonly engine: string
    readonly mbuKv: PriorValue
    readonly mbuKvFp8: PriorValue
    readonly mfuAttention: PriorValue
    readonly allReduceLatencySeconds: PriorValue
    readonly busEfficiency: PriorValue
    readonly formats: Readonly<
      Record<
        string,
        {
          readonly mbuWeights: PriorValue
          readonly mbuExperts: PriorValue
          readonly mfuDense: PriorValue
          readonly mfuMoe: PriorValue
        }
      >
    >
  }[]
}

export interface PriorChoice {
  /** Which of the kernel tables' priors replace hand-set ones; chosen by held-out error. */
  readonly fromKernels: readonly CoefficientName[]
}

/** A coefficient set without effects. */
export function priorSet(
  handSet: HandSetPriors,
  kernels: KernelPriors | null,
  choice: PriorChoice,
): CoefficientSet {
  const tables = {} as Record<CoefficientName, Record<string, number>>
  for (const [name, entry] of Object.entries(handSet.coefficients))
    tables[name as CoefficientName] = { ...entry.values }
  const put = (name: CoefficientName, key: string, prior: PriorValue | undefined, scale = 1) => {
    if (prior !== undefined && choice.fromKernels.includes(name)) tables[name][key] = prior.value * scale
  }
  for (const entry of kernels?.priors ?? []) {
    const key = `${entry.generation}/${entry.engine}`
    for (const [format, values] of Object.entries(entry.formats)) {
      // Where 4-bit matrix hardware exists, MXFP4 weights meet 8-bit activations (number-format.ts, computeClass).
      const fourBit = entry.generation.startsWith('blackwell')
      if (format === (fourBit ? 'mxfp4' : 'mxfp4-fp8')) continue
      const name = `${key}/${format === 'mxfp4-fp8' ? 'mxfp4' : format}`
      put('mbuWeights', name, values.mbuWeights)
      put('mbuExperts', name, values.mbuExperts)
      put('mfuDense', name, values.mfuDense)
      put('mfuExperts', name, values.mfuMoe)
    }
    put('mbuCache', `${key}/bf16`, entry.mbuKv)
    put('mbuCache', `${key}/fp8`, entry.mbuKvFp8)
    put('mfuAttention', key, entry.mfuAttention)
    put('collectiveMicroseconds', key, entry.allReduceLatencySeconds, 1e6)
    put('busEfficiency', key, entry.busEfficiency)
  }
  return {
    schema: 'coefficients/1',
    source: kernels === null ? 'hand-set priors' : 'hand-set priors and kernel tables',
    asOf: handSet.asOf,
    priors: tables,
    effects: {},
  }
}
