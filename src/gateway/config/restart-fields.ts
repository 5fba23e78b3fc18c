/** What a running gateway cannot take over from a new configuration: open ports, open books, and who counts the limits. */
import { isDeepStrictEqual } from 'node:util'
import type { TokenwrightError } from '../../core/errors.ts'
import { type ConfigFault, configError, type FaultPath } from './config-faults.ts'
import type { GatewayConfig } from './gateway-config.ts'

const sections = ['listen', 'control', 'ledger', 'authority'] as const

/** null when the new configuration can take the place of the old one; otherwise an error that names the fields. */
export function restartNeeded(
  old: GatewayConfig,
  next: GatewayConfig,
  where: string,
  lineOf?: (path: FaultPath) => number | null,
): TokenwrightError | null {
  const faults: ConfigFault[] = sections.flatMap(section =>
    changedFields(old[section], next[section]).map(field => ({
      path: [section, field],
      message: 'cannot change while the gateway runs',
      fix: 'restart it, or undo this; until then nothing of the new file is taken',
    })),
  )
  return faults.length === 0 ? null : configError(faults, where, lineOf)
}

function changedFields(old: object, next: object): string[] {
  const [before, after] = [new Map(Object.entries(old)), new Map(Object.entries(next))]
  // Of another kind, all fields are others.
  if (before.get('kind') !== after.get('kind')) return ['kind']
  return [...new Set([...before.keys(), ...after.keys()])].filter(
    field => !isDeepStrictEqual(before.get(field), after.get(field)),
  )
}
