/**
 * Keys and passwords stand in the environment or in files of their own, never in the configuration: `env:NAME`, `file:PATH`, `none`.
 * No message repeats what stands in their place, for that may be the key itself.
 */
import { describeFileFault } from '../../core/file-fault.ts'
import { type FaultPath, spoken } from './config-faults.ts'
import type { ReadContext } from './read-context.ts'

/** Such files hold a line. */
const longestSecret = 64 * 1024
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const badInHeader = /[\u0000-\u001f\u007f]|[^\u0000-\u00ff]/

export function isReference(value: string): boolean {
  return /^(env|file):/.test(value)
}

/** null: `none`, or a fault, which is then in the list. */
export function readSecret(value: string, path: FaultPath, context: ReadContext): string | null {
  if (value === 'none') return null
  const [, kind, target = ''] = /^(env|file):(.*)$/s.exec(value) ?? []
  if (kind === undefined) {
    context.faults.add(
      path,
      'a secret must not stand in the configuration',
      'put it into the environment and write env:NAME, or into a file and write file:PATH; none for no key',
    )
    return null
  }
  return kind === 'env' ? fromEnvironment(target, path, context) : fromFile(target, path, context)
}

function fromEnvironment(name: string, path: FaultPath, { environment, faults }: ReadContext): string | null {
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,199}$/.test(name)) {
    faults.add(path, 'after env: stands the name of a variable', 'such as env:OPENAI_API_KEY')
    return null
  }
  const value = Object.hasOwn(environment, name) ? environment[name] : undefined
  if (value === undefined || value.trim() === '') {
    const what = value === undefined ? 'is not set' : 'is empty'
    const shown = shownName(name)
    faults.add(path, `the environment variable ${shown} ${what}`, 'set it before the gateway starts')
    return null
  }
  return checked(value.trim(), `the environment variable ${shownName(name)}`, path, faults)
}

/** Names of variables are long words, too, but no key is written in capitals with underscores. */
function shownName(name: string): string {
  return /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/.test(name) ? name : spoken(name)
}

function fromFile(target: string, path: FaultPath, context: ReadContext): string | null {
  const { faults, readSecretFile } = context
  if (target.trim() === '') {
    faults.add(path, 'after file: stands the path of a file', 'such as file:/run/secrets/openai')
    return null
  }
  let value: string
  try {
    value = readSecretFile(target).trim()
  } catch (error) {
    faults.add(
      path,
      `cannot read the file ${spoken(target)}: ${describeFileFault(error)}`,
      'check the path; it is relative to the configuration file',
    )
    return null
  }
  if (value === '' || value.length > longestSecret) {
    faults.add(
      path,
      `the file ${spoken(target)} is ${value === '' ? 'empty' : 'too large for a secret'}`,
      'it holds the secret and nothing else',
    )
    return null
  }
  return checked(value, `the file ${spoken(target)}`, path, faults)
}

/** Secrets go into headers and addresses; a line break in one would begin another header. */
function checked(value: string, what: string, path: FaultPath, faults: ReadContext['faults']): string | null {
  if (!badInHeader.test(value)) return value
  faults.add(
    path,
    `${what} holds a line break or another character that no header can carry`,
    'it must hold the secret and nothing else',
  )
  return null
}
