import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { benchFixture, plainFixture } from '../report/bench.fixture.ts'
import { benchJson } from '../report/bench-json.ts'
import { openRunLibrary } from './run-library-file.ts'
import type { RunList } from './run-list.ts'
import { type DashboardServer, serveDashboard } from './serve.ts'

const result = benchJson(benchFixture)
const outside = mkdtempSync(join(tmpdir(), 'tokenwright-outside-'))
const roots: string[] = []
let root: string

function freshRoot(): string {
  const made = mkdtempSync(join(tmpdir(), 'tokenwright-runs-'))
  roots.push(made)
  return made
}

function write(path: string, text: string, folder = root): void {
  mkdirSync(join(folder, path, '..'), { recursive: true })
  writeFileSync(join(folder, path), text)
}

function dated(path: string, day: number): void {
  const date = new Date(Date.UTC(2026, 10, day))
  utimesSync(join(root, path), date, date)
}

beforeEach(() => {
  root = freshRoot()
})
afterAll(() => {
  for (const folder of [outside, ...roots]) rmSync(folder, { recursive: true, force: true })
})

describe('the list', () => {
  test('has runs newest first, without what only figures need', async () => {
    write('old/result.json', benchJson(plainFixture))
    write('runs/today/new/result.json', result)
    write('runs/today/new/report.html', '<!doctype html>')
    write('runs/today/new/secret.txt', 'no')
    dated('old/result.json', 1)
    dated('runs/today/new/result.json', 2)
    const { runs, notes } = await openRunLibrary(root).list()
    expect(runs.map(({ id }) => id)).toEqual(['runs/today/new', 'old'])
    const [newest] = runs
    if (newest?.kind !== 'run') throw new Error('the run was not read')
    expect(newest.files.map(({ name }) => name)).toEqual(['result.json', 'report.html'])
    expect(newest.result.points.map(({ load }) => load.name)).toEqual(
      benchFixture.points.map(({ load }) => load.name),
    )
    expect(JSON.stringify(newest).length).toBeLessThan(result.length / 2)
    expect(notes).toEqual([])
  })

  test('the folder itself may be a run; what stands below a run, too deep, or is none, is left out', async () => {
    write('result.json', result)
    write('1-concurrency-1/result.json', result)
    expect((await openRunLibrary(root).list()).runs.map(({ id }) => id)).toEqual(['.'])
    rmSync(join(root, 'result.json'))
    write('a/b/c/d/result.json', result)
    write('node_modules/a/result.json', result)
    write('.hidden/result.json', result)
    write('other/result.json', '{"kind": "other"}')
    write('folder/result.json/x', '')
    expect((await openRunLibrary(root).list()).runs.map(({ id }) => id)).toEqual(['1-concurrency-1'])
  })

  test('a damaged run is told as such, and hides no other', async () => {
    write('good/result.json', result)
    write('cut/result.json', result)
    truncateSync(join(root, 'cut/result.json'), result.length / 2)
    write('newer/result.json', result.replace('"version": 1', '"version": 9'))
    write('half/result.json', '{"kind": "tokenwright-bench", "version": 1}')
    const { runs } = await openRunLibrary(root).list()
    const faults = Object.fromEntries(
      runs.map(run => [run.id, run.kind === 'run' ? 'read' : run.fault.message]),
    )
    expect(faults).toEqual({
      good: 'read',
      cut: expect.stringMatching(/cut off/),
      newer: expect.stringMatching(/version 9 is not known/),
      half: expect.stringMatching(/lacks tokenwrightVersion/),
    })
  })

  test('a result is read again when it changes', async () => {
    const library = openRunLibrary(root)
    write('a/result.json', result)
    expect((await library.list()).runs[0]!.kind).toBe('run')
    truncateSync(join(root, 'a/result.json'), 1000)
    expect((await library.list()).runs[0]!.kind).toBe('damaged')
    rmSync(join(root, 'a'), { recursive: true })
    expect((await library.list()).runs).toEqual([])
  })

  test('links are not followed, neither to folders nor to files', async () => {
    write('run/result.json', result, outside)
    write('real/result.json', result)
    symlinkSync(join(outside, 'run'), join(root, 'linked'))
    symlinkSync(join(outside, 'run/result.json'), join(root, 'real/requests.jsonl'))
    mkdirSync(join(root, 'half'))
    symlinkSync(join(outside, 'run/result.json'), join(root, 'half/result.json'))
    const library = openRunLibrary(root)
    const { runs } = await library.list()
    expect(runs.map(({ id }) => id)).toEqual(['real'])
    expect(await library.openFile('real', 'requests.jsonl')).toBeNull()
    // A folder that became a link after it was found.
    rmSync(join(root, 'real'), { recursive: true })
    symlinkSync(join(outside, 'run'), join(root, 'real'))
    expect(await library.openFile('real', 'result.json')).toBeNull()
  })

  test('a folder that is not there is a fault of the flag', () => {
    expect(() => openRunLibrary(join(root, 'none'))).toThrow(/cannot list runs: no such file/)
  })
})

