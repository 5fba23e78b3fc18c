/** What the server tells of past runs: plain JSON, read by the page. */
import type { ErrorCode } from '../core/errors.ts'
import type { BenchResult } from '../measure/bench-result.ts'

/** Files of a run that the server gives out; others in its folder are nobody's business. */
export const servedRunFiles = ['result.json', 'requests.jsonl', 'report.html', 'summary.csv'] as const
export type ServedRunFile = (typeof servedRunFiles)[number]

/** What a page can hold as one text with room to spare: V8 ends at half a gigabyte of it. */
export const largestRunFileBytes = 128 * 1024 * 1024

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`
}

export interface RunList {
  /** Where it was looked; null where the server was given no folder. */
  readonly folder: string | null
  /** Newest first; damaged ones stand among the others, by the date of their file. */
  readonly runs: readonly ListedRun[]
  /** What was left out, in sentences. */
  readonly notes: readonly string[]
}

export type ListedRun = ListedResult | DamagedRun

export interface ListedResult {
  readonly kind: 'run'
  /** Its folder, relative to the one that was looked into; `.` for that folder itself. Names the run in requests. */
  readonly id: string
  readonly files: readonly { readonly name: ServedRunFile; readonly bytes: number }[]
  /** Without what only figures need. */
  readonly result: BenchResult
}

export interface DamagedRun {
  readonly kind: 'damaged'
  readonly id: string
  readonly fault: RunFault
}

export interface RunFault {
  readonly code: ErrorCode
  readonly message: string
  readonly where?: string
  readonly fix?: string
}
