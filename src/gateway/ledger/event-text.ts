/** Events as text and back: JSON in which amounts of money are decimal strings (JSON numbers would lose digits). */
import { assert } from '../../core/assert.ts'
import type { LedgerEvent } from './events.ts'

/** Members that hold money are named so; of an object named so, all members do. */
const moneySuffix = /nanousd$/i

/** One line of JSON. */
export function eventToText(event: LedgerEvent): string {
  return JSON.stringify(amountsToText(event))
}

/** The event of a line that eventToText made. Throws an assertion for anything else. */
export function eventFromText(text: string): LedgerEvent {
  const event: unknown = JSON.parse(text, textToAmounts)
  assert(
    typeof event === 'object' && event !== null && 'kind' in event,
    'an event of the ledger is an object',
  )
  return event as LedgerEvent
}

/** Whether two events say the same, whatever the order of their members. */
export function sameEvent(a: LedgerEvent, b: LedgerEvent): boolean {
  return canonical(a) === canonical(b)
}

function canonical(event: LedgerEvent): string {
  return JSON.stringify(event, (_, value: unknown) => {
    if (typeof value === 'bigint') return value.toString()
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}

/** Copies only what holds amounts: a fifth less time than a replacer, which is called for every member. */
function amountsToText(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(amountsToText)
  let copy: Record<string, unknown> | null = null
  for (const name in value) {
    const member = (value as Record<string, unknown>)[name]
    const told = amountsToText(member)
    if (told === member) continue
    copy ??= { ...value }
    copy[name] = told
  }
  return copy ?? value
}

function textToAmounts(name: string, value: unknown): unknown {
  if (!moneySuffix.test(name)) return value
  if (typeof value === 'string') return BigInt(value)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, amount]) => [key, BigInt(String(amount))]))
}
