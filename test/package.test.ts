/** The package as it is published: compiled files beside data/, no sources, started through bin/. */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const place = mkdtempSync(join(tmpdir(), 'tokenwright-package-'))
const published = join(place, 'node_modules/tokenwright')

/** Types are checked elsewhere. `data` where it is read, dependencies where Node finds them: as npm lays them out. */
beforeAll(() => {
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const built = spawnSync(
    process.execPath,
    [compiler, '-p', 'tsconfig.build.json', '--noCheck', '--outDir', join(published, 'dist')],
    { cwd: root, encoding: 'utf8' },
  )
  expect(built.stdout).toBe('')
  mkdirSync(join(published, 'bin'), { recursive: true })
  cpSync(join(root, 'package.json'), join(published, 'package.json'))
  cpSync(join(root, 'bin/tokenwright.js'), join(published, 'bin/tokenwright.js'))
  symlinkSync(join(root, 'data'), join(published, 'data'))
  for (const name of Object.keys(manifest.dependencies)) {
    const link = join(place, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(root, 'node_modules', name), link)
  }
}, 120_000)

afterAll(() => rmSync(place, { recursive: true, force: true }))

function tokenwright(...flags: readonly string[]) {
  return spawnSync(process.execPath, [join(published, 'bin/tokenwright.js'), ...flags], { encoding: 'utf8' })
}

describe('the published package', () => {
  test.for([
    ['plan', '--example', '--hardware', 'h200', '--top', '1'],
    ['cost', '--usd-per-hour', '1.41', '--tokens-per-second', '93.25'],
    ['catalog', 'show', 'h200'],
    ['validate', '--help'],
  ])('runs %s', flags => {
    const { stdout, stderr, status } = tokenwright(...flags)
    expect(stderr).toBe('')
    expect(stdout.length).toBeGreaterThan(100)
    expect(status).toBe(0)
  })

  test('is a library by the paths it exports', () => {
    const paths = Object.keys(manifest.exports).filter(path => !/\*|json$/.test(path))
    const imports = paths.map(path => `import(${JSON.stringify(path.replace(/^\./, manifest.name))})`)
    const program = `const rooms = await Promise.all([${imports}]); console.log(typeof rooms[0].planDeployments)`
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      cwd: place,
      encoding: 'utf8',
    })
    expect(stderr).toBe('')
    expect(stdout).toBe('function\n')
  })

  test('declares types for what it exports', () => {
    const declared = Object.values<string | { types: string }>(manifest.exports)
      .flatMap(target => (typeof target === 'string' ? [] : [target.types]))
      .filter(path => !existsSync(join(published, path)))
    expect(declared).toEqual([])
  })

  test('lists files that exist', () => {
    const missing = (manifest.files as string[]).filter(
      name => name !== 'dist' && !existsSync(join(root, name)),
    )
    expect(missing).toEqual([])
  })
})
