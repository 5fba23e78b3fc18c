import { describe, expect, test } from 'vitest'
import { up } from '../up-run.ts'

describe('up', () => {
  test.for([
    ['70000', /no port 70000/],
    ['-1', /-1/],
    ['http', /http/],
  ] as const)('refuses --port %s before anything is built', async ([port, message]) => {
    await expect(up({ port, open: false })).rejects.toThrow(message)
  })
})
