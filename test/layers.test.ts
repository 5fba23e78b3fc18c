/** The house's rules, read from the sources: who may import whom, and what pure code may not know (docs/architecture.md). */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { errorCodes } from '../src/core/errors.ts'

const root = resolve(import.meta.dirname, '..')
const source = join(root, 'src')

/** Imports point to a room of the same ring or of a lower one. */
const ringOfRoom: Readonly<Record<string, number>> = {
  core: 0,
  catalog: 1,
  model: 1,
  perf: 1,
  cost: 1,
  workload: 1,
  engine: 1,
  routing: 1,
  metrics: 1,
  fleet: 2,
  sim: 2,
  measure: 2,
  market: 2,
  claims: 2,
  plan: 2,
  accuracy: 2,
  live: 3,
  emulate: 3,
  bench: 3,
  dashboard: 3,
  gateway: 3,
  report: 4,
  cli: 5,
}

/** Rooms that know no clock, no chance, no file; `*-file.ts` is their edge. */
const pureRooms = new Set([
  'core',
  'catalog',
  'model',
  'perf',
  'cost',
  'workload',
  'engine',
  'routing',
  'metrics',
  'fleet',
  'sim',
  'measure',
  'market',
  'claims',
  'plan',
  'accuracy',
  'report',
])

interface SourceFile {
  /** Relative to src/. */
  readonly path: string
  readonly room: string
  readonly text: string
  readonly imports: readonly string[]
}

const importPattern =
  /(?:^|\n)\s*(?:import|export)\b[^'";]*?\bfrom\s*'([^']+)'|\bimport\(\s*'([^']+)'\s*\)|(?:^|\n)import\s*'([^']+)'/g

const files: readonly SourceFile[] = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter(path => path.endsWith('.ts'))
  .sort()
  .map(path => {
    const text = readFileSync(join(source, path), 'utf8')
    const imports = [...text.matchAll(importPattern)].map(match => match[1] ?? match[2] ?? match[3] ?? '')
    return { path, room: path.includes('/') ? path.split('/')[0]! : '', text, imports }
  })

/** Tests and their fixtures stand outside the rules. */
const judged = files.filter(({ path }) => !/\.(test|fixture)\.ts$/.test(path))

function roomOf(file: SourceFile, specifier: string): string | null {
  if (!specifier.startsWith('.')) return null
  const target = relative(source, resolve(source, dirname(file.path), specifier))
  return target.startsWith('..') || !target.includes('/') ? null : target.split('/')[0]!
}

describe('rooms', () => {
  test('every room has its ring', () => {
    const rooms = new Set(judged.map(file => file.room).filter(room => room !== ''))
    expect([...rooms].filter(room => !(room in ringOfRoom))).toEqual([])
  })

  test('imports point downwards', () => {
    const upward = judged.flatMap(file =>
      file.imports
        .map(specifier => ({ specifier, room: roomOf(file, specifier) }))
        .filter(({ room }) => room !== null && (ringOfRoom[room] ?? 9) > (ringOfRoom[file.room] ?? 9))
        .map(({ specifier }) => `${file.path} imports ${specifier}`),
    )
    expect(upward).toEqual([])
  })

  test('rooms do not import each other in circles', () => {
    const below = new Map<string, Set<string>>()
    for (const file of judged) {
      for (const specifier of file.imports) {
        const room = roomOf(file, specifier)
        if (room === null || room === file.room || file.room === '') continue
        below.set(file.room, (below.get(file.room) ?? new Set()).add(room))
      }
    }
    const circles: string[] = []
    const walk = (room: string, path: readonly string[]): void => {
      if (path.includes(room)) {
        circles.push([...path.slice(path.indexOf(room)), room].join(' → '))
        return
      }
      for (const next of below.get(room) ?? []) walk(next, [...path, room])
    }
    for (const room of below.keys()) walk(room, [])
    expect([...new Set(circles)]).toEqual([])
  })

  test('imports are relative and carry their ending', () => {
    const wrong = judged.flatMap(file =>
      file.imports
        .filter(specifier => specifier.startsWith('.') && !/\.(ts|json)$/.test(specifier))
        .map(specifier => `${file.path} imports ${specifier}`),
    )
    expect(wrong).toEqual([])
  })
})

describe('pure code', () => {
  const pure = judged.filter(({ room, path }) => pureRooms.has(room) && !path.endsWith('-file.ts'))

  test('imports nothing from Node', () => {
    const wrong = pure.flatMap(file =>
      file.imports
        .filter(specifier => specifier.startsWith('node:'))
        .map(specifier => `${file.path} imports ${specifier}`),
    )
    expect(wrong).toEqual([])
  })

  test('knows neither chance, clock nor process', () => {
    const forbidden = /\bMath\.random\b|\bnew Date\b|\bDate\.|\bperformance\.now\b|\bprocess\.|\bconsole\./
    const wrong = pure.filter(({ text }) => forbidden.test(withoutComments(text))).map(({ path }) => path)
    expect(wrong).toEqual([])
  })
})

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '')
}

describe('sources', () => {
  test('no file has more than 500 lines', () => {
    const long = judged.filter(({ text }) => text.split('\n').length > 500).map(({ path }) => path)
    expect(long).toEqual([])
  })

  test('every file has a comment that says what it is for', () => {
    const silent = judged.filter(({ text }) => !/\/\*\*\s/.test(text)).map(({ path }) => path)
    expect(silent).toEqual([])
  })
})

describe('errors', () => {
  test('docs/errors.md explains every code, and no other', () => {
    const text = readFileSync(join(root, 'docs/errors.md'), 'utf8')
    const explained = [...text.matchAll(/^## `([a-z-]+)`$/gm)].map(match => match[1])
    expect(explained.toSorted()).toEqual([...errorCodes].toSorted())
  })
})
