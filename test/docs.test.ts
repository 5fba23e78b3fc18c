/** The commands in the documentation are run: what a reader copies works. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const docs = join(root, 'docs')

interface DocumentedCommand {
  readonly file: string
  readonly line: number
  readonly command: string
}

const markdown = [
  join(root, 'README.md'),
  join(root, 'CONTRIBUTING.md'),
  ...(existsSync(docs)
    ? readdirSync(docs, { recursive: true, encoding: 'utf8' }).map(path => join(docs, path))
    : []),
].filter(path => path.endsWith('.md') && existsSync(path))

/** Lines of ```sh blocks that start with our command; a backslash continues a line, `# later` marks what is to come. */
function commandsOf(path: string): DocumentedCommand[] {
  const found: DocumentedCommand[] = []
  let inShell = false
  let pending = ''
  for (const [index, text] of readFileSync(path, 'utf8').split('\n').entries()) {
    if (text.startsWith('```')) {
      inShell = text.trim() === '```sh'
      pending = ''
      continue
    }
    if (!inShell) continue
    const whole = pending + text.trim().replace(/^\$ /, '')
    if (whole.endsWith('\\')) {
      pending = `${whole.slice(0, -1).trimEnd()} `
      continue
    }
    pending = ''
    const ours = /^(npx tokenwright|npm run (plan|tokenwright))(\s|$)/.test(whole)
    if (ours && !whole.endsWith('# later'))
      found.push({ file: relative(root, path), line: index + 1, command: whole })
  }
  return found
}

/** The command as it runs here: by this Node, from the sources, in a folder of its own. */
function runnable(command: string): string {
  const entry = `'${process.execPath}' '${join(root, 'src/cli/main.ts')}'`
  return command
    .replace(/^npx tokenwright/, entry)
    .replace(/^npm run plan( --)?/, `${entry} plan --example`)
    .replace(/^npm run tokenwright( --)?/, entry)
    .replace(/\s#\s.*$/, '')
}

const commands = markdown.flatMap(commandsOf)
const workplace = mkdtempSync(join(tmpdir(), 'tokenwright-docs-'))
for (const name of ['docs', 'data', 'examples']) {
  if (existsSync(join(root, name))) symlinkSync(join(root, name), join(workplace, name))
}

describe('documented commands', () => {
  test.for(commands)('$file:$line $command', ({ command }) => {
    const { status, stderr } = spawnSync('bash', ['-o', 'pipefail', '-c', runnable(command)], {
      cwd: workplace,
      encoding: 'utf8',
      timeout: 60_000,
    })
    expect(stderr).not.toMatch(/^error /m)
    expect(status).toBe(0)
  })

  test('there are some', () => {
    expect(commands.length).toBeGreaterThan(0)
  })
})
