/** Addresses in the configuration: of engines and APIs, of metrics, of KV events. No address carries a key. */
import { isIP } from 'node:net'
import { type FaultPath, spoken } from './config-faults.ts'
import type { ReadContext } from './read-context.ts'

const keyElsewhere = 'write the key under apiKey, as env:NAME or file:PATH'

/** Base address without its last slash. A fault is in the list, and the answer then only stands in for one. */
export function readAddress(value: string, path: FaultPath, { faults }: Pick<ReadContext, 'faults'>): string {
  const url = parsed(value)
  const problem = url === null ? 'is no address' : problemOf(url)
  if (url !== null && problem === null) {
    return `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}`
  }
  const isKeyed = url !== null && (url.username !== '' || url.password !== '' || url.search !== '')
  const fix = isKeyed ? keyElsewhere : 'write it like http://10.0.0.7:8000'
  faults.add(path, problem ?? 'is no address', fix)
  return 'http://invalid'
}

/** The same, without the /v1 that many write at its end: the gateway adds the paths of its APIs itself. */
export function readBaseAddress(
  value: string,
  path: FaultPath,
  context: Pick<ReadContext, 'faults'>,
): string {
  return readAddress(value, path, context).replace(/\/v1$/, '')
}

const deviceLabel = /^[A-Za-z_][A-Za-z0-9_]*=[\w.,:-]+$/

/** The same, with the labels of a replica's devices behind it where its host has others: `http://node:9400/metrics#gpu=0,1`. */
export function readPowerAddress(
  value: string,
  path: FaultPath,
  context: Pick<ReadContext, 'faults'>,
): string {
  const [address = '', ...labels] = value.split('#')
  const url = readAddress(address, path, context)
  if (labels.length === 0) return url
  if (labels.length > 1 || !labels[0]!.split('&').every(label => deviceLabel.test(label)))
    context.faults.add(path, 'has no labels of devices behind #', 'write it like #gpu=0,1')
  return `${url}#${labels[0]}`
}

function parsed(value: string): URL | null {
  // Browsers' rules drop line breaks and tabs inside addresses, and take \ for /; here they are mistakes.
  return /[\s\\]/.test(value) ? null : URL.parse(value)
}

function problemOf(url: URL): string | null {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'only http and https are spoken'
  if (url.username !== '' || url.password !== '') return 'an address carries no user and no password'
  if (url.search !== '') return 'an address carries no query'
  if (url.hash !== '') return 'an address carries no fragment'
  return url.hostname === '' ? 'names no host' : null
}

/** `tcp://10.0.0.5:5557`, as engines publish KV events. */
export function readEventAddress(
  value: string,
  path: FaultPath,
  { faults }: Pick<ReadContext, 'faults'>,
): string {
  const [, port = ''] = /^tcp:\/\/(?:[\w.*-]+|\[[0-9A-Fa-f:]+\]):(\d{1,5})$/.exec(value) ?? []
  if (/^ipc:\/\/\S+$/.test(value) || (port !== '' && Number(port) <= 65535)) return value
  faults.add(path, 'is no address of events', 'write it like tcp://10.0.0.5:5557')
  return value
}

/** Connections of databases do carry passwords: then the whole address stands in the environment or a file. */
export function hasPassword(value: string): boolean {
  const url = URL.parse(value)
  return url === null ? value.includes('@') : url.password !== '' || /password|secret/i.test(url.search)
}

/** Whether only this machine can reach the host. */
export function isLoopback(host: string): boolean {
  const plain = host.replace(/^\[|\]$/g, '').toLowerCase()
  if (isIP(plain) === 4) return plain.startsWith('127.')
  return plain === '::1' || plain === 'localhost' || plain === '::ffff:127.0.0.1'
}

export function checkHost(host: string, path: FaultPath, { faults }: Pick<ReadContext, 'faults'>): string {
  const plain = host.replace(/^\[|\]$/g, '')
  if (isIP(plain) === 0 && !/^(?!-)[A-Za-z0-9.-]{1,253}$/.test(plain)) {
    faults.add(
      path,
      `${spoken(host)} is no host`,
      'such as 127.0.0.1, :: or 0.0.0.0; the port has a field of its own',
    )
  }
  return plain
}
