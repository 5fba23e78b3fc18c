/** The Bench page in a real browser, over runs that were measured a moment ago against the emulator. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type DashboardServer, openRunLibrary, serveDashboard } from '../../src/dashboard/index.ts'
import { comparison, drop, dropFolder, measure } from './bench-runs.ts'
import { everyLook } from './browser.ts'
import { inBrowser } from './in-browser.ts'

const root = mkdtempSync(join(tmpdir(), 'tokenwright-bench-page-'))
/** Files that are brought to the page, which the server does not list. */
const elsewhere = mkdtempSync(join(tmpdir(), 'tokenwright-bench-brought-'))

async function ready(page: Page): Promise<void> {
  await page.waitForSelector('[data-bench]')
}

inBrowser('bench page', dashboard => {
  let server: DashboardServer
  const open = (hash: string) => dashboard.open(hash, server.url)

  beforeAll(async () => {
    await measure('h100', join(root, 'before'))
    await measure('a100', join(root, 'later/after'))
    cpSync(join(root, 'before'), join(elsewhere, 'brought'), { recursive: true })
    cpSync(join(root, 'before'), join(root, 'cut'), { recursive: true })
    truncateSync(join(root, 'cut/result.json'), 20_000)
    server = await serveDashboard(dashboard.assets, 0, openRunLibrary(root))
  }, 180_000)
  afterAll(async () => {
    await server?.close()
    for (const folder of [root, elsewhere]) rmSync(folder, { recursive: true, force: true })
  })

  test('lists runs newest first; a damaged one is one error and hides no other', async () => {
    const { page, complaints } = await open('#/bench')
    await ready(page)
    const rows = page.locator('table.runs tbody tr')
    expect(await rows.count()).toBe(2)
    expect(await rows.first().textContent()).toMatch(
      /later\/after.*meta-llama\/Llama-3\.1-8B.*concurrency.*\$/,
    )
    const alerts = page.getByRole('alert')
    expect(await alerts.count()).toBe(1)
    expect(await alerts.textContent()).toMatch(/cut off.*cut\/result\.json/)
    expect(await everyLook(page, 'bench')).toEqual([])
    expect(complaints).toEqual([])
    await page.close()
  })

  test('a run is opened: verdict, figures, cost by its arithmetic, prediction beside it', async () => {
    const { page, complaints } = await open('#/bench')
    await ready(page)
    await page.getByRole('link', { name: 'before', exact: true }).click()
    await page.waitForSelector('[data-run] .key')
    const text = await page.textContent('.bench')
    expect(text).toMatch(/\/h ÷ \(.+ tokens\/s, input and output, × 3,600 s\) × 1,000,000 = \$/)
    expect(text).toMatch(/Within every objective: /)
    expect(text).toMatch(/(valid|suspect|invalid): .*checks passed/)
    for (const title of ['Latency by share of the requests', 'Tokens over the run', 'Cost and speed'])
      expect(await page.locator('figure', { hasText: title }).count()).toBeGreaterThanOrEqual(1)
    await page.waitForSelector('[data-predicted]', { timeout: 30_000 })
    const predicted = page.locator('[data-predicted]')
    expect(await predicted.textContent()).toMatch(/TTFT mean.*[+−]?\d+(\.\d)? %.*(within|outside)/)
    expect(await predicted.textContent()).toMatch(/of 8 figures lie within the prediction’s 80 % band/)
    expect(await everyLook(page, 'bench-run')).toEqual([])
    expect(complaints).toEqual([])
    await page.close()
  })

  test('another load is picked by keyboard and stands in the link; another deployment is predicted', async () => {
    const { page, complaints } = await open('#/bench?run=before')
    await page.waitForSelector('[data-predicted]', { timeout: 30_000 })
    const row = page.getByRole('button', { name: /show concurrency 1/ })
    await row.focus()
    await page.keyboard.press('Enter')
    await expect.poll(() => page.url()).toContain('load=0')
    expect(await page.locator('.run h2').first().textContent()).toBe('concurrency 1')
    const before = await page.textContent('[data-predicted] table')
    await page.getByLabel('Hardware').selectOption('b200-sxm')
    await expect.poll(() => page.textContent('[data-predicted] table'), { timeout: 20_000 }).not.toBe(before)
    expect(page.url()).toContain('hardware=b200-sxm')
    const again = await open(new URL(page.url()).hash)
    await again.page.waitForSelector('[data-predicted]', { timeout: 30_000 })
    expect(await again.page.textContent('[data-predicted] table')).toBe(
      await page.textContent('[data-predicted] table'),
    )
    expect(complaints).toEqual([])
    await page.close()
    await again.page.close()
  })

  test('its report opens, styled and without scripts', async () => {
    const { page, complaints } = await open('#/bench?run=before')
    const link = page.getByRole('link', { name: 'Open its report' })
    const [report] = await Promise.all([page.context().waitForEvent('page'), link.click()])
    await report.waitForLoadState()
    expect(await report.locator('h1').textContent()).toMatch(/per million tokens/)
    expect(await report.locator('main').evaluate(element => getComputedStyle(element).maxWidth)).not.toBe(
      'none',
    )
    expect(await report.evaluate('origin')).toBe('null')
    expect(complaints).toEqual([])
    await report.close()
    await page.close()
  })

  test('two runs are compared as the command line does, by a link that reproduces it', async () => {
    const { page, complaints } = await open('#/bench')
    await ready(page)
    await page.getByLabel('Compare later/after').check()
    await page.getByLabel('Compare before').check()
    await page.getByRole('link', { name: 'Compare later/after with before' }).click()
    await page.waitForSelector('[data-compared-runs="2"]', { timeout: 30_000 })
    expect(page.url()).toMatch(/a=before&b=later%2Fafter/)
    expect(await page.locator('.outcome').first().textContent()).toMatch(
      /differ beyond noise|No difference shown/,
    )
    const said = await comparison(root, 'before', 'later/after')
    for (const { load, figures } of said.loads) {
      const { ratio } = figures.find(({ metric }) => metric === 'throughput')!
      const percent = Math.abs((ratio! - 1) * 100).toFixed(1)
      const row = page
        .getByRole('region', { name: `Figures at ${load}` })
        .locator('tr', { hasText: 'throughput' })
      expect(await row.textContent()).toContain(`${percent} %`)
    }
    expect(await everyLook(page, 'bench-compared')).toEqual([])
    const again = await open(new URL(page.url()).hash)
    await again.page.waitForSelector('[data-compared-runs]', { timeout: 30_000 })
    for (const part of ['.outcome', 'table'])
      expect(await again.page.locator(part).allTextContents()).toEqual(
        await page.locator(part).allTextContents(),
      )
    await page.close()
    await again.page.close()
    expect(complaints).toEqual([])
  })

  test('a run against itself shows no difference', async () => {
    const { page } = await open('#/bench?a=before&b=before')
    await page.waitForSelector('[data-compared-runs]', { timeout: 30_000 })
    expect(await page.locator('.outcome').first().textContent()).toMatch(/^No difference shown/)
    await page.close()
  })

  test('runs without a load in common are not comparable, and it says why', async () => {
    const other = JSON.parse(readFileSync(join(root, 'before/result.json'), 'utf8'))
    for (const point of other.points) {
      point.load.name = `sessions ${point.load.concurrency}`
      point.load.concurrency += 100
    }
    mkdirSync(join(root, 'other'))
    writeFileSync(join(root, 'other/result.json'), JSON.stringify(other))
    const { page, complaints } = await open('#/bench?a=before&b=other')
    const alert = page.getByRole('alert')
    await alert.waitFor()
    expect(await page.textContent('.bench')).toContain('Not comparable.')
    expect(await alert.textContent()).toMatch(/No load is in both.*Measure both at the same loads/)
    expect(complaints).toEqual([])
    await page.close()
    rmSync(join(root, 'other'), { recursive: true })
  })

  test('a result that lacks a part takes neither the list nor the page with it; a plan’s prediction is shown', async () => {
    const text = readFileSync(join(root, 'before/result.json'), 'utf8')
    const row = {
      name: 'TTFT mean',
      unit: 'ms',
      predicted: 50,
      measured: 40,
      low: 41,
      high: 60,
      inside: false,
    }
    const keep = (name: string, change: (point: Record<string, unknown>) => void) => {
      const result = JSON.parse(text)
      for (const point of result.points) change(point)
      mkdirSync(join(root, name))
      writeFileSync(join(root, name, 'result.json'), JSON.stringify(result))
    }
    keep('row', point => Object.assign(point.summary as object, { objectives: [null] }))
    keep('figure', point => Object.assign(point, { tokens: { server: {} } }))
    keep('planned', point => Object.assign(point, { prediction: { deployment: 'plan.yaml', rows: [row] } }))
    const { page, complaints } = await open('#/bench')
    await ready(page)
    expect(await page.locator('table.runs tbody tr').count()).toBe(4)
    expect(await page.getByRole('alert').allTextContents()).toEqual([
      expect.stringMatching(/lacks something.*row\/result\.json/),
      expect.stringMatching(/cut off/),
    ])
    await page.getByRole('link', { name: 'figure', exact: true }).click()
    await page.getByText('The result lacks something').waitFor()
    await page.getByRole('link', { name: 'All runs' }).click()
    await page.getByRole('link', { name: 'planned', exact: true }).click()
    const planned = page.getByRole('region', { name: 'Predicted by the plan' })
    await planned.waitFor()
    expect(await planned.textContent()).toMatch(/TTFT mean50\.0 ms40\.0 ms\+25 %41\.0 ms to 60\.0 msoutside/)
    expect(await page.evaluate('document.activeElement.id')).toBe('main')
    expect(complaints).toEqual([])
    await page.close()
    for (const name of ['row', 'figure', 'planned']) rmSync(join(root, name), { recursive: true })
  })

  test('without runs it says how to make one; brought ones are read in the page', async () => {
    const { page, complaints } = await dashboard.open('#/bench')
    await ready(page)
    expect(await page.textContent('.bench')).toContain('tokenwright bench http://localhost:8000')
    expect(await everyLook(page, 'bench-empty')).toEqual([])
    await page.setInputFiles('input[data-brings=folder]', join(elsewhere, 'brought'))
    const rows = page.locator('table.runs tbody tr')
    await expect.poll(() => rows.count()).toBe(1)
    expect(await rows.textContent()).toMatch(/dropped\/brought.*in this page only/)
    // Two files of one name are two runs; brought again, they are the same two.
    const files = ['before', 'later/after'].map(run => join(root, run, 'result.json'))
    for (let time = 0; time < 2; time++) await page.setInputFiles('input[data-brings=files]', files)
    await expect.poll(() => rows.count()).toBe(3)
    expect((await rows.getByRole('link').allTextContents()).toSorted()).toEqual([
      'dropped/brought',
      'dropped/result.json',
      'dropped/result.json (2)',
    ])
    await page.getByRole('link', { name: 'dropped/brought' }).click()
    await page.waitForSelector('[data-run] .key')
    await page.waitForSelector('[data-predicted]', { timeout: 30_000 })
    await page.getByRole('link', { name: 'All runs' }).click()
    await page.getByLabel('Compare dropped/brought').check()
    await page.getByLabel('Compare dropped/result.json (2)').check()
    expect(await page.getByRole('checkbox', { disabled: true }).count()).toBe(1)
    await page.getByRole('link', { name: /^Compare dropped/ }).click()
    await page.waitForSelector('[data-compared-runs="2"]', { timeout: 30_000 })
    expect(complaints).toEqual([])
    await page.close()
  })

  test('what is dropped is read: a result of another tool, a folder, and what is neither', async () => {
    const { page, complaints } = await dashboard.open('#/bench')
    await ready(page)
    const aiperf = join(root, 'before/1-concurrency-1/profile_export_aiperf.json')
    await drop(page, 'profile_export_aiperf.json', readFileSync(aiperf, 'utf8'))
    const rows = page.locator('table.runs tbody tr')
    await expect.poll(() => rows.count()).toBe(1)
    expect(await rows.textContent()).toMatch(/measured by aiperf/)
    await drop(page, 'other.json', '{"nothing": 1}')
    await expect.poll(() => page.getByRole('alert').count()).toBe(1)
    expect(await page.getByRole('alert').textContent()).toMatch(
      /No file in the folder is a result that is known/,
    )
    await dropFolder(page, elsewhere)
    await expect.poll(() => rows.count(), { timeout: 10_000 }).toBe(2)
    expect(await rows.allTextContents()).toContainEqual(expect.stringMatching(/dropped\/.*\/brought.*\$/))
    await page.getByRole('link', { name: /profile_export_aiperf/ }).click()
    await page.waitForSelector('[data-run=imported] table')
    expect(complaints).toEqual([])
    await page.close()
  })

  test('a figure is saved as SVG and CSV', async () => {
    const { page, complaints } = await open('#/bench?run=before')
    await page.waitForSelector('[data-run] .key')
    for (const [form, start] of [
      ['SVG', /^<svg/],
      ['CSV', /^shareOfRequests,ttftMs,/],
    ] as const) {
      const waiting = page.waitForEvent('download')
      await page.getByRole('button', { name: `Save “Latency by share of the requests” as ${form}` }).click()
      expect(readFileSync(await (await waiting).path(), 'utf8')).toMatch(start)
    }
    expect(complaints).toEqual([])
    await page.close()
  })
})
