/** Where the built page lies, and building it in a checkout. The published package brings it built and holds no sources. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TokenwrightError } from '../core/errors.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** The same from src/dashboard in a checkout and from dist/dashboard in the package. */
export const assetsFolder = join(root, 'dist/web')

/** What the page is made of. */
const sources = ['web', 'src', 'data', 'package.json']

/** Whether sources are newer than what was built of them, or nothing was. Never in the published package. */
export function isStale(folder: string = assetsFolder): boolean {
  if (!existsSync(join(root, 'web/vite.config.ts'))) return false
  const built = statSync(join(folder, 'index.html'), { throwIfNoEntry: false })
  return built === undefined || newest() > built.mtimeMs
}

function newest(): number {
  let latest = 0
  for (const name of sources) {
    const path = join(root, name)
    const stat = statSync(path, { throwIfNoEntry: false })
    if (stat === undefined) continue
    if (!stat.isDirectory()) {
      latest = Math.max(latest, stat.mtimeMs)
      continue
    }
    for (const entry of readdirSync(path, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || /\.(test|fixture)\.ts$/.test(entry.name)) continue
      latest = Math.max(latest, statSync(join(entry.parentPath, entry.name)).mtimeMs)
    }
  }
  return latest
}

/** Builds the page where it is missing or older than its sources; `tell` hears that it takes a moment. */
export function ensureBuilt(tell: (text: string) => void, folder: string = assetsFolder): void {
  if (!isStale(folder)) return
  tell('building the dashboard (once, some seconds)')
  const vite = join(root, 'node_modules/vite/bin/vite.js')
  if (!existsSync(vite)) {
    throw new TokenwrightError('file', 'the dashboard is not built, and what builds it is not installed', {
      where: folder,
      fix: 'npm ci, then npm run build:web',
    })
  }
  const flags = [
    'build',
    '--config',
    join(root, 'web/vite.config.ts'),
    '--outDir',
    folder,
    '--logLevel',
    'warn',
  ]
  const { status, stderr } = spawnSync(process.execPath, [vite, ...flags], { cwd: root, encoding: 'utf8' })
  if (status === 0) return
  throw new TokenwrightError('internal', `the dashboard did not build: ${stderr.trim().slice(0, 2000)}`, {
    where: 'web/',
    fix: 'npm run build:web shows more',
  })
}
