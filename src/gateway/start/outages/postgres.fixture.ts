/** A PostgreSQL of our own in a temporary folder, that can be stopped and started again. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export interface TestPostgres {
  readonly url: string
  /** At once, as when its machine fails. */
  stop(): Promise<void>
  start(): Promise<void>
  close(): Promise<void>
}

/** Servers refuse to run as root: then they run as the user that Debian's package makes. */
function serverUser(): { readonly uid: number; readonly gid: number } | null {
  const uid = process.getuid?.() ?? 1
  if (uid !== 0) return { uid, gid: process.getgid?.() ?? 1 }
  const number = (flag: string): number =>
    Number.parseInt(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout, 10)
  const found = { uid: number('-u'), gid: number('-g') }
  return Number.isNaN(found.uid) ? null : found
}

/** Why there is none to test with, or null when there is. */
export function whyNoPostgres(): string | null {
  const folders = (process.env.PATH ?? '').split(delimiter)
  for (const program of ['initdb', 'postgres'])
    if (!folders.some(folder => existsSync(join(folder, program)))) return `no ${program} on PATH`
  return serverUser() === null ? 'root cannot run it, and there is no user postgres' : null
}

/** Some seconds. Throws what initdb says when it fails. */
export async function startTestPostgres(): Promise<TestPostgres> {
  const user = serverUser()!
  const folder = mkdtempSync(join(tmpdir(), 'tokenwright-postgres-'))
  chownSync(folder, user.uid, user.gid)
  const data = join(folder, 'data')
  const made = spawnSync(
    'initdb',
    ['--pgdata', data, '--username', 'tokenwright', '--auth', 'trust', '--no-sync', '--no-instructions'],
    { ...user, encoding: 'utf8', cwd: folder },
  )
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`)
  const port = await freePort()
  let server: ChildProcess | null = null
  const start = async (): Promise<void> => {
    server = spawn('postgres', ['-D', data, '-p', String(port), '-k', folder, '-h', '127.0.0.1', '-F'], {
      ...user,
      cwd: folder,
      stdio: 'ignore',
    })
    while (spawnSync('pg_isready', ['-q', '-h', '127.0.0.1', '-p', String(port)]).status !== 0)
      await sleep(50)
  }
  const stop = async (): Promise<void> => {
    const running = server
    if (running === null) return
    server = null
    const ended = new Promise(resolve => running.once('exit', resolve))
    // Immediate shutdown: no farewell to anybody, recovery at the next start.
    running.kill('SIGQUIT')
    await ended
  }
  await start()
  return {
    url: `postgres://tokenwright@127.0.0.1:${port}/postgres`,
    start,
    stop,
    close: async () => {
      await stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}
