import { describe, expect, test } from 'vitest'
import { TokenwrightError } from '../../core/errors.ts'
import { authorityOf, parseTarget } from './target.ts'

function problemOf(url: string): TokenwrightError {
  try {
    parseTarget(url)
  } catch (error) {
    if (error instanceof TokenwrightError) return error
  }
  throw new Error(`${url} was taken`)
}

describe('base URLs', () => {
  test.each([
    [
      'http://localhost:8000',
      { protocol: 'http:', host: 'localhost', port: 8000, basePath: '' },
      'localhost:8000',
    ],
    ['http://localhost', { protocol: 'http:', host: 'localhost', port: 80, basePath: '' }, 'localhost'],
    [
      'https://api.example.org/openai/',
      { protocol: 'https:', host: 'api.example.org', port: 443, basePath: '/openai' },
      'api.example.org',
    ],
    [
      'https://api.example.org:8443//',
      { protocol: 'https:', host: 'api.example.org', port: 8443, basePath: '' },
      'api.example.org:8443',
    ],
    ['http://[::1]:8000/v1', { protocol: 'http:', host: '::1', port: 8000, basePath: '/v1' }, '[::1]:8000'],
    ['HTTP://10.0.0.1', { protocol: 'http:', host: '10.0.0.1', port: 80, basePath: '' }, '10.0.0.1'],
  ])('%s', (url, target, authority) => {
    expect(parseTarget(url)).toEqual(target)
    expect(authorityOf(parseTarget(url))).toBe(authority)
  })
})

describe('refused', () => {
  test.each([
    'localhost:8000',
    'example.org',
    '',
    'ftp://example.org',
    'http://',
    'http://a:99999',
    'http:// a',
  ])('“%s” is no URL of a server', url => {
    const problem = problemOf(url)
    expect(problem.code).toBe('usage')
    expect(problem.fix).toMatch(/http:\/\//)
  })
  test('a missing scheme is put before what was written', () => {
    expect(problemOf('localhost:8000').fix).toContain('http://localhost:8000')
  })
  test.each([
    'http://user:sesame@example.org',
    'https://sesame@example.org/v1',
    'user:sesame@example.org',
    'ftp://u:sesame@h',
  ])('a password is not repeated: %s', url => {
    const { message, fix } = problemOf(url)
    expect(message + fix).not.toContain('sesame')
  })
  test('credentials, with the way to give a key', () => {
    expect(problemOf('http://user:secret@example.org').fix).toContain('use TOKENWRIGHT_API_KEY')
  })
  test.each(['http://a/v1?key=1', 'http://a/v1#x'])('query and fragment: %s', url => {
    expect(problemOf(url).code).toBe('usage')
  })
})
