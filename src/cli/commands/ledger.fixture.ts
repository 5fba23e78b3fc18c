/** A ledger for tests and for the guide: six hours of 2026-11-20, two tenants, two replicas of one's own and an API. */
import {
  attempt,
  billingConfig,
  cost,
  createFakeTime,
  deployment,
  replica,
  startBilling,
} from '../../gateway/billing/billing.fixture.ts'
import {
  createMemoryLedger,
  type LedgerEvent,
  openSqliteLedger,
  type RequestOwner,
} from '../../gateway/ledger/index.ts'
import { opened, settled } from '../../gateway/ledger/ledger.fixture.ts'

export const exampleStartMs = Date.UTC(2026, 10, 20)
const hours = 6
const requestsPerHour = 60

/** Writes the file; the same each time. */
export async function writeExampleLedger(path: string): Promise<void> {
  // Billed in memory, so that no disk decides when intervals are closed.
  const books = createMemoryLedger()
  const time = createFakeTime(exampleStartMs)
  const own = deployment('llama-h200', {
    replicas: [replica('0'), replica('1')],
    cost: { ...cost, usdPerReplicaHour: 5.8 },
  })
  const { billing } = startBilling(time, { ledger: books, config: billingConfig([own], 600) })
  const events: LedgerEvent[] = []
  for (let number = 0; number < hours * requestsPerHour; number++) {
    const atMs = time.nowMs()
    const owner: RequestOwner = {
      requestId: `request-${number}`,
      tenant: number % 3 === 0 ? 'bolt' : 'acme',
      keyId: number % 3 === 0 ? 'key-bolt' : `key-acme-${number % 2}`,
      modelAlias: number % 4 === 0 ? 'code' : 'chat',
    }
    const usage = {
      ...settled().usage,
      uncachedInput: 2000 + 10 * (number % 90),
      cachedInput: 1000,
      output: 600,
      reasoning: 0,
    }
    if (number % 4 === 0) {
      events.push(
        opened({ ...owner, atMs }),
        settled({
          ...{ ...owner, atMs: atMs + 3000, usage, target: { kind: 'offer', offer: 'openai/gpt-5.4' } },
          costNanoUsd: {
            uncachedInput: BigInt(usage.uncachedInput) * 2500n,
            cachedInput: BigInt(usage.cachedInput) * 250n,
            output: BigInt(usage.output) * 15_000n,
          },
        }),
      )
    } else {
      const target = { kind: 'deployment', deployment: own.name, replica: String(number % 2) } as const
      const [ttftMs, durationMs] = [400, 18_000]
      billing.record(own.name, {
        ...attempt(owner.requestId, atMs, { ...owner, replica: target.replica }),
        ...{
          computedTokens: usage.uncachedInput,
          cachedTokens: usage.cachedInput,
          outputTokens: usage.output,
        },
        ...{ firstTokenMs: atMs + ttftMs, endMs: atMs + durationMs },
      })
      events.push(
        opened({ ...owner, atMs, target }),
        settled({
          ...{
            ...owner,
            atMs: atMs + durationMs,
            usage,
            target,
            costNanoUsd: {},
            priceRuleId: '',
            ttftMs,
            durationMs,
          },
          state: number % 51 === 0 ? 'estimated' : 'reported',
        }),
      )
    }
    await time.advance(3_600_000 / requestsPerHour)
  }
  await billing.close()
  for (const { event } of await books.scan(0, 100_000)) events.push(event)
  const ledger = await openSqliteLedger({ path, thread: 'caller', durability: 'normal' })
  await ledger.append(events)
  await ledger.close()
}
