/** The ledger of a configuration, and where events wait on their way to it. */
import { join } from 'node:path'
import type { LedgerSettings } from '../config/index.ts'
import {
  createMemoryLedger,
  type LedgerStore,
  openPostgresLedger,
  openSqliteLedger,
} from '../ledger/index.ts'

export interface OpenedLedger {
  readonly store: LedgerStore
  /** null: nothing outlives this process anyway. */
  readonly pendingFolder: string | null
}

/** @throws TokenwrightError when the file or the database cannot be opened, or is of a newer version. */
export async function openLedger(settings: LedgerSettings, stateFolder: string): Promise<OpenedLedger> {
  switch (settings.kind) {
    case 'memory':
      return { store: createMemoryLedger(), pendingFolder: null }
    case 'sqlite': {
      const { path, durability } = settings
      return {
        store: await openSqliteLedger({ path, durability }),
        pendingFolder: path === ':memory:' ? null : `${path}.pending`,
      }
    }
    case 'postgres':
      return {
        store: await openPostgresLedger({ url: settings.url }),
        // Beside the configuration: one folder a gateway.
        pendingFolder: join(stateFolder, 'tokenwright-ledger.pending'),
      }
  }
}
