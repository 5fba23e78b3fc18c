import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { TokenwrightError } from '../../../core/errors.ts'
import { recoverOpenRequests } from '../../billing/index.ts'
import { noUsage } from '../../usage.ts'
import { auditLedger } from '../audit.ts'
import { eventToText } from '../event-text.ts'
import type { LedgerEvent, RequestOpened, RequestSettled } from '../events.ts'
import { createMemoryLedger } from '../stores/memory-store.ts'
import { lockFolder } from './folder-lock.ts'
import { type LedgerRecorderSettings, openLedgerRecorder } from './ledger-recorder.ts'
import { openPendingFiles } from './pending-files.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'pending-'))
  folders.push(made)
  return join(made, 'pending')
}

const eventFiles = (at: string): string[] => readdirSync(at).filter(name => name.endsWith('.jsonl'))

function settled(requestId: string, output = 5): RequestSettled {
  return {
    kind: 'requestSettled',
    requestId,
    tenant: 'acme',
    keyId: 'k',
    modelAlias: 'm',
    atMs: 1000,
    attempt: 0,
    final: true,
    target: { kind: 'offer', offer: 'o' },
    usage: { ...noUsage, output },
    state: 'reported',
    bearer: 'tenant',
    costNanoUsd: { output: 7n },
    priceRuleId: 'p',
    releasedNanoUsd: 0n,
    ttftMs: 1,
    durationMs: 2,
    sample: null,
  }
}

function quiet(
  settings: Pick<LedgerRecorderSettings, 'ledger' | 'folder'> & Partial<LedgerRecorderSettings>,
) {
  return openLedgerRecorder({ nowMs: () => 5, onAway: () => {}, onRefused: () => {}, ...settings })
}

function opened(requestId: string): RequestOpened {
  const { tenant, keyId, modelAlias, atMs, target } = settled(requestId)
  return { kind: 'requestOpened', requestId, tenant, keyId, modelAlias, atMs, target, reservedNanoUsd: 9n }
}

const released = (requestId: string, releasedNanoUsd: bigint) => ({ ...settled(requestId), releasedNanoUsd })

/** A ledger that is away until it is told to come back; what it had before stays. */
function ledgerThatGoes() {
  const ledger = createMemoryLedger()
  let isAway = false
  return {
    ledger,
    away: (now: boolean) => {
      isAway = now
    },
    append: (events: readonly LedgerEvent[]) =>
      isAway ? Promise.reject(new TokenwrightError('ledger', 'away')) : ledger.append(events),
    request: ledger.request.bind(ledger),
  }
}

