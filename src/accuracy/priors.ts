/** Puts the priors together: hand-set ones (data/calibration/priors.json) overlaid by those of the kernel tables. */
import type { CoefficientName, CoefficientSet } from '../perf/coefficients.ts'

export interface HandSetPriors {
  readonly asOf: string
  readonly coefficients: Readonly<
    Record<CoefficientName, { readonly source: string; readonly values: Record<string, number> }>
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
      put('mbuWeights', `${key}/${format}`, values.mbuWeights)
      put('mbuExperts', `${key}/${format}`, values.mbuExperts)
      put('mfuDense', `${key}/${format}`, values.mfuDense)
      put('mfuExperts', `${key}/${format}`, values.mfuMoe)
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
