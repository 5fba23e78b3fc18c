import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { dashboardFiles } from './gateway-dashboard.ts'

const folder = mkdtempSync(join(tmpdir(), 'tokenwright-dashboard-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const ask = (target: string) =>
  dashboardFiles(folder)?.({ method: 'GET', target, header: () => undefined }).status ?? null

test('a gateway has the dashboard where it is built, and runs without it where it is not', () => {
  expect(dashboardFiles(join(folder, 'nowhere'))).toBeNull()
  expect(ask('/')).toBeNull()
  writeFileSync(join(folder, 'index.html'), '<!doctype html>')
  expect([ask('/'), ask('/other')]).toEqual([200, 404])
})
