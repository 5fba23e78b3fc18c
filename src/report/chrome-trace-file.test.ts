import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { TokenwrightError } from '../core/errors.ts'
import { fleetSettings, pool, request, Stage } from '../fleet/fleet.fixture.ts'
import { createFleet } from '../fleet/fleet.ts'
import { startChromeTrace } from './chrome-trace-file.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tokenwright-trace-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const pools = [pool({ name: 'serve' })]

function run(requests: number): Stage {
  const stage = new Stage(createFleet(fleetSettings({ pools })))
  for (let index = 0; index < requests; index++) stage.submit(index * 1000, request())
  return stage.finish()
}

test('the file is there when it is whole, and only then', () => {
  const path = join(folder, 'run.json')
  const trace = startChromeTrace(path, { pools })
  for (const event of run(200).events) trace.observe(event)
  expect(existsSync(path)).toBe(false)
  trace.finish()
  expect(readdirSync(folder)).toEqual(['run.json'])
  const { traceEvents, displayTimeUnit } = JSON.parse(readFileSync(path, 'utf8'))
  expect(displayTimeUnit).toBe('ms')
  expect(traceEvents.length).toBeGreaterThan(1000)
  trace.abort()
  expect(readdirSync(folder)).toEqual(['run.json'])
})

test('what was gathered is written on the way: memory does not grow with the run', () => {
  const trace = startChromeTrace(join(folder, 'run.json'), { pools })
  for (const event of run(200).events) trace.observe(event)
  const [temporary] = readdirSync(folder)
  expect(readFileSync(join(folder, temporary!)).length).toBeGreaterThan(100_000)
  trace.abort()
})

test('an aborted trace leaves nothing behind, an older one stays', () => {
  const path = join(folder, 'run.json')
  startChromeTrace(path, { pools }).finish()
  const older = readFileSync(path, 'utf8')
  const trace = startChromeTrace(path, { pools })
  for (const event of run(1).events) trace.observe(event)
  trace.abort()
  trace.abort()
  expect(readdirSync(folder)).toEqual(['run.json'])
  expect(readFileSync(path, 'utf8')).toBe(older)
})

test('a run without events is a trace without events', () => {
  const path = join(folder, 'run.json')
  startChromeTrace(path, { pools: [] }).finish()
  const { traceEvents } = JSON.parse(readFileSync(path, 'utf8'))
  expect(traceEvents.map(({ ph }: { ph: string }) => ph)).toEqual(['M', 'M'])
})

test('a folder that does not exist is the user’s error', () => {
  const path = join(folder, 'missing', 'run.json')
  expect(() => startChromeTrace(path, { pools })).toThrow(TokenwrightError)
  expect(() => startChromeTrace(path, { pools })).toThrow(/no such file/)
})

test('a folder in the file’s place is an error at the end, and nothing is left', () => {
  const trace = startChromeTrace(folder, { pools })
  expect(() => trace.finish()).toThrow(TokenwrightError)
  trace.abort()
  expect(readdirSync(folder)).toEqual([])
  expect(readdirSync(tmpdir()).filter(name => name.startsWith(`.${folder.split('/').at(-1)}`))).toEqual([])
})
