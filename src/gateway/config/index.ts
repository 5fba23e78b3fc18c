/**
 * What is the gateway to do? From gateway.yaml (YAML or JSON), the environment and files of secrets, with the shipped facts for prices.
 * Everything is checked before anything is used: references, addresses, secrets, prices; a bad file changes nothing. Assumes that who may
 * write the file may decide where requests go.
 *
 * Reading order: gateway-config.ts (the answer), config-schema.ts (the file), read-gateway-config.ts (from one to the other),
 * watch-gateway-config-file.ts (while it runs).
 */
export { defaultLedgerFile } from './config-defaults.ts'
export { describeConfig, type JsonValue } from './describe-config.ts'
export * from './gateway-config.ts'
export { type LoadConfigOptions, loadGatewayConfig, shippedFacts } from './load-gateway-config-file.ts'
export type { ConfigFacts } from './read-context.ts'
export { type ReadConfigOptions, readGatewayConfig } from './read-gateway-config.ts'
export {
  type ConfigWatch,
  type ReloadOutcome,
  type WatchConfigOptions,
  watchGatewayConfig,
} from './watch-gateway-config-file.ts'
