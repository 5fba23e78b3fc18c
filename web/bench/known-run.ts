/** A past run that the page knows of: from the server's list, or brought to the page. */
import { TokenwrightError } from '../../src/core/errors.ts'
import type { ListedRun } from '../../src/dashboard/run-list.ts'
import type { BenchResult } from '../../src/measure/bench-result.ts'
import type { ImportedRun } from '../../src/measure/interop/imported-run.ts'
import { measuredText } from '../../src/measure/interop/measured-file.ts'
import { readBenchResult } from '../../src/measure/read-bench-result.ts'
import { allPrintable } from '../../src/report/printable.ts'
import type { RunFile } from '../worker/bench-protocol.ts'
import { faultOf } from '../worker/client.ts'
import type { Fault } from '../worker/protocol.ts'
import { textOf } from '../worker/run-text.ts'

export interface KnownRun {
  /** Stands in the address. Runs that were brought begin with `dropped/`: only this page knows them. */
  readonly id: string
  readonly files: readonly RunFile[]
  readonly content: RunContent
}

export type RunContent =
  /** Figures may have been left out of it: `openRun` has all. */
  | { readonly kind: 'result'; readonly result: BenchResult }
  /** Of another tool. */
  | { readonly kind: 'imported'; readonly runs: readonly ImportedRun[] }
  | { readonly kind: 'damaged'; readonly fault: Fault }

export const broughtPrefix = 'dropped/'

export function isBrought(id: string): boolean {
  return id.startsWith(broughtPrefix)
}

/** The address of a file of the server's list. Absolute: a worker lies elsewhere than the page. */
export function fileAddress(id: string, name: string): string {
  return new URL(`./api/runs/file?${new URLSearchParams({ run: id, name })}`, document.baseURI).href
}

export function knownFromList(listed: ListedRun): KnownRun {
  const { id } = listed
  if (listed.kind === 'damaged') return { id, files: [], content: { kind: 'damaged', fault: listed.fault } }
  return {
    id,
    files: listed.files.map(({ name, bytes }) => ({ name, bytes, source: fileAddress(id, name) })),
    content: { kind: 'result', result: allPrintable(listed.result) },
  }
}

/** result.json with everything in it. Rejects with a TokenwrightError. */
export async function openRun(run: KnownRun): Promise<BenchResult> {
  const file = run.files.find(({ name }) => name === 'result.json')
  if (file === undefined) throw new TokenwrightError('file', 'there is no result.json', { where: run.id })
  return allPrintable(readBenchResult(measuredText(`${run.id}/result.json`, await textOf(file))))
}

/** When it began, for sorting; '' where nobody says. */
export function startOf({ content }: KnownRun): string {
  switch (content.kind) {
    case 'result':
      return content.result.startedAt
    case 'imported':
      return content.runs[0]?.startedAt ?? ''
    case 'damaged':
      return ''
  }
}

/** What went wrong, as the command line would say it. */
export function faultOfRun(reason: unknown): Fault {
  if (reason instanceof TokenwrightError) {
    const { code, message, where, fix } = reason
    return { code, message, ...(where ? { where } : {}), ...(fix ? { fix } : {}) }
  }
  return faultOf(reason) ?? { code: 'internal', message: 'it was called off' }
}

/** A file that has the parts we look for may still lack one that only a figure needs. */
export function lacking({ id }: KnownRun, reason: unknown): Fault {
  return {
    code: 'measurements',
    message: `the result lacks something that is shown here: ${reason instanceof Error ? reason.message : String(reason)}`,
    where: `${id}/result.json`,
    fix: 'take result.json as tokenwright bench --out wrote it, or measure again',
  }
}
