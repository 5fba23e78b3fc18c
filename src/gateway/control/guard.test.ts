/** Who may call what. */
import { describe, expect, test } from 'vitest'
import { ControlError } from './control-error.ts'
import { type CallFacts, createGuard, isLoopback, isOwnName, type Openness } from './guard.ts'

const local: CallFacts = {
  method: 'GET',
  path: '/api/status',
  peer: '127.0.0.1',
  host: '127.0.0.1:4001',
  authorization: undefined,
  fetchSite: undefined,
  isForwarded: false,
}

function verdict(token: string | null, changes: Partial<CallFacts>, openness: Openness): string {
  try {
    createGuard({ host: 'gateway.internal', token })({ ...local, ...changes }, openness)
    return 'allowed'
  } catch (error) {
    if (!(error instanceof ControlError)) throw error
    return error.code
  }
}

const elsewhere = { peer: '10.0.0.9' }
const right = { authorization: 'Bearer secret-token' }
const wrong = { authorization: 'Bearer secret-tokem' }
const evil = { host: 'evil.example:4001' }

describe('without a token', () => {
  test('this machine reads, and changes nothing', () => {
    expect(verdict(null, {}, 'read')).toBe('allowed')
    expect(verdict(null, {}, 'files')).toBe('allowed')
    expect(verdict(null, {}, 'write')).toBe('forbidden')
    expect(verdict(null, right, 'write')).toBe('forbidden')
  })

  test('others do not even read, whoever a proxy on this machine says they are', () => {
    for (const openness of ['read', 'files', 'write'] as const) {
      expect(verdict(null, elsewhere, openness)).toBe('forbidden')
      expect(verdict(null, { isForwarded: true }, openness)).toBe('forbidden')
      expect(verdict(null, { peer: undefined }, openness)).toBe('forbidden')
    }
    expect(verdict(null, elsewhere, 'open')).toBe('allowed')
  })

  test('pages of other sites do not, by rebinding or openly', () => {
    expect(verdict(null, evil, 'read')).toBe('misdirected')
    expect(verdict(null, evil, 'files')).toBe('misdirected')
    expect(verdict(null, { fetchSite: 'cross-site' }, 'read')).toBe('forbidden')
    expect(verdict(null, { fetchSite: 'same-site' }, 'read')).toBe('forbidden')
    expect(verdict(null, { fetchSite: 'same-origin' }, 'read')).toBe('allowed')
    expect(verdict(null, { fetchSite: 'none' }, 'read')).toBe('allowed')
    expect(verdict(null, { fetchSite: 'cross-site' }, 'files')).toBe('allowed')
    expect(verdict(null, evil, 'open')).toBe('allowed')
  })
})

describe('with a token', () => {
  test('whoever has it may, from anywhere and by any name', () => {
    for (const openness of ['read', 'write', 'files', 'open'] as const) {
      expect(verdict('secret-token', { ...elsewhere, ...right }, openness)).toBe('allowed')
      expect(verdict('secret-token', { ...evil, ...right }, openness)).toBe('allowed')
    }
    expect(verdict('secret-token', { authorization: 'bearer  secret-token ' }, 'read')).toBe('allowed')
  })

  test('whoever has it not may only load the page that asks for it', () => {
    for (const authorization of [
      undefined,
      '',
      'Bearer',
      'Bearer ',
      'Basic secret-token',
      'secret-token',
      'Bearer secret-token x',
    ]) {
      expect(verdict('secret-token', { authorization }, 'read'), String(authorization)).toBe('unauthorized')
      expect(verdict('secret-token', { authorization }, 'write')).toBe('unauthorized')
    }
    expect(verdict('secret-token', wrong, 'read')).toBe('unauthorized')
    expect(verdict('secret-token', {}, 'files')).toBe('allowed')
    expect(verdict('secret-token', { ...elsewhere, isForwarded: true }, 'files')).toBe('allowed')
    expect(verdict('secret-token', evil, 'files')).toBe('misdirected')
    expect(verdict('secret-token', {}, 'open')).toBe('allowed')
  })
})

test('own names: addresses, localhost, the configured one', () => {
  for (const host of [
    '127.0.0.1',
    '127.0.0.1:4001',
    '10.1.2.3:80',
    '[::1]:4001',
    '[fe80::1]',
    'localhost',
    'LOCALHOST:1',
    'a.localhost',
    'gateway.internal',
    'gateway.internal.:4001',
  ])
    expect(isOwnName(host, 'gateway.internal'), host).toBe(true)
  for (const host of [
    undefined,
    '',
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'gateway.internal.evil',
    '[::1',
    '[evil]',
    '127.0.0.1:4001:1',
    'user@localhost',
    'localhost/x',
    'xlocalhost',
  ])
    expect(isOwnName(host, 'gateway.internal'), String(host)).toBe(false)
})

test('loopback peers', () => {
  for (const peer of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'])
    expect(isLoopback(peer), peer).toBe(true)
  for (const peer of [
    undefined,
    '',
    '10.0.0.1',
    '::ffff:10.0.0.1',
    '128.0.0.1',
    '1127.0.0.1',
    '::2',
    '127.0.0.1.2',
  ])
    expect(isLoopback(peer), String(peer)).toBe(false)
})
