/** Small configurations for tests, and what is wrong with bad ones. */
import { TokenwrightError } from '../../core/errors.ts'
import type { GatewayConfig } from './gateway-config.ts'
import { shippedFacts } from './load-gateway-config-file.ts'
import { type ReadConfigOptions, readGatewayConfig } from './read-gateway-config.ts'

export const environment = {
  OPENAI_API_KEY: 'sk-from-the-environment',
  ADMIN_TOKEN: 'an-admin-token-of-some-length',
  POSTGRES_URL: 'postgres://user:hidden-password@db/ledger',
  REDIS_URL: 'rediss://:hidden-password@cache:6379/0',
}

export const local = { replicas: ['http://127.0.0.1:8000'], cost: { usdPerReplicaHour: 2.5 } }
export const gpt = { provider: 'openai', model: 'gpt-5', apiKey: 'env:OPENAI_API_KEY' }
export const minimal = { deployments: { local }, models: { llama: { candidates: ['local'] } } }

export function read(value: unknown, options: Partial<ReadConfigOptions> = {}): GatewayConfig {
  return readGatewayConfig(value, { where: 'gateway.yaml', environment, facts: shippedFacts, ...options })
}

/** The minimal configuration with sections changed. */
export function readWith(sections: object, options: Partial<ReadConfigOptions> = {}): GatewayConfig {
  return read({ ...minimal, ...sections }, options)
}

/** With fields of its deployment changed; the deployment that was read. */
export function readDeploymentWith(fields: object) {
  return readWith({ deployments: { local: { ...local, ...fields } } }).deployments[0]!
}

export function readModelWith(fields: object, sections: object = {}) {
  return readWith({ models: { llama: { candidates: ['local'], ...fields } }, ...sections }).models[0]!
}

export function readOfferWith(fields: object) {
  return readWith({ offers: { gpt: { ...gpt, ...fields } } }).offers[0]!
}

/** `where | message | fix` of the error; fails when there is none, or one of another kind. */
export function faultOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (!(error instanceof TokenwrightError)) throw error
    return `${error.where} | ${error.message} | ${error.fix}`
  }
  throw new Error('expected a fault')
}
