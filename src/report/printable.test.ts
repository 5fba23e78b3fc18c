import { expect, test } from 'vitest'
import { allPrintable, printable } from './printable.ts'

test('a terminal obeys nothing that a server said', () => {
  expect(printable('vllm\u001b[2J\u001b]0;title\u0007 0.11')).toBe('vllm�[2J�]0;title� 0.11')
  expect(printable('a\r\nb\tc')).toBe('a b c')
  // Turns the direction of writing.
  expect(printable('safe\u202egpj.exe')).toBe('safe�gpj.exe')
})

test('letters of all scripts, accents and emoji stay', () => {
  const text = 'Qwen/通义千问 é e\u0301 🙂 – “x” − µs'
  expect(printable(text)).toBe(text)
})

test('strings are found wherever they are, names of fields too', () => {
  const result = allPrintable({
    a: ['x\u0000', { 'k\u001b': 1 }],
    b: null,
    c: 2,
    d: [1, 2],
    e: [null, 3],
    f: true,
  })
  expect(result).toEqual({ a: ['x�', { 'k�': 1 }], b: null, c: 2, d: [1, 2], e: [null, 3], f: true })
})
