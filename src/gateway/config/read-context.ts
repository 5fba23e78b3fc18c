/** What the readers of all sections share. */
import type { Catalog } from '../../catalog/index.ts'
import type { PriceBook } from '../../market/index.ts'
import type { CoefficientSet } from '../../perf/coefficients.ts'
import type { FaultList } from './config-faults.ts'

/** Asked only when the configuration needs them: most name no device of the catalog. */
export interface ConfigFacts {
  catalog(): Catalog
  priceBook(): PriceBook
  coefficients(): CoefficientSet
}

export interface ReadContext {
  readonly faults: FaultList
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Of a secret, path as in the file. Throws what the system throws. */
  readonly readSecretFile: (path: string) => string
  /** Makes paths absolute: they are relative to the configuration file. */
  readonly resolvePath: (path: string) => string
  readonly facts: ConfigFacts
  /** ms since 1970: prices must be in force then. */
  readonly atMs: number
}
