/**
 * Arithmetic as a claim writes it, so that what is shown is what is computed.
 *
 *   sum     = product (('+' | '-') product)*
 *   product = unary (('*' | '/') unary)*
 *   unary   = '-' unary | number | name | '(' sum ')'
 */
import { assert } from '../core/assert.ts'

const tokenPattern = /\s*(\d+(?:\.\d+)?(?:e[+-]?\d+)?|[A-Za-z]\w*|[-+*/()])/y

/** The value of a formula over named values. A formula that cannot be read is a fault of the data, hence an assertion. */
export function evaluate(formula: string, values: ReadonlyMap<string, number>): number {
  const tokens = tokensOf(formula)
  let position = 0
  const next = () => tokens[position]
  const sum = (): number => {
    let value = product()
    while (next() === '+' || next() === '-')
      value = tokens[position++] === '+' ? value + product() : value - product()
    return value
  }
  const product = (): number => {
    let value = unary()
    while (next() === '*' || next() === '/')
      value = tokens[position++] === '*' ? value * unary() : value / unary()
    return value
  }
  const unary = (): number => {
    const token = tokens[position++]
    assert(token !== undefined, `«${formula}» ends too early`)
    if (token === '-') return -unary()
    if (token === '(') {
      const value = sum()
      assert(tokens[position++] === ')', `«${formula}» lacks a closing parenthesis`)
      return value
    }
    if (/^\d/.test(token)) return Number(token)
    const value = values.get(token)
    assert(value !== undefined, `«${formula}» uses ${token}, which has no value`)
    return value
  }
  const value = sum()
  assert(position === tokens.length, `«${formula}» goes on after its end`)
  return value
}

function tokensOf(formula: string): string[] {
  const tokens: string[] = []
  const text = formula.trimEnd()
  tokenPattern.lastIndex = 0
  while (tokenPattern.lastIndex < text.length) {
    const at = tokenPattern.lastIndex
    const match = tokenPattern.exec(text)
    assert(match !== null, `«${formula}» cannot be read from place ${at} on`)
    tokens.push(match[1]!)
  }
  return tokens
}
