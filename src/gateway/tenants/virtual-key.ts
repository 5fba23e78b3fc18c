/**
 * The text of a virtual key and what is kept of it: `tw-` + 43 characters (32 random bytes, base 62) + 6 of a checksum. Shown
 * once, stored as a digest. The checksum (CRC-32, as GitHub's tokens carry one: github.blog, 2021-04-05, "Behind GitHub's new
 * authentication token formats") lets mistyped and made-up keys be refused before any look-up and lets secret scanners tell
 * keys from noise. No function here puts a key, or a part of one beyond the visible prefix, into an error.
 */
import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { assert } from '../../core/assert.ts'
import { TokenwrightError } from '../../core/errors.ts'

const lead = 'tw-'
const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
export const secretBytes = 32
/** 62^43 > 2^256 > 62^42. */
const secretCharacters = 43
/** 62^6 > 2^32. */
const checksumCharacters = 6
export const keyLength = lead.length + secretCharacters + checksumCharacters
/** 62^8 = 2.2e14 tell keys apart in lists; 208 of 256 bits stay hidden. */
const visibleCharacters = 8
const keyPattern = new RegExp(`^${lead}[0-9A-Za-z]{${secretCharacters + checksumCharacters}}$`)

/** What may be kept and shown of a key. */
export interface KeyDigest {
  /** `sha256:` or `hmac-sha256:` and 64 hexadecimal digits; look-ups go by this, never by the key. */
  readonly hash: string
  /** `tw-` and the first eight characters, for people to find a key in a list. */
  readonly visible: string
}

/** Turns the text of a key into what is stored of it. */
export type KeyHasher = (key: string) => KeyDigest

/** A new key. Nothing keeps it: show it, store its digest, forget it. */
export function mintKey(bytes: Uint8Array = randomBytes(secretBytes)): string {
  assert(bytes.length === secretBytes, `a key has ${secretBytes} random bytes`)
  let value = 0n
  for (const byte of bytes) value = (value << 8n) | BigInt(byte)
  const secret = base62(value)
  return `${lead}${secret}${checksumOf(secret)}`
}

/** Whether the text has the form of a key and its checksum is right. Says nothing of whether anybody knows it. */
export function isKeyText(text: string): boolean {
  if (text.length !== keyLength || !keyPattern.test(text)) return false
  const secret = text.slice(lead.length, lead.length + secretCharacters)
  return checksumOf(secret) === text.slice(lead.length + secretCharacters)
}

/**
 * Digest by SHA-256, or by HMAC-SHA-256 with a pepper: then a copy of the store alone cannot be used to test guesses. A slow
 * password hash would add nothing: a key has 256 random bits, so there is no list of likely ones to try.
 * @throws TokenwrightError when the pepper is too short to be a secret.
 */
export function keyHasher(pepper: Uint8Array | null = null): KeyHasher {
  if (pepper !== null && pepper.length < secretBytes) {
    throw new TokenwrightError('usage', `the pepper for keys has ${pepper.length} bytes`, {
      fix: `give at least ${secretBytes} random bytes, for example of: openssl rand -hex ${secretBytes}`,
    })
  }
  return key => ({
    hash:
      pepper === null
        ? `sha256:${hash('sha256', key)}`
        : `hmac-sha256:${createHmac('sha256', pepper).update(key).digest('hex')}`,
    visible: key.slice(0, lead.length + visibleCharacters),
  })
}

/** Whether two digests are the same, in a time that does not depend on where they differ. */
export function sameHash(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}

/** Form of a stored digest, for configurations and databases. */
export const hashPattern = /^(?:hmac-)?sha256:[0-9a-f]{64}$/
export const visiblePattern = new RegExp(`^${lead}[0-9A-Za-z]{${visibleCharacters}}$`)

/** The text with everything that begins like a key cut to its visible prefix: for messages made of others' words. */
export function withoutKeys(text: string): string {
  return text.replace(/tw-([0-9A-Za-z]{8})[0-9A-Za-z]+/g, 'tw-$1…')
}

function checksumOf(secret: string): string {
  let text = ''
  // In plain numbers: each request has its key checked.
  for (let rest = crc32(secret), at = 0; at < checksumCharacters; at++, rest = Math.floor(rest / 62))
    text = alphabet[rest % 62] + text
  return text
}

function base62(value: bigint): string {
  let text = ''
  for (let rest = value, at = 0; at < secretCharacters; at++, rest /= 62n)
    text = alphabet[Number(rest % 62n)] + text
  return text
}