describe('over HTTP', () => {
  const page = '<!doctype html><style>p { color: red }</style><p>report</p>'
  let server: DashboardServer
  beforeAll(async () => {
    root = freshRoot()
    write('a & b/result.json', result)
    write('a & b/report.html', page)
    write('a & b/notes.md', 'private')
    write('a & b/requests.jsonl', '')
    truncateSync(join(root, 'a & b/requests.jsonl'), 200 * 1024 * 1024)
    write('private.json', '{}')
    server = await serveDashboard(new Map(), 0, openRunLibrary(root))
  })
  afterAll(() => server.close())

  const file = (run: string, name: string) =>
    fetch(`${server.url}api/runs/file?${new URLSearchParams({ run, name })}`)

  test('the list is JSON, and never kept', async () => {
    const answer = await fetch(`${server.url}api/runs`)
    const list = (await answer.json()) as RunList
    expect(list.runs.map(({ id }) => id)).toEqual(['a & b'])
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none'/)
  })

  test('files of a run are given out whole', async () => {
    expect(await (await file('a & b', 'result.json')).text()).toBe(result)
  })

  test('a report is shown without scripts and without an origin', async () => {
    const answer = await file('a & b', 'report.html')
    expect(await answer.text()).toBe(page)
    const policy = answer.headers.get('content-security-policy')!
    expect(policy).toMatch(/^sandbox; default-src 'none'; style-src 'unsafe-inline'/)
    expect(policy).not.toMatch(/script-src|allow-/)
  })

  test.for([
    ['a & b', 'notes.md'],
    ['a & b', '../private.json'],
    ['a & b', 'summary.csv'],
    ['..', 'result.json'],
    ['.', 'private.json'],
    ['a & b/..', 'private.json'],
    ['a & b/../a & b', 'result.json'],
    ['a & b/', 'result.json'],
    ['/etc', 'passwd'],
    ['', ''],
  ] as const)('run %j, file %j is not there', async ([run, name]) => {
    expect((await file(run, name)).status).toBe(404)
  })

  test('a file that no page could hold is refused in words', async () => {
    const answer = await file('a & b', 'requests.jsonl')
    expect(answer.status).toBe(413)
    expect(await answer.text()).toMatch(/requests\.jsonl has 210 MB.*at most 134 MB.*command line/)
  })

  test('only to this page: not to other sites, not to other ports, and nothing is changed', async () => {
    const from = (site: string) =>
      fetch(`${server.url}api/runs`, { headers: { 'sec-fetch-site': site } }).then(({ status }) => status)
    expect([await from('cross-site'), await from('same-site'), await from('same-origin')]).toEqual([
      403, 403, 200,
    ])
    expect((await fetch(`${server.url}api/runs`, { method: 'DELETE' })).status).toBe(405)
    expect((await fetch(`${server.url}api/runs/`)).status).toBe(404)
  })

  test('without a folder the list is empty', async () => {
    const other = await serveDashboard(new Map(), 0)
    expect(await (await fetch(`${other.url}api/runs`)).json()).toEqual({ folder: null, runs: [], notes: [] })
    await other.close()
  })
})
