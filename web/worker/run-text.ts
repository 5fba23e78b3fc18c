/** The text of a run's file, wherever it lies. */
import { TokenwrightError } from '../../src/core/errors.ts'
import { largestRunFileBytes, megabytes } from '../../src/dashboard/run-list.ts'
import type { RunFile } from './bench-protocol.ts'

export function isTooLarge({ bytes }: RunFile): boolean {
  return bytes > largestRunFileBytes
}

/** Throws a TokenwrightError with the server's own words, or when a page could not hold the text. */
export async function textOf(file: RunFile): Promise<string> {
  if (isTooLarge(file))
    throw new TokenwrightError('file', `it has ${megabytes(file.bytes)}`, {
      where: file.name,
      fix: `a page holds at most ${megabytes(largestRunFileBytes)}; the command line reads files of any size`,
    })
  if (typeof file.source !== 'string') return file.source.text()
  const response = await fetch(file.source, { cache: 'no-store' })
  if (response.ok) return response.text()
  const said = (await response.json().catch(() => null)) as { error?: { message?: string } } | null
  throw new TokenwrightError('file', said?.error?.message ?? `the server answered ${response.status}`, {
    where: file.name,
    fix: 'look at the list again: the run may have been moved',
  })
}
