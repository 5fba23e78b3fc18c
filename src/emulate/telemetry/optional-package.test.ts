import { expect, test } from 'vitest'
import { loadOptionalPackage } from './optional-package.ts'

test('packages that are missing are named, with what to do', async () => {
  const missing = loadOptionalPackage('zeromq', 'KV events', () =>
    Promise.reject(new Error('Cannot find package')),
  )
  await expect(missing).rejects.toMatchObject({
    code: 'usage',
    message: 'KV events need the package zeromq, which could not be loaded: Cannot find package',
    fix: 'npm install zeromq, or leave KV events off',
  })
})
