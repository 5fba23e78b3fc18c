/** Kills a writing process again and again, and looks at what it left behind. */
import { spawn } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { RandomSource } from '../../../core/random.ts'
import { noUsage } from '../../usage.ts'
import { auditLedger } from '../audit.ts'
import { idempotencyKey } from '../events.ts'
import { settled } from '../ledger.fixture.ts'
import { openSqliteLedger } from '../stores/sqlite-store.ts'

export interface CrashRound {
  readonly round: number
  readonly durability: 'full' | 'normal'
  /** Since the first acknowledgement. */
  readonly killedAfterMs: number
  readonly acknowledged: number
  /** Acknowledged and not there. */
  readonly lost: readonly string[]
  /** In the ledger, of all rounds. */
  readonly events: number
  /** Requests without an end, which were then marked estimated. */
  readonly leftOpen: number
  readonly problems: readonly string[]
}

/** Longest time between the first acknowledgement and the kill, ms. Chosen: dozens of commits. */
const longestMs = 150
const writer = fileURLToPath(new URL('./crash-writer.fixture.ts', import.meta.url))

/** One round after the other on one file, with random moments; durability alternates. */
export async function* crashRounds(path: string, rounds: number, seed: string): AsyncGenerator<CrashRound> {
  const moments = new RandomSource(seed).stream('kills')
  for (let round = 0; round < rounds; round++) {
    const durability = round % 2 === 0 ? 'full' : 'normal'
    const killedAfterMs = moments.uniform() * longestMs
    const acknowledged = await writeUntilKilled(path, round, durability, killedAfterMs)
    yield {
      round,
      durability,
      killedAfterMs,
      acknowledged: acknowledged.length,
      ...(await lookAt(path, acknowledged)),
    }
  }
}

/** How often to look whether something was acknowledged, ms. */
const lookEveryMs = 5

async function writeUntilKilled(
  path: string,
  round: number,
  durability: string,
  afterMs: number,
): Promise<string[]> {
  const acknowledged = `${path}.${round}.acknowledged`
  writeFileSync(acknowledged, '')
  const child = spawn(process.execPath, [writer, path, acknowledged, String(round), durability], {
    stdio: 'inherit',
  })
  let alive = true
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) =>
      signal === 'SIGKILL' ? resolve() : reject(new Error(`the writer ended by itself: ${code ?? signal}`)),
    )
  }).finally(() => {
    alive = false
  })
  const kill = async (): Promise<void> => {
    while (alive && statSync(acknowledged).size === 0) await sleep(lookEveryMs)
    await sleep(afterMs)
    child.kill('SIGKILL')
  }
  await Promise.all([ended, kill()])
  // The last line may be cut off: then nobody was told.
  return readFileSync(acknowledged, 'utf8').split('\n').slice(0, -1)
}

async function lookAt(path: string, acknowledged: readonly string[]) {
  const store = await openSqliteLedger({ path, thread: 'caller' })
  try {
    const there = new Set<string>()
    for (let cursor = 0; ; ) {
      const page = await store.scan(cursor, 5000)
      if (page.length === 0) break
      for (const { event } of page) there.add(idempotencyKey(event))
      cursor = page.at(-1)!.sequence
    }
    const open = await store.openRequests(0, 10_000)
    await store.append(
      open.map(({ requestId, tenant, keyId, modelAlias, reservedNanoUsd, atMs }) =>
        settled({
          ...{ requestId, tenant, keyId, modelAlias },
          atMs: atMs + 1,
          state: 'estimated',
          usage: { ...noUsage, output: 1 },
          releasedNanoUsd: reservedNanoUsd,
        }),
      ),
    )
    const { events, problems } = await auditLedger(store)
    const reserved = [...(await store.balances())].filter(
      ([account, nanoUsd]) => account.endsWith(':reserved') && nanoUsd !== 0n,
    )
    return {
      lost: acknowledged.filter(key => !there.has(key)),
      events,
      leftOpen: open.length,
      problems: [
        ...problems,
        ...reserved.map(([account]) => `${account} is not free after all requests ended`),
      ],
    }
  } finally {
    await store.close()
  }
}
