/** The gateway itself: where it listens, what it bears, where it keeps books and shares limits. */
import type { AllowancePolicy } from '../tenants/index.ts'
import {
  defaultControl,
  defaultDurability,
  defaultLedgerFile,
  defaultLimits,
  defaultListen,
} from './config-defaults.ts'
import type { ConfigEntry } from './config-schema.ts'
import type {
  AuthoritySettings,
  ControlSettings,
  LedgerSettings,
  ListenSettings,
  RequestLimits,
} from './gateway-config.ts'
import type { ReadContext } from './read-context.ts'
import { isReference, readSecret } from './secret-reference.ts'
import { checkHost, hasPassword, isLoopback } from './upstream-address.ts'

export function readListen(entry: ConfigEntry['listen'], context: ReadContext): ListenSettings {
  const { host = defaultListen.host, port = defaultListen.port } = entry ?? {}
  return { host: checkHost(host, ['listen', 'host'], context), port }
}

export function readControl(entry: ConfigEntry['control'], context: ReadContext): ControlSettings {
  const { faults } = context
  const { port = defaultControl.port, token } = entry ?? {}
  const host = checkHost(entry?.host ?? defaultControl.host, ['control', 'host'], context)
  const secret = token === undefined ? null : readSecret(token, ['control', 'token'], context)
  if (secret !== null && secret.length < shortestToken) {
    faults.add(
      ['control', 'token'],
      `is shorter than ${shortestToken} characters`,
      'openssl rand -hex 32 makes a good one',
    )
  }
  if ((token === undefined || token === 'none') && !isLoopback(host)) {
    faults.add(
      ['control', 'token'],
      'is missing, and others than this machine reach the control plane',
      'set control.token to env:NAME or file:PATH, or control.host to 127.0.0.1',
    )
  }
  return { host, port, token: secret }
}

/** 16 characters of base 64 are 96 bits (NIST SP 800-63B asks 64 of look-up secrets; from memory). */
const shortestToken = 16

export function readLimits(entry: ConfigEntry['limits'], { faults }: ReadContext): RequestLimits {
  const limits: { -readonly [Field in keyof RequestLimits]: number } = { ...defaultLimits }
  for (const field of Object.keys(defaultLimits) as (keyof RequestLimits)[]) {
    const value = entry?.[field]
    if (value !== undefined) limits[field] = value
  }
  // Node refuses to open a server of which this does not hold.
  if (limits.headersSeconds > limits.requestSeconds) {
    const field = entry?.headersSeconds === undefined ? 'requestSeconds' : 'headersSeconds'
    faults.add(
      ['limits', field],
      `headers may take ${limits.headersSeconds} s, and the whole request only ${limits.requestSeconds} s`,
      'headersSeconds is at most requestSeconds',
    )
  }
  return limits
}

/** Two ports of one address cannot be one; 0 lets the system choose. */
export function checkPorts(listen: ListenSettings, control: ListenSettings, { faults }: ReadContext): void {
  if (listen.port === control.port && listen.port !== 0) {
    faults.add(
      ['control', 'port'],
      `is the port requests come to, ${listen.port}`,
      'give the control plane one of its own',
    )
  }
}

/** keys when there are any. none only where nobody else can send requests, or somebody wants it so. */
export function readAuthentication(
  entry: Pick<ConfigEntry, 'authentication' | 'exposeWithoutKeys'>,
  hasKeys: boolean,
  hosts: readonly ListenSettings[],
  { faults }: ReadContext,
): 'keys' | 'none' {
  const authentication = entry.authentication ?? (hasKeys ? 'keys' : 'none')
  if (authentication === 'none' && hasKeys) {
    faults.add(
      ['authentication'],
      'is none, and there are keys, which nobody would need',
      'leave out one of the two',
    )
  }
  const exposed = hosts.find(({ host }) => !isLoopback(host))
  if (authentication === 'none' && exposed !== undefined && entry.exposeWithoutKeys !== true) {
    faults.add(
      ['authentication'],
      `is none, and others than this machine reach ${exposed.host}: whoever does spends your money`,
      'add tenants and keys, or authentication: keys; or bind to 127.0.0.1; or set exposeWithoutKeys: true if something in front checks',
    )
  }
  return authentication
}

export function readLedger(entry: ConfigEntry['ledger'], context: ReadContext): LedgerSettings {
  if (entry === undefined || entry.kind === 'sqlite') {
    return {
      kind: 'sqlite',
      path: context.resolvePath(entry?.path ?? defaultLedgerFile),
      durability: entry?.durability ?? defaultDurability,
    }
  }
  if (entry.kind === 'memory') return { kind: 'memory' }
  return {
    kind: 'postgres',
    url: readStoreUrl(entry.url, /^postgres(ql)?:\/\//, 'postgres', 'ledger', context),
  }
}

export function readAuthority(entry: ConfigEntry['authority'], context: ReadContext): AuthoritySettings {
  if (entry === undefined || entry.kind === 'memory') return { kind: 'memory' }
  const { minimumDivisor, shareDivisor, whenAway, leaseTermMs, expired, holdMs } = entry.policy ?? {}
  const policy: Partial<AllowancePolicy> = {
    ...(leaseTermMs === undefined ? {} : { leaseTermMs }),
    ...(minimumDivisor === undefined ? {} : { minimumDivisor: BigInt(minimumDivisor) }),
    ...(shareDivisor === undefined ? {} : { shareDivisor: BigInt(shareDivisor) }),
    ...(expired === undefined ? {} : { expired }),
    ...(whenAway === undefined
      ? {}
      : {
          whenAway:
            whenAway.kind === 'closed'
              ? whenAway
              : { kind: 'open' as const, divisor: BigInt(whenAway.divisor) },
        }),
    ...(holdMs === undefined ? {} : { holdMs }),
  }
  return {
    kind: 'redis',
    url: readStoreUrl(entry.url, /^rediss?:\/\//, 'redis', 'authority', context),
    policy,
  }
}

/** Passwords of databases are in their addresses: such an address stands in the environment or in a file. */
function readStoreUrl(
  value: string,
  scheme: RegExp,
  kind: string,
  section: 'ledger' | 'authority',
  context: ReadContext,
): string {
  const path = [section, 'url']
  const before = context.faults.faults.length
  const url = isReference(value) ? (readSecret(value, path, context) ?? '') : value
  if (context.faults.faults.length > before) return ''
  if (url === value && hasPassword(value)) {
    context.faults.add(path, 'holds a password', 'write env:NAME or file:PATH, and the whole address there')
  } else if (!scheme.test(url) || URL.parse(url) === null) {
    context.faults.add(
      path,
      `is no address of ${kind}`,
      `such as env:${kind.toUpperCase()}_URL, or ${kind}://host/…`,
    )
  }
  return url
}
