import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { TokenwrightError } from '../core/errors.ts'
import { saveDirectory, saveFile } from './save-directory-file.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tokenwright-'))
})

const files = [
  { path: 'README.md', text: 'launch', executable: false },
  { path: 'vllm/serve.sh', text: '#!/bin/sh\n', executable: true },
]

test('writes all files, scripts executable, and leaves nothing beside', () => {
  const target = join(folder, 'new', 'plan')
  const written = saveDirectory(target, files)
  expect(written).toEqual([join(target, 'README.md'), join(target, 'vllm/serve.sh')])
  expect(statSync(join(target, 'vllm/serve.sh')).mode & 0o111).not.toBe(0)
  expect(readdirSync(join(folder, 'new'))).toEqual(['plan'])
})

test('a second run replaces the first', () => {
  const target = join(folder, 'plan')
  saveDirectory(target, files)
  saveDirectory(target, [{ path: 'other.txt', text: 'x', executable: false }])
  expect(readdirSync(target).filter(name => !name.startsWith('.'))).toEqual(['other.txt'])
})

test('an empty folder is taken', () => {
  saveDirectory(folder, files)
  expect(readFileSync(join(folder, 'README.md'), 'utf8')).toBe('launch')
})

test('a folder of someone else is refused and stays as it is', () => {
  writeFileSync(join(folder, 'mine.txt'), 'mine')
  expect(() => saveDirectory(folder, files)).toThrow(TokenwrightError)
  expect(readdirSync(folder)).toEqual(['mine.txt'])
})

test('with force it is written into, and what else lies there stays', () => {
  writeFileSync(join(folder, 'mine.txt'), 'mine')
  saveDirectory(folder, files, { force: true })
  expect(readdirSync(folder).sort()).toEqual(['.tokenwright', 'README.md', 'mine.txt', 'vllm'])
})

test('when a file cannot be written, nothing is', () => {
  const target = join(folder, 'plan')
  const impossible = [...files, { path: 'README.md/below-a-file', text: 'x', executable: false }]
  expect(() => saveDirectory(target, impossible)).toThrow(TokenwrightError)
  expect(existsSync(target)).toBe(false)
  expect(readdirSync(folder)).toEqual([])
})

test('paths that lead out of the folder are a fault of the program', () => {
  expect(() => saveDirectory(folder, [{ path: '../escape', text: '', executable: false }])).toThrow(
    'assertion failed',
  )
})

test('one file is replaced as a whole', () => {
  const path = join(folder, 'plan.html')
  saveFile(path, 'one')
  saveFile(path, 'two')
  expect(readFileSync(path, 'utf8')).toBe('two')
  expect(readdirSync(folder)).toEqual(['plan.html'])
})

test('a folder in place of the file is a clear error', () => {
  mkdirSync(join(folder, 'plan.html'))
  expect(() => saveFile(join(folder, 'plan.html'), 'x')).toThrow(/cannot write .*it is a folder/)
  expect(readdirSync(folder)).toEqual(['plan.html'])
})

test('a missing folder is refused and not made', () => {
  const path = join(folder, 'missing', 'deep', 'plan.html')
  expect(() => saveFile(path, 'x')).toThrow(
    `cannot write ${path}: there is no folder ${join(folder, 'missing', 'deep')}`,
  )
  writeFileSync(join(folder, 'file'), '')
  expect(() => saveFile(join(folder, 'file', 'plan.html'), 'x')).toThrow(/file, not a folder/)
  expect(readdirSync(folder)).toEqual(['file'])
})
