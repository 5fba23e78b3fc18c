import type {
  FormatPrior,
  KernelPriors,
  KernelsFile,
  PriorValue,
  SharedPrior,
  WeightFormat,
} from './types.ts'

export interface KernelPrior extends SharedPrior, FormatPrior {
  readonly generation: string
  readonly engine: string
  readonly format: WeightFormat
}

/**
 * Headline numbers of a generation, engine and weight format.
 * An unknown generation takes "other", an unknown engine (atom) the first engine of its generation with basis transferred.
 */
export function kernelPrior(
  file: Pick<KernelsFile, 'priors'>,
  generation: string,
  engine: string,
  format: WeightFormat,
): KernelPrior {
  const known = file.priors.some(prior => prior.generation === generation) ? generation : 'other'
  const rows = file.priors.filter(prior => prior.generation === known)
  const own = rows.find(prior => prior.engine === engine || prior.engine === '*')
  const row: KernelPriors | undefined = own ?? rows[0]
  if (!row) throw new Error(`kernels.json has no priors for ${known}`)
  const { formats, ...shared } = row
  const prior: KernelPrior = { ...shared, ...formats[format], generation, engine, format }
  return own ? prior : carried(prior)
}

/** Values of another engine: transferred, with at least the spread between engines. */
function carried(prior: KernelPrior): KernelPrior {
  const move = (value: PriorValue): PriorValue => ({
    ...value,
    basis: 'transferred',
    sigma: Math.max(value.sigma, 0.2),
  })
  return {
    ...prior,
    mbuWeights: move(prior.mbuWeights),
    mbuExperts: move(prior.mbuExperts),
    mbuKv: move(prior.mbuKv),
    mbuKvFp8: move(prior.mbuKvFp8),
    mfuDense: move(prior.mfuDense),
    mfuMoe: move(prior.mfuMoe),
    mfuAttention: move(prior.mfuAttention),
    allReduceLatencySeconds: move(prior.allReduceLatencySeconds),
    busEfficiency: move(prior.busEfficiency),
  }
}
