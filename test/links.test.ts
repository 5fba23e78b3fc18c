/** Links in the documentation lead somewhere: files exist, headings are there, and what a page names in code is in the tree. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')

const pages = [
  ...readdirSync(root),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map(path => join('docs', path)),
].filter(path => path.endsWith('.md'))

/** Text without fenced blocks and code spans, where brackets are no links. */
function prose(page: string): string {
  return readFileSync(join(root, page), 'utf8')
    .replace(/^```[\s\S]*?^```/gm, '')
    .replace(/`[^`\n]*`/g, '')
}

interface Link {
  readonly page: string
  readonly target: string
}

const links: readonly Link[] = pages.flatMap(page =>
  [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].map(match => ({ page, target: match[1]! })),
)

/** As the common hosts make them: lower case, punctuation dropped, spaces to hyphens. */
function anchorsOf(path: string): Set<string> {
  const headings = readFileSync(path, 'utf8').matchAll(/^#+ (.+)$/gm)
  return new Set(
    [...headings].map(([, text]) =>
      text!
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replace(/\s/g, '-'),
    ),
  )
}

describe('links', () => {
  test('lead to files that exist', () => {
    const broken = links
      .filter(({ target }) => !/^[a-z]+:/.test(target) && !target.startsWith('#'))
      .filter(({ page, target }) => !existsSync(resolve(root, dirname(page), target.split('#')[0]!)))
      .map(({ page, target }) => `${page}: ${target}`)
    expect(broken).toEqual([])
  })

  test('lead to headings that exist', () => {
    const broken = links
      .filter(({ target }) => /^[^:]*#/.test(target))
      .filter(({ page, target }) => {
        const [file, anchor] = target.split('#') as [string, string]
        const path = file === '' ? join(root, page) : resolve(root, dirname(page), file)
        return existsSync(path) && path.endsWith('.md') && !anchorsOf(path).has(anchor)
      })
      .map(({ page, target }) => `${page}: ${target}`)
    expect(broken).toEqual([])
  })

  test('lead to every page of docs/', () => {
    const reached = new Set(
      links.map(({ page, target }) => relative(root, resolve(root, dirname(page), target.split('#')[0]!))),
    )
    expect(pages.filter(page => page.startsWith('docs/') && !reached.has(page))).toEqual([])
  })
})

describe('pages', () => {
  test('have one first heading', () => {
    const wrong = pages.filter(page => [...prose(page).matchAll(/^# /gm)].length !== 1)
    expect(wrong).toEqual([])
  })

  test('name files that exist', () => {
    const missing = pages.flatMap(page =>
      [
        ...readFileSync(join(root, page), 'utf8').matchAll(
          /`((?:src|scripts|test|data|bin|benchmarks)\/[\w./-]+)`/g,
        ),
      ]
        .map(match => match[1]!)
        .filter(path => !/[A-Z]{4}/.test(path) && !existsSync(join(root, path)))
        .map(path => `${page}: ${path}`),
    )
    expect(missing).toEqual([])
  })
})

describe('the architecture page', () => {
  const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8')

  test('names functions and classes that their file has', () => {
    const named = [...page.matchAll(/`(\w+)`\s+(?:\(|in )\[[^\]]+\]\(\.\.\/(src\/[\w./-]+\.ts)\)/g)]
    expect(named.length).toBeGreaterThan(8)
    const missing = named
      .filter(
        ([, name, path]) =>
          !new RegExp(`export (?:async )?(?:function|class|const) ${name}\\b`).test(sourceOf(path!)),
      )
      .map(([, name, path]) => `${path}: ${name}`)
    expect(missing).toEqual([])
  })

  test('names facts that data/ holds', () => {
    const facts = [...page.matchAll(/`([\w./-]+)` in \[[^\]]+\]\(\.\.\/(data\/[\w./-]+\.json)\)/g)]
    expect(facts.length).toBeGreaterThan(2)
    const missing = facts
      .filter(([, id, path]) => !sourceOf(path!).includes(`"${id}"`))
      .map(([, id, path]) => `${path}: ${id}`)
    expect(missing).toEqual([])
  })

  test('lists every room', () => {
    const rooms = readdirSync(join(root, 'src'), { withFileTypes: true }).filter(entry => entry.isDirectory())
    expect(rooms.filter(({ name }) => !page.includes(`\`src/${name}/\``)).map(({ name }) => name)).toEqual([])
  })

  function sourceOf(path: string): string {
    const full = join(root, path)
    return existsSync(full) ? readFileSync(full, 'utf8') : ''
  }
})
