/** Builds the page where needed, serves it, says where, and stops when told to. */
import { spawn } from 'node:child_process'
import { TokenwrightError } from '../core/errors.ts'
import { parseCount } from '../core/parse-quantity.ts'
import { assetsFolder, ensureBuilt, loadAssets, openRunLibrary, serveDashboard } from '../dashboard/index.ts'
import type { UpFlags } from './commands/up.ts'

export async function up(flags: UpFlags): Promise<void> {
  const port = portOf(flags.port)
  const runs = openRunLibrary(flags.runs)
  ensureBuilt(text => process.stderr.write(`${text}\n`))
  const server = await serveDashboard(loadAssets(assetsFolder), port, runs)
  process.stdout.write(`Tokenwright is at ${server.url}\nCtrl-C stops it.\n`)
  if (flags.open && process.stdout.isTTY && process.env.CI === undefined) openBrowser(server.url)
  await new Promise<void>(resolve => {
    process.once('SIGINT', resolve)
    process.once('SIGTERM', resolve)
  })
  await server.close()
}

function portOf(text: string): number {
  const port = parseCount(text, '--port', { minimum: 0 })
  if (port <= 65_535) return port
  throw new TokenwrightError('number', `there is no port ${port}`, {
    where: '--port',
    fix: 'give a number from 1 to 65535, or 0 for any that is free',
  })
}

/** A convenience: without a browser the address printed is enough. */
function openBrowser(url: string): void {
  const [command, ...before] =
    process.platform === 'darwin'
      ? ['open']
      : process.platform === 'win32'
        ? ['cmd', '/c', 'start', '']
        : ['xdg-open']
  const child = spawn(command!, [...before, url], { stdio: 'ignore', detached: true })
  child.on('error', () => {})
  child.unref()
}
