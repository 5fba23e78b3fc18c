/** Ways to tell groups of requests apart: by who asked, for which model, where it ran, by how long the prompt is. */
import type { RequestRecord } from './record.ts'

export interface Breakdown {
  readonly name: string
  readonly groupOf: (record: RequestRecord) => string
}

export const byTenant: Breakdown = { name: 'tenant', groupOf: record => record.tenant }
export const byModel: Breakdown = { name: 'model', groupOf: record => record.model }

/** By where it ran; requests that ran nowhere are «-1». */
export const byReplica: Breakdown = { name: 'replica', groupOf: record => String(record.replica) }

/** Classes by prompt length: limits [1000, 8000] give «1000 or less», «1001 to 8000» and «8001 or more». */
export function byInputTokens(limits: readonly number[]): Breakdown {
  const ascending = limits.toSorted((a, b) => a - b)
  const names = ascending.map((limit, index) =>
    index === 0 ? `${limit} or less` : `${ascending[index - 1]! + 1} to ${limit}`,
  )
  const last = ascending.length === 0 ? 'all' : `${ascending.at(-1)! + 1} or more`
  return {
    name: 'input tokens',
    groupOf: record => {
      for (let index = 0; index < ascending.length; index++) {
        if (record.inputTokens <= ascending[index]!) return names[index]!
      }
      return last
    },
  }
}
