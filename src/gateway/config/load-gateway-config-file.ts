/** Reads gateway.yaml and the files of its secrets. */
import { closeSync, openSync, readSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { loadCatalog } from '../../catalog/index.ts'
import { TokenwrightError } from '../../core/errors.ts'
import { fileFault } from '../../core/file-fault.ts'
import { loadPriceBook } from '../../market/index.ts'
import { loadCoefficients } from '../../perf/load-coefficients-file.ts'
import type { ConfigSource } from './change-detector.ts'
import { type ConfigText, largestConfigBytes, parseConfigText } from './config-text.ts'
import type { GatewayConfig } from './gateway-config.ts'
import type { ConfigFacts } from './read-context.ts'
import { readGatewayConfig } from './read-gateway-config.ts'

export interface LoadConfigOptions {
  /** For `env:NAME`: process.env as a rule. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Left out: the shipped ones, each read when it is needed and kept. */
  readonly facts?: ConfigFacts
  /** ms since 1970, when offers must have a price. Left out: the time of day. */
  readonly now?: () => number
}

/** What one look at the files gave. */
export interface ConfigReading {
  /** Everything that was read or should have been: the same bytes, the same answer. The configuration itself comes first. */
  readonly sources: readonly ConfigSource[]
  readonly outcome:
    | { readonly kind: 'config'; readonly config: GatewayConfig; readonly lineOf: ConfigText['lineOf'] }
    | { readonly kind: 'refused'; readonly error: TokenwrightError }
}

/** More than this is never read of a file; one byte more than is allowed shows that it is too large. */
export const mostSourceBytes = largestConfigBytes + 1

/**
 * Paths in the file are relative to its folder.
 * @throws TokenwrightError: 'file' when it cannot be read, 'usage' with everything that is wrong in it.
 */
export function loadGatewayConfig(path: string, options: LoadConfigOptions): GatewayConfig {
  const { outcome } = readConfigSources(path, options)
  if (outcome.kind === 'refused') throw outcome.error
  return outcome.config
}

export function readConfigSources(path: string, options: LoadConfigOptions): ConfigReading {
  const absolute = resolve(path)
  const folder = dirname(absolute)
  const sources: ConfigSource[] = []
  const read = (file: string): Buffer => {
    try {
      const bytes = readAtMost(file, mostSourceBytes)
      sources.push({ path: file, bytes })
      return bytes
    } catch (error) {
      sources.push({ path: file, bytes: null })
      throw error
    }
  }
  const readAll = (): ConfigReading['outcome'] => {
    const { value, lineOf } = parseConfigText(
      readConfiguration(path, () => read(absolute)),
      path,
    )
    const config = readGatewayConfig(value, {
      where: path,
      environment: options.environment,
      // Bytes of a secret are the secret, whatever they mean in UTF-8.
      readSecretFile: file => read(resolve(folder, file)).toString('latin1'),
      resolvePath: file => resolve(folder, file),
      facts: options.facts ?? shippedFacts,
      atMs: (options.now ?? Date.now)(),
      lineOf,
    })
    return { kind: 'config', config, lineOf }
  }
  try {
    return { sources, outcome: readAll() }
  } catch (error) {
    if (!(error instanceof TokenwrightError)) throw error
    return { sources, outcome: { kind: 'refused', error } }
  }
}

function readConfiguration(path: string, read: () => Buffer): Buffer {
  try {
    return read()
  } catch (error) {
    throw fileFault(error, 'read the configuration', {
      where: path,
      fix: 'give the path of a YAML or JSON file',
    })
  }
}

/** Also of what has no size beforehand, such as a pipe. */
function readAtMost(path: string, most: number): Buffer {
  const file = openSync(path, 'r')
  try {
    const pieces: Buffer[] = []
    for (let left = most; left > 0; ) {
      const piece = Buffer.allocUnsafe(Math.min(left, 64 * 1024))
      const count = readSync(file, piece)
      if (count === 0) break
      pieces.push(piece.subarray(0, count))
      left -= count
    }
    return Buffer.concat(pieces)
  } finally {
    closeSync(file)
  }
}

/** The facts the project ships. */
export const shippedFacts: ConfigFacts = {
  catalog: once(loadCatalog),
  priceBook: once(loadPriceBook),
  coefficients: once(loadCoefficients),
}

function once<Fact>(load: () => Fact): () => Fact {
  let fact: Fact | undefined
  return () => {
    fact ??= load()
    return fact
  }
}
