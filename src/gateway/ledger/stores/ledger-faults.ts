/** What a store refuses, in words. */
import { TokenwrightError } from '../../../core/errors.ts'

const contradicts = /^the ledger already has ".*" with other content$/s

/** The same fact was told twice, and differently. */
export function contradiction(key: string, store: string): TokenwrightError {
  return new TokenwrightError('ledger', `the ledger already has "${key}" with other content`, {
    where: store,
    fix: 'nothing was changed; a later finding is a requestAdjusted event or a correction of a later interval',
  })
}

/** Whether an append was refused for good, because the ledger knows otherwise; anything else may be tried again. */
export function isContradiction(error: unknown): boolean {
  return error instanceof TokenwrightError && error.code === 'ledger' && contradicts.test(error.message)
}

export function closedStore(store: string): TokenwrightError {
  return new TokenwrightError('ledger', 'the ledger is closed', { where: store, fix: 'open it again' })
}

/** The database said no. What waited was not acknowledged and may be appended again: keys make that safe. */
export function storeFault(error: unknown, doing: string, store: string): TokenwrightError {
  if (error instanceof TokenwrightError) return error
  const words = error instanceof Error ? error.message : String(error)
  return new TokenwrightError('ledger', `cannot ${doing}: ${words}`, {
    where: store,
    fix: 'free the disk or bring the database back, then append again: what is already kept is not counted twice',
  })
}
