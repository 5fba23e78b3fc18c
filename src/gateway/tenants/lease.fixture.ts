/** What a replica says of an account, where a test says nothing else: nothing used, kept or wanted. */
import type { ExchangeRequest } from './lease-account.ts'

export function ask(replica: string, sequence: number, rest: Partial<ExchangeRequest> = {}): ExchangeRequest {
  return { replica, sequence, total: 0n, baseline: 0n, keep: 0n, need: 0n, desire: 0n, ...rest }
}
