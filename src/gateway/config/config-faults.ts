/** What is wrong with a configuration: collected, so that one look at the file mends all of it, and said without repeating a secret. */
import { TokenwrightError } from '../../core/errors.ts'

export type FaultPath = readonly (string | number)[]

export interface ConfigFault {
  readonly path: FaultPath
  readonly message: string
  readonly fix: string
}

export interface FaultList {
  add(path: FaultPath, message: string, fix?: string): void
  readonly faults: readonly ConfigFault[]
}

export const reference = 'see docs/reference/gateway-config.md'
const shownFaults = 8

export function createFaultList(): FaultList {
  const faults: ConfigFault[] = []
  return {
    faults,
    add(path, message, fix = reference) {
      faults.push({ path, message, fix })
    },
  }
}

/** models.llama.candidates[1]; a name with other characters in quotes: models["a b"].candidates[1]. */
export function pathText(path: FaultPath): string {
  const parts = path.map((part, index) => {
    if (typeof part === 'number') return `[${part}]`
    const shown = spoken(part)
    if (!/^[\w@/+-]+$/.test(shown)) return `[${JSON.stringify(shown)}]`
    return index === 0 ? shown : `.${shown}`
  })
  return parts.join('') || 'the file'
}

/** Beginnings of keys as providers make them (their documentation and secret scanners; from memory), and of ours. */
const keyBeginning =
  /(?<![A-Za-z0-9])((sk|pk|rk|tw|hf|gsk|xai|ghp|glpat|nvapi|key|token|secret|bearer|basic)[-_ ]|AIza|AKIA|eyJ)/i
/** Names of models are words of some letters and a number; digests and keys of any kind have no word's end for long (assumed). */
const longRun = /(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{20,}/
const longestSpoken = 120

/**
 * A text of the file as a message may repeat it. What could be a secret is not: whoever reads a log is not whoever may read
 * the file, and keys end up in the wrong place.
 */
export function spoken(value: string): string {
  const isKey = keyBeginning.test(value) || longRun.test(value) || /:\/\/[^/]*@/.test(value)
  if (isKey) return '(not repeated: it may be a secret)'
  const visible = value.replace(/\p{Cc}/gu, '\uFFFD')
  return visible.length > longestSpoken ? `${visible.slice(0, longestSpoken)}…` : visible
}

/** A message of other rooms, which may quote the values they were given, with those taken out that could be secrets. */
export function withoutSecretsOf(value: unknown, message: string): string {
  let said = message
  const walk = (current: unknown): void => {
    if (typeof current === 'string' && current.length > 3 && spoken(current) !== current) {
      said = said.replaceAll(current, spoken(current))
    }
    if (typeof current !== 'object' || current === null) return
    for (const [key, inner] of Object.entries(current)) {
      walk(key)
      walk(inner)
    }
  }
  walk(value)
  return said
}

/** All faults as one error: the first in `where` and `fix`, each in the message. */
export function configError(
  faults: readonly ConfigFault[],
  where: string,
  lineOf: (path: FaultPath) => number | null = () => null,
): TokenwrightError {
  const placed = faults
    .map((fault, index) => ({ ...fault, index, line: lineOf(fault.path) }))
    .sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || a.index - b.index)
  const first = placed[0]!
  const fileAndLine = first.line === null ? where : `${where}:${first.line}`
  if (placed.length === 1) {
    return new TokenwrightError('usage', first.message, {
      where: `${fileAndLine}: ${pathText(first.path)}`,
      fix: first.fix,
    })
  }
  const lines = placed
    .slice(0, shownFaults)
    .map(
      ({ line, path, message, fix }) =>
        `${line === null ? '' : `line ${line}, `}${pathText(path)}: ${message}${fix === reference ? '' : ` (${fix})`}`,
    )
  if (placed.length > shownFaults) lines.push(`and ${placed.length - shownFaults} more`)
  return new TokenwrightError('usage', `${placed.length} faults\n${lines.join('\n')}`, {
    where: fileAndLine,
    fix: reference,
  })
}
