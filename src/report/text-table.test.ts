import { expect, test } from 'vitest'
import { displayWidth } from './display-width.ts'
import { renderTable } from './text-table.ts'

test('columns are as wide as their widest cell', () => {
  const table = renderTable(
    [{ header: 'name' }, { header: '$/Mtok', align: 'right' }],
    [
      ['H100', '0.5'],
      ['GB200 NVL72', '12.25'],
    ],
  )
  expect(table).toBe(
    ['name         $/Mtok', '───────────  ──────', 'H100            0.5', 'GB200 NVL72   12.25'].join('\n'),
  )
})

test('wide characters and colour codes do not shift columns', () => {
  const table = renderTable(
    [{ header: 'a' }, { header: 'b' }],
    [
      ['中文', 'x'],
      ['\u001b[1mbold\u001b[22m', 'x'],
    ],
  )
  const [, , wide, bold] = table.split('\n')
  expect(displayWidth(wide!)).toBe(displayWidth(bold!))
})

test('a table too wide has its widest left-aligned column cut', () => {
  const table = renderTable(
    [{ header: 'id' }, { header: 'note' }, { header: 'n', align: 'right' }],
    [['h200', 'a very long remark that does not fit', '12345']],
    { maximumWidth: 30 },
  )
  for (const line of table.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(30)
  expect(table).toContain('12345')
  expect(table).toContain('…')
})

test('missing cells are blank', () => {
  expect(renderTable([{ header: 'a' }, { header: 'b' }], [['x']])).toBe('a  b\n─  ─\nx')
})

test('cells that do not fit go on below when asked to', () => {
  const columns = [{ header: 'bill' }, { header: '$/h', align: 'right' }, { header: 'how' }] as const
  const rows = [['devices', '8.50', 'one device at a price of eight dollars']]
  expect(renderTable(columns, rows, { maximumWidth: 32, wrap: true })).toBe(
    [
      'bill      $/h  how',
      '───────  ────  ─────────────────',
      'devices  8.50  one device at a',
      '               price of eight',
      '               dollars',
    ].join('\n'),
  )
})
