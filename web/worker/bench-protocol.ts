/** What the Bench page asks of its worker. Plain data: it is cloned on its way. */

import type { BenchPoint } from '../../src/measure/bench-result.ts'
import type { ImportedRun } from '../../src/measure/interop/imported-run.ts'
import type { PredictionRow } from '../../src/measure/prediction-check.ts'
import type { RunComparison } from '../../src/measure/run-comparison.ts'
import type { ModelSource } from './protocol.ts'

/** A file of a past run: of the server that serves the page, by its address, or brought to the page. */
export interface RunFile {
  readonly name: string
  readonly bytes: number
  readonly source: string | Blob
}

export interface RunSide {
  /** For people: the folder. */
  readonly name: string
  readonly files: readonly RunFile[]
}

export type BenchRequest =
  | { readonly kind: 'bench-compare'; readonly a: RunSide; readonly b: RunSide }
  | { readonly kind: 'bench-import'; readonly side: RunSide }
  | { readonly kind: 'bench-predict'; readonly question: PredictionQuestion }

export interface ComparisonAnswer {
  readonly comparison: RunComparison
  /** What was left out, in sentences. */
  readonly notes: readonly string[]
}

export interface ImportAnswer {
  /** Without their requests: figures are for lists. */
  readonly runs: readonly ImportedRun[]
}

export interface PredictionQuestion {
  readonly model: ModelSource
  /** As the command line would be given them. */
  readonly flags: {
    readonly hardware: string
    readonly tp?: string
    readonly replicas?: string
    readonly engine?: string
    readonly precision?: string
  }
  /** Whose lengths tell how much they spread; null: they are taken as equal. */
  readonly requests: RunFile | null
  /** Without what only figures need. */
  readonly points: readonly BenchPoint[]
}

export interface PredictionAnswer {
  /** Hardware, engine, precision, layout in words. */
  readonly deployment: string
  readonly loads: readonly PredictedLoad[]
  readonly notes: readonly string[]
}

export interface PredictedLoad {
  readonly load: string
  /** Null: the deployment cannot carry the load, or nothing was served. */
  readonly rows: readonly PredictionRow[] | null
}
