import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { TokenwrightError } from './errors.ts'
import { describeFileFault, fileFault, isSystemFault } from './file-fault.ts'

const folder = mkdtempSync(join(tmpdir(), 'tokenwright-'))
writeFileSync(join(folder, 'a'), 'x')

function faultOf(path: string): unknown {
  try {
    readFileSync(path)
  } catch (error) {
    return error
  }
  throw new Error('was read')
}

describe('faults of the file system', () => {
  it.each([
    ['none', 'no such file'],
    ['.', 'it is a folder, not a file'],
    ['a/b', 'a part of the path is a file, not a folder'],
    ['x'.repeat(5000), 'the name is too long'],
  ])('%s', (path, said) => {
    const error = faultOf(join(folder, path))
    expect(isSystemFault(error)).toBe(true)
    expect(describeFileFault(error)).toBe(said)
  })

  it('keep the system’s words where there are none of ours', () => {
    expect(describeFileFault(Object.assign(new Error('EFOO: strange'), { code: 'EFOO' }))).toBe(
      'EFOO: strange',
    )
    expect(describeFileFault('odd')).toBe('odd')
    expect(isSystemFault(new Error('assertion failed'))).toBe(false)
    expect(isSystemFault(new TokenwrightError('file', 'said already'))).toBe(false)
  })

  it('say what was tried, where, and what to do', () => {
    const error = fileFault(faultOf(join(folder, 'none')), 'read the facts file', {
      where: 'none',
      fix: 'look',
    })
    expect(error).toMatchObject({
      code: 'file',
      message: 'cannot read the facts file: no such file',
      where: 'none',
      fix: 'look',
    })
  })
})
