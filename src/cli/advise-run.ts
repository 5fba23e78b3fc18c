/** `advise`: from flags to the ledger, the configuration, the price book and the twin. */
import { adviceJson } from '../gateway/advise/advice-json.ts'
import { advise } from '../gateway/advise/index.ts'
import { loadGatewayConfig } from '../gateway/config/index.ts'
import { loadPriceBook } from '../market/index.ts'
import { renderAdvice } from '../report/advice-text.ts'
import type { TextStyle } from '../report/text-style.ts'
import { replayPlan } from './advise-hardware.ts'
import { type LedgerFlags, withLedger } from './ledger-open.ts'
import { ledgerWindow, minuteText } from './ledger-window.ts'

export interface AdviseFlags extends LedgerFlags {
  readonly since: string
  readonly until?: string
  readonly json?: boolean
}

export async function adviceText(
  flags: AdviseFlags,
  nowMs: number,
  width: number,
  style: TextStyle,
): Promise<string> {
  const { fromMs, toMs } = ledgerWindow(['--since', flags.since], ['--until', flags.until], nowMs)
  const config =
    flags.config === undefined ? null : loadGatewayConfig(flags.config, { environment: process.env })
  const { ledger: place, config: file } = flags
  // With both, the ledger is the one that is named, the configuration says the rest.
  const access = place === undefined ? (file === undefined ? {} : { config: file }) : { ledger: place }
  return withLedger(access, 'read', async ledger => {
    const report = await advise(ledger, {
      ...{ fromMs, toMs, config },
      book: loadPriceBook(),
      replay: config === null ? null : facts => replayPlan(config, facts),
    })
    if (flags.json === true) return adviceJson(report)
    const window = { name: ledger.name, from: minuteText(fromMs), to: minuteText(toMs), minute: minuteText }
    return renderAdvice(report, window, width, style)
  })
}