describe('events on their way to the ledger', () => {
  test('are all there after close(), and no file is left', async () => {
    const ledger = createMemoryLedger()
    const at = folder()
    const recorder = await quiet({ ledger, folder: at })
    for (let index = 0; index < 2500; index++) recorder.record(settled(`r${index}`))
    expect(await recorder.close(5000)).toBe(true)
    expect((await ledger.scan(0, 10_000)).map(({ event }) => event)).toHaveLength(2500)
    expect(eventFiles(at)).toEqual([])
  })
  test('go together: few wait for others, many do not wait', async () => {
    const ledger = createMemoryLedger()
    const batches: number[] = []
    const append = (events: readonly LedgerEvent[]) => {
      batches.push(events.length)
      return ledger.append(events)
    }
    const request = ledger.request.bind(ledger)
    const recorder = await quiet({ ledger: { append, request }, folder: null })
    for (let index = 0; index < 5; index++) {
      recorder.record(settled(`few-${index}`))
      await new Promise(resolve => setImmediate(resolve))
    }
    expect(batches).toEqual([])
    await expect.poll(() => batches).toEqual([5])
    for (let index = 0; index < 1000; index++) recorder.record(settled(`many-${index}`))
    expect(batches).toEqual([5, 1000])
    recorder.record(settled('last'))
    expect(await recorder.close(5000)).toBe(true)
    expect(batches).toEqual([5, 1000, 1])
  })
  test('stay in order over an outage, which is told of twice', async () => {
    const ledger = ledgerThatGoes()
    const told: (string | null)[] = []
    const recorder = await quiet({
      ledger,
      folder: folder(),
      onAway: error => told.push(error?.message ?? null),
    })
    ledger.away(true)
    recorder.record(settled('a'))
    recorder.record(settled('b'))
    await expect.poll(() => told).toEqual(['away'])
    expect(recorder.waiting).toBe(2)
    ledger.away(false)
    recorder.record(settled('c'))
    await expect.poll(() => recorder.waiting).toBe(0)
    expect(told).toEqual(['away', null])
    const ids = (await ledger.ledger.scan(0, 10)).map(({ event }) => (event as RequestSettled).requestId)
    expect(ids).toEqual(['a', 'b', 'c'])
    await recorder.close(1000)
  })
  test('of a process that ended early come to the ledger with the next one, once each', async () => {
    const at = folder()
    const ledger = ledgerThatGoes()
    const first = await quiet({ ledger, folder: at })
    first.record(settled('kept'))
    await expect.poll(() => first.waiting).toBe(0)
    ledger.away(true)
    first.record(settled('left'))
    expect(await first.close(50)).toBe(false)
    ledger.away(false)
    const second = await quiet({ ledger, folder: at })
    expect(second.recovered).toEqual({ events: 2, damagedLines: 0 })
    const ids = (await ledger.ledger.scan(0, 10)).map(({ event }) => (event as RequestSettled).requestId)
    expect(ids).toEqual(['kept', 'left'])
    await second.close(1000)
    expect(eventFiles(at)).toEqual([])
  })
  test('a torn last line is nobody’s; a damaged one in the middle keeps its file for a person', async () => {
    const at = folder()
    mkdirSync(at)
    const torn = join(at, `${process.pid}-1-1.jsonl`)
    writeFileSync(torn, `${eventToText(settled('whole'))}\n`)
    appendFileSync(torn, eventToText(settled('torn')).slice(0, 50))
    writeFileSync(join(at, `${process.pid}-1-2.jsonl`), `{"kind"\n${eventToText(settled('after'))}\n`)
    const ledger = createMemoryLedger()
    const recorder = await quiet({ ledger, folder: at })
    expect(recorder.recovered).toEqual({ events: 2, damagedLines: 1 })
    const ids = (await ledger.scan(0, 10)).map(({ event }) => (event as RequestSettled).requestId)
    expect(ids.sort()).toEqual(['after', 'whole'])
    await recorder.close(1000)
    expect(eventFiles(at)).toEqual([`${process.pid}-1-2.jsonl`])
  })
  test('files of a gateway that still runs are left alone, until it ends', async () => {
    const at = folder()
    const theirs = lockFolder(at)
    expect(theirs.holder).toBe('ours')
    writeFileSync(join(at, `${process.pid}-1-1.jsonl`), `${eventToText(settled('theirs'))}\n`)
    const ledger = createMemoryLedger()
    const recorder = await quiet({ ledger, folder: at })
    expect(recorder.recovered.events).toBe(0)
    expect(await ledger.scan(0, 10)).toEqual([])
    await recorder.close(1000)
    theirs.release()
    const next = await quiet({ ledger, folder: at })
    expect(next.recovered.events).toBe(1)
    await next.close(1000)
  })
  test('of a process whose number another one has by now are found all the same; other files are nobody’s business', async () => {
    const at = folder()
    mkdirSync(at)
    writeFileSync(join(at, `${process.ppid}-1-1.jsonl`), `${eventToText(settled('reused'))}\n`)
    writeFileSync(join(at, 'notes.txt'), '')
    const ledger = createMemoryLedger()
    const recorder = await quiet({ ledger, folder: at })
    expect(recorder.recovered).toEqual({ events: 1, damagedLines: 0 })
    await recorder.close(1000)
    expect(readdirSync(at).sort()).toEqual(['lock', 'notes.txt'])
  })
  test('one that contradicts the ledger is told of, and the others go on', async () => {
    const ledger = createMemoryLedger()
    await ledger.append([settled('x', 5)])
    const refused: LedgerEvent[] = []
    const recorder = await quiet({ ledger, folder: folder(), onRefused: event => refused.push(event) })
    recorder.record(settled('w'))
    recorder.record(settled('x', 6))
    recorder.record(settled('y'))
    await expect.poll(() => recorder.waiting).toBe(0)
    expect(refused).toEqual([settled('x', 6)])
    expect(await ledger.scan(0, 10)).toHaveLength(3)
    await recorder.close(1000)
  })
  test('usage of a request that another gateway gave up is added to it, once', async () => {
    const ledger = createMemoryLedger()
    await ledger.append([opened('late')])
    await recoverOpenRequests(ledger, { nowMs: 1_000_000, olderThanMs: 0 })
    const refused: LedgerEvent[] = []
    for (let life = 0; life < 2; life++) {
      const recorder = await quiet({ ledger, folder: folder(), onRefused: event => refused.push(event) })
      recorder.record(released('late', 9n))
      expect(await recorder.close(5000)).toBe(true)
    }
    expect(refused).toEqual([])
    const account = await ledger.request('late')
    expect(account).toMatchObject({ settled: [{ state: 'estimated' }], totalNanoUsd: 7n })
    expect(account!.adjusted).toMatchObject([
      { reason: 'usage-arrived', state: 'reported', usage: { output: 5 } },
    ])
    expect((await ledger.balances()).get('tenant:acme:reserved')).toBe(0n)
    expect((await auditLedger(ledger)).problems).toEqual([])
  })
  test('nobody is let in while more wait than memory may hold', async () => {
    const recorder = await quiet({
      ledger: { append: () => new Promise(() => {}), request: async () => null },
      folder: null,
    })
    for (let index = 0; index < 49_999; index++) recorder.record(settled(`r${index}`))
    expect(recorder.accepts).toBe(true)
    recorder.record(settled('last'))
    expect(recorder.accepts).toBe(false)
  })
  test('while the disk takes nothing nobody is let in; they are again when it does, without a further event', async () => {
    const told: (string | null)[] = []
    let isFull = false
    const ledger = createMemoryLedger()
    const at = folder()
    const recorder = await quiet({
      ledger,
      folder: at,
      onAway: error => told.push(error?.message ?? null),
      openFiles: (...where) => {
        const files = openPendingFiles(...where)
        return {
          ...files,
          flush: () => {
            if (isFull) throw new Error('no space left')
            files.flush()
          },
        }
      },
    })
    isFull = true
    recorder.record(settled('a'))
    recorder.record(settled('b'))
    recorder.flush()
    expect(recorder.accepts).toBe(false)
    await expect.poll(() => recorder.waiting).toBe(0)
    expect(recorder.accepts).toBe(false)
    isFull = false
    await expect.poll(() => recorder.accepts).toBe(true)
    expect(told).toEqual(['no space left', null])
    expect(await ledger.scan(0, 10)).toHaveLength(2)
    await recorder.close(1000)
    expect(eventFiles(at)).toEqual([])
  })
  test('a request that began in one file and ended in another sets nothing aside', async () => {
    const at = folder()
    mkdirSync(at)
    writeFileSync(join(at, `${process.pid}-1-1.jsonl`), `${eventToText(opened('across'))}\n`)
    writeFileSync(join(at, `${process.pid}-1-2.jsonl`), `${eventToText(released('across', 0n))}\n`)
    const ledger = createMemoryLedger()
    const recorder = await quiet({ ledger, folder: at })
    expect(await ledger.openRequests(0, 10)).toEqual([])
    expect((await ledger.balances()).get('tenant:acme:reserved') ?? 0n).toBe(0n)
    await recorder.close(1000)
  })
  test('a folder that cannot be made is an error at the start', async () => {
    const at = folder()
    writeFileSync(at, 'a file')
    await expect(quiet({ ledger: createMemoryLedger(), folder: at })).rejects.toThrow(TokenwrightError)
  })

  test('that a request began is brought only if it runs on; either way the books say the same', async () => {
    const ledger = createMemoryLedger()
    const recorder = await quiet({ ledger, folder: folder(), quickRequestMs: 60 })
    recorder.record(opened('quick'))
    recorder.record(opened('long'))
    recorder.record(released('quick', 9n))
    await expect.poll(async () => (await ledger.scan(0, 10)).length).toBe(2)
    expect((await ledger.scan(0, 10)).map(({ event }) => event)).toEqual([
      released('quick', 0n),
      opened('long'),
    ])
    expect((await ledger.balances()).get('tenant:acme:reserved')).toBe(9n)
    recorder.record(released('long', 9n))
    await recorder.close(1000)
    expect((await ledger.balances()).get('tenant:acme:reserved')).toBe(0n)
    expect(await ledger.openRequests(0, 10)).toEqual([])
  })
  test('one that had begun when the process ended is found open by the next, and a quick one is not', async () => {
    const at = folder()
    mkdirSync(at)
    const lines = [opened('open'), opened('quick'), released('quick', 0n), opened('acknowledged')]
    writeFileSync(
      join(at, `${process.pid}-1-1.jsonl`),
      lines.map(event => `${eventToText(event)}\n`).join(''),
    )
    const ledger = createMemoryLedger()
    await ledger.append([released('acknowledged', 0n)])
    const recorder = await quiet({ ledger, folder: at })
    expect((await ledger.openRequests(0, 10)).map(({ requestId }) => requestId)).toEqual(['open'])
    expect((await ledger.balances()).get('tenant:acme:reserved')).toBe(9n)
    await recorder.close(1000)
  })
})
