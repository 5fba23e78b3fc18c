/** From what YAML or JSON says to a GatewayConfig: pure but for the secrets' files, which are read by a function that is passed in. */

import type { Catalog } from '../../catalog/index.ts'
import { assert } from '../../core/assert.ts'
import { TokenwrightError } from '../../core/errors.ts'
import type { PriceBook } from '../../market/index.ts'
import type { CoefficientSet } from '../../perf/coefficients.ts'
import { readTenantSection, type TenantSection } from '../tenants/index.ts'
import { checkReferences, type Named } from './check-references.ts'
import { defaultBilling, defaultSampledDecisions } from './config-defaults.ts'
import {
  configError,
  createFaultList,
  type FaultList,
  type FaultPath,
  withoutSecretsOf,
} from './config-faults.ts'
import { type ConfigEntry, configSchema } from './config-schema.ts'
import type { DeploymentConfig, GatewayConfig, OfferConfig } from './gateway-config.ts'
import { checkPlainValue } from './plain-value.ts'
import type { ConfigFacts, ReadContext } from './read-context.ts'
import { readDeployment } from './read-deployment.ts'
import { readModel } from './read-model.ts'
import { readOffer } from './read-offer.ts'
import {
  checkPorts,
  readAuthentication,
  readAuthority,
  readControl,
  readLedger,
  readLimits,
  readListen,
} from './read-server.ts'
import { addSchemaFaults } from './schema-faults.ts'

export interface ReadConfigOptions {
  /** Names the file in errors. */
  readonly where: string
  /** For `env:NAME`. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** For `file:PATH`, path as written. Left out: no such file can be read. */
  readonly readSecretFile?: (path: string) => string
  /** Makes the ledger's path absolute. Left out: stays as written. */
  readonly resolvePath?: (path: string) => string
  /** Left out: a configuration that needs them is a programmer's error (shippedFacts of load-gateway-config-file.ts has them). */
  readonly facts?: Partial<ConfigFacts>
  /** The moment at which offers must have a price, ms since 1970. Left out: the newest prices of the book. */
  readonly atMs?: number
  /** Lines of the file, for errors. */
  readonly lineOf?: (path: FaultPath) => number | null
}

/**
 * Checks everything and fills in defaults (docs/reference/gateway-config.md has all of them).
 * @throws TokenwrightError 'usage' that names every fault by its place in the file, what is wrong there and what to do. Secrets, and what
 * could be one, are never repeated.
 */
export function readGatewayConfig(value: unknown, options: ReadConfigOptions): GatewayConfig {
  const faults = createFaultList()
  const { where, lineOf } = options
  const refuse = (): never => {
    throw configError(faults.faults, where, lineOf)
  }
  if (!checkPlainValue(value, faults)) refuse()
  const result = configSchema.safeParse(value)
  if (!result.success) {
    addSchemaFaults(result.error.issues, configSchema, value, faults)
    return refuse()
  }
  const config = readEntry(result.data, contextOf(options, faults))
  return faults.faults.length > 0 ? refuse() : config
}

function readEntry(entry: ConfigEntry, context: ReadContext): GatewayConfig {
  const { faults } = context
  const listen = readListen(entry.listen, context)
  const control = readControl(entry.control, context)
  checkPorts(listen, control, context)
  const tenants = readTenants(entry, faults)
  const deployments = Object.entries(entry.deployments ?? {}).map(([name, deployment]) =>
    readDeployment(name, deployment, ['deployments', name], context),
  )
  const offers = Object.entries(entry.offers ?? {}).map(([name, offer]) =>
    readOffer(name, offer, ['offers', name], context),
  )
  const upstreams = [...deployments, ...offers].map(namedOf)
  const telling = new Set(upstreams.filter(({ tellsEvents }) => tellsEvents).map(({ name }) => name))
  const models = Object.entries(entry.models).map(([alias, model]) =>
    readModel(
      alias,
      model,
      model.candidates.some(name => telling.has(name)),
      ['models', alias],
      context,
    ),
  )
  if (models.length === 0)
    faults.add(['models'], 'is empty: clients could ask for nothing', 'name a model and its candidates')
  checkReferences(models, upstreams, faults)
  return {
    listen,
    control,
    limits: readLimits(entry.limits, context),
    authentication: readAuthentication(entry, tenants.keys.length > 0, [listen], context),
    ledger: readLedger(entry.ledger, context),
    authority: readAuthority(entry.authority, context),
    reservation: entry.reservation ?? { kind: 'worst-case' },
    billing: { intervalSeconds: entry.billing?.intervalSeconds ?? defaultBilling.intervalSeconds },
    sampledDecisions: entry.sampledDecisions ?? defaultSampledDecisions,
    deployments,
    offers,
    models,
    tenants,
  }
}

function namedOf(upstream: DeploymentConfig | OfferConfig): Named {
  const { name, traits } = upstream
  const isDeployment = 'replicas' in upstream
  return {
    name,
    traits,
    isDeployment,
    tellsEvents: isDeployment && upstream.replicas.some(({ events }) => events !== null),
  }
}

function readTenants({ tenants, keys }: ConfigEntry, faults: FaultList): TenantSection {
  const marker = '@'
  try {
    return readTenantSection(
      { ...(tenants === undefined ? {} : { tenants }), ...(keys === undefined ? {} : { keys }) },
      marker,
    )
  } catch (error) {
    if (!(error instanceof TokenwrightError)) throw error
    const path = (error.where ?? marker)
      .split('.')
      .slice(1)
      .map(part => (/^\d+$/.test(part) ? Number(part) : part))
    faults.add(path, withoutSecretsOf({ tenants, keys }, error.message), error.fix)
    return { tenants: {}, keys: [] }
  }
}

function contextOf(options: ReadConfigOptions, faults: FaultList): ReadContext {
  const { environment = {}, readSecretFile, resolvePath, facts = {} } = options
  const book = facts.priceBook
  return {
    faults,
    environment,
    readSecretFile: readSecretFile ?? noFiles,
    resolvePath: resolvePath ?? (path => path),
    facts: {
      catalog: facts.catalog ?? (() => missing<Catalog>('catalog')),
      priceBook: book ?? (() => missing<PriceBook>('price book')),
      coefficients: facts.coefficients ?? (() => missing<CoefficientSet>('coefficients')),
    },
    atMs: options.atMs ?? (book === undefined ? 0 : Date.parse(book().asOf)),
  }
}

function noFiles(): string {
  throw new Error('files of secrets are not read here')
}

function missing<Fact>(what: string): Fact {
  assert(false, `reading this configuration needs the ${what}`)
}
