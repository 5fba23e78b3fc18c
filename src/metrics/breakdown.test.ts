import { expect, test } from 'vitest'
import { byInputTokens, byModel, byReplica, byTenant } from './breakdown.ts'
import { record, rejected } from './record.fixture.ts'

test('classes by prompt length', () => {
  const { groupOf } = byInputTokens([8000, 1000])
  const names = [1, 1000, 1001, 8000, 8001].map(inputTokens => groupOf(record({ inputTokens })))
  expect(names).toEqual(['1000 or less', '1000 or less', '1001 to 8000', '1001 to 8000', '8001 or more'])
  expect(byInputTokens([]).groupOf(record())).toBe('all')
})

test('by what the record says', () => {
  const one = record({ tenant: 'acme', model: 'qwen', replica: 3 })
  expect([byTenant, byModel, byReplica].map(({ groupOf }) => groupOf(one))).toEqual(['acme', 'qwen', '3'])
  expect(byReplica.groupOf(rejected())).toBe('-1')
})
