/** Faults of the file system in words: `no such file` says more than `ENOENT: no such file or directory, open '…'`. */
import { type ErrorDetails, TokenwrightError } from './errors.ts'

/** What the system's codes mean to a user; other codes keep the system's own words. */
const words: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'it is a folder, not a file',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EACCES: 'no permission',
  EPERM: 'no permission',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'links that lead in a circle',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  EBUSY: 'another program uses it',
  ENOTEMPTY: 'the folder is not empty',
  EXDEV: 'it lies on another file system',
  EIO: 'the disk reports a fault',
}

/** Whether the system reported it, in contrast to a fault of ours. */
export function isSystemFault(error: unknown): error is Error & { readonly code: string } {
  return (
    error instanceof Error &&
    !(error instanceof TokenwrightError) &&
    'code' in error &&
    typeof error.code === 'string'
  )
}

/** `no such file`, `no permission`, `it is a folder, not a file`. */
export function describeFileFault(error: unknown): string {
  if (isSystemFault(error) && words[error.code] !== undefined) return words[error.code]!
  return error instanceof Error ? error.message : String(error)
}

/** `cannot read the facts file: no such file`, ready to throw. */
export function fileFault(error: unknown, doing: string, details: ErrorDetails): TokenwrightError {
  return new TokenwrightError('file', `cannot ${doing}: ${describeFileFault(error)}`, details)
}
