/** Finds and opens the ledger that flags mean; one that is not there is never created. */
import { existsSync, statSync } from 'node:fs'
import { TokenwrightError } from '../core/errors.ts'
import { defaultLedgerFile, type LedgerSettings, loadGatewayConfig } from '../gateway/config/index.ts'
import {
  type LedgerAccess,
  type LedgerStore,
  openPostgresLedger,
  openSqliteLedger,
} from '../gateway/ledger/index.ts'

export interface LedgerFlags {
  readonly ledger?: string
  readonly config?: string
}

/** Opens it, hands it over, closes it whatever happens. */
export async function withLedger<Result>(
  flags: LedgerFlags,
  access: LedgerAccess,
  use: (ledger: LedgerStore) => Promise<Result>,
): Promise<Result> {
  const ledger = await openLedger(flags, access)
  try {
    return await use(ledger)
  } finally {
    await ledger.close()
  }
}

async function openLedger(flags: LedgerFlags, access: LedgerAccess): Promise<LedgerStore> {
  const settings = settingsOf(flags)
  try {
    return await openSettings(settings, flags, access)
  } catch (error) {
    throw inWords(error)
  }
}

/** What stores say is for whoever writes to them; whoever reads wants to know whether it is the right place. */
function inWords(error: unknown): unknown {
  if (!(error instanceof TokenwrightError) || error.code !== 'ledger') return error
  const { message, where = '--ledger' } = error
  if (/file is not a database/.test(message))
    return new TokenwrightError('ledger', 'the file is no ledger', {
      where,
      fix: 'name the file that the gateway writes',
    })
  if (/database is locked|SQLITE_BUSY/.test(message))
    return new TokenwrightError('ledger', 'another program holds the ledger', {
      where,
      fix: 'try again in a moment',
    })
  if (!message.startsWith('cannot open')) return error
  return new TokenwrightError('ledger', message, {
    where,
    fix: 'check that the place is right, and that it may be read',
  })
}

async function openSettings(
  settings: LedgerSettings,
  flags: LedgerFlags,
  access: LedgerAccess,
): Promise<LedgerStore> {
  switch (settings.kind) {
    case 'memory':
      throw new TokenwrightError('ledger', 'the ledger of this configuration is in memory only', {
        where: flags.config ?? '--config',
        fix: 'ask the running gateway (its control port answers /api/ledger/report), or give it a file: ledger.path',
      })
    case 'postgres':
      return openPostgresLedger({ url: settings.url, access })
    case 'sqlite':
      if (!existsSync(settings.path)) {
        throw new TokenwrightError('file', 'there is no ledger: no such file', {
          where: settings.path,
          fix: 'name it with --ledger, or the configuration with --config; the gateway creates it, this command does not',
        })
      }
      if (statSync(settings.path).isDirectory()) {
        throw new TokenwrightError('file', 'this is a folder, not a ledger', {
          where: settings.path,
          fix: 'name the file that the gateway writes',
        })
      }
      return openSqliteLedger({ path: settings.path, thread: 'caller', access })
  }
}

function settingsOf({ ledger, config }: LedgerFlags): LedgerSettings {
  if (ledger !== undefined && config !== undefined) {
    throw new TokenwrightError('usage', '--ledger and --config both name a ledger', {
      where: '--ledger, --config',
      fix: 'give one of them',
    })
  }
  if (config !== undefined) return loadGatewayConfig(config, { environment: process.env }).ledger
  if (ledger !== undefined && /^postgres(ql)?:\/\//.test(ledger)) return { kind: 'postgres', url: ledger }
  return { kind: 'sqlite', path: ledger ?? defaultLedgerFile, durability: 'full' }
}
