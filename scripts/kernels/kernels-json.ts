import type { KernelsFile } from '../../src/perf/kernels/types.ts'

/** One line per entry: compact, and a diff shows which curve moved. */
export function writeKernelsJson(file: KernelsFile): string {
  const lines = (items: readonly unknown[]) =>
    `[\n${items.map(item => `    ${JSON.stringify(item)}`).join(',\n')}\n  ]`
  const accelerators = Object.entries(file.accelerators).map(
    ([id, peaks]) => `    ${JSON.stringify(id)}: ${JSON.stringify(peaks)}`,
  )
  return `{
  "schema": ${JSON.stringify(file.schema)},
  "asOf": ${JSON.stringify(file.asOf)},
  "source": ${JSON.stringify(file.source)},
  "accelerators": {\n${accelerators.join(',\n')}\n  },
  "filters": ${lines(file.filters)},
  "entries": ${lines(file.entries)},
  "priors": ${lines(file.priors)}
}
`
}
