/** Kills a gateway under load again and again, and compares its ledger with what its clients and upstreams saw. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { RandomSource } from '../../../core/random.ts'
import { openSqliteLedger } from '../../ledger/index.ts'
import { startCrashClients } from './crash-clients.fixture.ts'
import { type CrashUpstream, startCrashUpstream, type ToldUsage } from './crash-upstream.fixture.ts'
import { type LedgerFindings, lookAtLedger } from './ledger-findings.fixture.ts'

export interface CrashSettings {
  readonly rounds: number
  readonly seed: string
  readonly clients: number
  readonly onRound?: (round: number, completed: number) => void
}

export interface CrashReport extends LedgerFindings {
  readonly kills: number
  /** Of them before the gateway said that it is ready: while it brought what the one before it had left. */
  readonly killsAtStart: number
  readonly completed: number
  readonly broken: number
  readonly refused: number
  readonly requestsAtOffer: number
  readonly pendingFiles: number
}

/** Longest time under load before a kill, and shortest lives of those that are killed while they start, ms. Chosen. */
const longestLoadMs = 1000
const longestStartMs = 1500
const killedAtStart = 0.2
/** Of the offer: dollars per million tokens, and the same in nano-dollars a token. */
const offerPrice = { uncachedInput: '0.137', cachedInput: '0.011', output: '1.93' }
const tokenPrice = { uncachedInput: 137, cachedInput: 11, output: 1930 }
const main = fileURLToPath(new URL('../../../cli/main.ts', import.meta.url))

export async function crashRounds(settings: CrashSettings): Promise<CrashReport> {
  const { rounds, seed, onRound } = settings
  const random = new RandomSource(seed)
  const moments = random.stream('kills')
  const folder = mkdtempSync(join(tmpdir(), 'gateway-crash-'))
  const [own, api] = [
    await startCrashUpstream(random.stream('own')),
    await startCrashUpstream(random.stream('api')),
  ]
  const path = join(folder, 'ledger.sqlite')
  const file = join(folder, 'gateway.json')
  writeFileSync(file, JSON.stringify(configuration(own, api, path)))
  const clients = startCrashClients(settings.clients, random.stream('clients'))
  let gateway: RunningGateway | null = null
  let killsAtStart = 0
  try {
    for (let round = 0; round < rounds; round++) {
      gateway = startGatewayProcess(file)
      if (moments.uniform() < killedAtStart) {
        await Promise.race([sleep(moments.uniform() * longestStartMs), gateway.ready])
        killsAtStart++
      } else {
        const before = clients.completed.size
        clients.speakTo(await gateway.ready)
        while (clients.completed.size === before) await sleep(2)
        await sleep(moments.uniform() * longestLoadMs)
      }
      await gateway.end('SIGKILL')
      clients.speakTo(null)
      onRound?.(round, clients.completed.size)
    }
    // One more life, which ends in order.
    gateway = startGatewayProcess(file)
    const before = clients.completed.size
    clients.speakTo(await gateway.ready)
    while (clients.completed.size < before + 10) await sleep(2)
    await clients.stop()
    await gateway.end('SIGTERM')
    gateway = null
    return {
      ...(await findingsOf(path, clients.completed, new Map([...own.told, ...api.told]))),
      kills: rounds,
      killsAtStart,
      completed: clients.completed.size,
      broken: clients.broken,
      refused: clients.refused,
      requestsAtOffer: api.told.size,
      pendingFiles: readdirSync(`${path}.pending`).filter(name => name.endsWith('.jsonl')).length,
    }
  } finally {
    clients.speakTo(null)
    await gateway?.end('SIGKILL')
    await clients.stop()
    await Promise.all([own.close(), api.close()])
    rmSync(folder, { recursive: true, force: true })
  }
}

async function findingsOf(
  path: string,
  completed: ReadonlySet<string>,
  told: ReadonlyMap<string, ToldUsage>,
): Promise<LedgerFindings> {
  const store = await openSqliteLedger({ path, access: 'read' })
  try {
    return await lookAtLedger(store, completed, told, tokenPrice)
  } finally {
    await store.close()
  }
}

function configuration(own: CrashUpstream, api: CrashUpstream, path: string): object {
  return {
    listen: { port: 0 },
    control: { port: 0 },
    ledger: { kind: 'sqlite', path, durability: 'normal' },
    // Often, so that kills fall into closings too.
    billing: { intervalSeconds: 1 },
    deployments: {
      own: {
        replicas: [{ name: 'r0', url: own.url, metrics: false }],
        cost: { usdPerReplicaHour: 3.6 },
        capacity: 30,
      },
    },
    offers: { api: { url: api.url, apiKey: 'none', price: offerPrice } },
    models: {
      // Failures are by chance: nobody is to be left alone for them.
      crash: { candidates: ['own', 'api'], policy: 'round-robin', attempts: { cooldownAfter: 1000 } },
    },
  }
}

interface RunningGateway {
  /** Its address. Rejects when it ends before it is ready. */
  readonly ready: Promise<string>
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>
}

function startGatewayProcess(file: string): RunningGateway {
  const child: ChildProcess = spawn(process.execPath, [main, 'gateway', file, '--log-level', 'error'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { promise: ready, resolve, reject } = Promise.withResolvers<string>()
  let said = ''
  let complained = ''
  child.stderr!.on('data', (piece: Buffer) => {
    complained += piece.toString()
  })
  child.stdout!.on('data', (piece: Buffer) => {
    said += piece.toString()
    const url = /^gateway\s+(http:\/\/\S+)\/v1/m.exec(said)?.[1]
    if (url !== undefined) resolve(url)
  })
  let isKilled = false
  const ended = new Promise<void>(done => {
    child.once('close', code => {
      if (!isKilled || (code !== null && code !== 0))
        reject(new Error(`the gateway ended by itself with ${code}: ${said}${complained}`))
      done()
    })
  })
  ready.catch(() => {})
  return {
    ready,
    async end(signal) {
      isKilled = true
      child.kill(signal)
      await ended
      if (/error/i.test(complained)) throw new Error(`the gateway complained: ${complained.slice(0, 2000)}`)
    },
  }
}
