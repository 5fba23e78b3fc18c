import { describe, expect, test } from 'vitest'
import { up } from '../up-run.ts'

describe('up', () => {
  test.for([
    ['70000', /no port 70000/],
    ['-1', /-1/],
    ['http', /http/],
  ] as const)('refuses --port %s before anything is built', async ([port, message]) => {
    await expect(up({ port, runs: '.', open: false })).rejects.toThrow(message)
  })

  test('refuses --runs that is no folder before anything is built', async () => {
    await expect(up({ port: '0', runs: 'no-such-folder', open: false })).rejects.toThrow(
      /cannot list runs: no such file/,
    )
    await expect(up({ port: '0', runs: 'package.json', open: false })).rejects.toThrow(/is no folder/)
  })
})
