/** A real Redis for tests and benchmarks: the one of TOKENWRIGHT_REDIS_URL, or a redis-server of our own on a socket in a temporary folder. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface TestRedis {
  /** For redisAuthority; the path of a socket is one for ioredis, too. */
  readonly url: string
  /** Stops it without saving, and starts it again, empty. Only of a server of our own. */
  stop(): Promise<void>
  start(): Promise<void>
  close(): Promise<void>
}

/** Why there is no Redis to test with, or null when there is. */
export function whyNoRedis(): string | null {
  try {
    createRequire(import.meta.url).resolve('ioredis')
  } catch {
    return 'ioredis is not installed (npm install ioredis, or NODE_PATH to a folder that has it)'
  }
  if (process.env.TOKENWRIGHT_REDIS_URL !== undefined) return null
  return spawnSync('redis-server', ['--version']).status === 0
    ? null
    : 'no redis-server on PATH and TOKENWRIGHT_REDIS_URL is not set'
}

/** port: also listens there, on this machine, and that is its address; left out, a socket is all it has. */
export async function startTestRedis(port: number | null = null): Promise<TestRedis> {
  const given = process.env.TOKENWRIGHT_REDIS_URL
  if (given !== undefined) {
    const nothing = async (): Promise<void> => {}
    return { url: given, stop: nothing, start: nothing, close: nothing }
  }
  const folder = mkdtempSync(join(tmpdir(), 'tokenwright-redis-'))
  const socket = join(folder, 'redis.sock')
  let server: ChildProcess | null = null
  const start = async (): Promise<void> => {
    const options = [
      '--port',
      String(port ?? 0),
      '--bind',
      '127.0.0.1',
      '--unixsocket',
      socket,
      '--save',
      '',
      '--appendonly',
      'no',
      '--dir',
      folder,
    ]
    server = spawn('redis-server', options, { stdio: 'ignore' })
    while (!existsSync(socket)) await pause(10)
  }
  const stop = async (): Promise<void> => {
    const running = server
    if (running === null) return
    server = null
    const ended = new Promise(resolve => running.once('exit', resolve))
    running.kill('SIGKILL')
    await ended
    rmSync(socket, { force: true })
  }
  await start()
  return {
    url: port === null ? socket : `redis://127.0.0.1:${port}`,
    start,
    stop,
    close: async () => {
      await stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
