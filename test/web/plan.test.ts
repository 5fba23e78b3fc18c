/** The Plan page in a real browser: asks, answers, reproduces by link, saves, works by keyboard, and asks nobody else. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { everyLook, packedBytes } from './browser.ts'
import { inBrowser } from './in-browser.ts'

const question =
  '#/plan?model=openai%2Fgpt-oss-120b&isl=1024&osl=1024&slo=tpot+mean+%3C+10ms&hardware=h200-sxm%2Cb200-sxm'

/** The whole answer, with its curves. */
async function answered(page: Page): Promise<void> {
  await page.waitForSelector('[data-curves-ms]', { timeout: 60_000 })
}

async function price(page: Page): Promise<string> {
  return (await page.textContent('.headline .price strong'))!
}

inBrowser('plan page', dashboard => {
  test('answers, wide and narrow, light and dark, without a complaint or a serious issue', async () => {
    const { page, complaints } = await dashboard.open(question)
    await answered(page)
    expect(await price(page)).toMatch(/^\$0\.\d+$/)
    expect(await page.locator('svg.figure').count()).toBeGreaterThanOrEqual(5)
    expect(await everyLook(page, 'plan')).toEqual([])
    expect(complaints).toEqual([])
    await page.close()
  })

  test('a first look loads at most 250 kB of packed scripts', async () => {
    const { page } = await dashboard.open('#/claims')
    const names = new Set<string>()
    page.on('request', asked => names.add(new URL(asked.url()).pathname.slice(1)))
    await page.goto(`${dashboard.url}?again${question}`)
    await answered(page)
    const scripts = [...names].filter(name => name.endsWith('.js'))
    expect(scripts.length).toBeGreaterThanOrEqual(3)
    const sizes = scripts.map(name => packedBytes(dashboard.assets, name))
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(250_000)
    await page.close()
  })

  test('the same link gives the same answer, and a change is in the link', async () => {
    const { page } = await dashboard.open(question)
    await answered(page)
    const before = await price(page)
    const field = page.getByRole('textbox', { name: 'Output', exact: true })
    await field.fill('2048')
    await field.press('Enter')
    await expect.poll(() => price(page)).not.toBe(before)
    await answered(page)
    const after = await price(page)
    const again = await dashboard.open(new URL(page.url()).hash)
    await answered(again.page)
    expect(await price(again.page)).toBe(after)
    expect(again.page.url()).toContain('osl=2048')
    await page.close()
    await again.page.close()
  })

  test('a row of the ranking is picked by keyboard, and its launch files are written', async () => {
    const { page, complaints } = await dashboard.open(question)
    await answered(page)
    const rows = page.locator('button.row')
    await rows.nth(2).focus()
    await page.keyboard.press('Enter')
    await page.waitForSelector('tbody tr:nth-child(3).picked')
    expect(page.url()).toContain('pick=')
    await page.locator('summary', { hasText: 'deployment.yaml' }).click()
    expect(await page.locator('.file[open] pre').textContent()).toContain('openai/gpt-oss-120b')
    expect(complaints).toEqual([])
    await page.close()
  })

  test('what model and workload contribute follows the curves', async () => {
    const { page, complaints } = await dashboard.open(`${question}&cached=512`)
    await page.waitForSelector('[data-against="2"]', { timeout: 60_000 })
    const figure = page.locator('figure', { hasText: 'What each technique contributes' })
    const label = (await figure.locator('svg.figure').getAttribute('aria-label'))!
    expect(label).toMatch(/expert routing \(MoE\) 0\.\d+×/)
    expect(label).toMatch(/cache hits 0\.\d+×/)
    expect(label).not.toContain('MLA')
    expect(await figure.textContent()).toContain('every expert computes every token')
    expect(complaints).toEqual([])
    await page.close()
  })

  test('a figure is saved as SVG, PNG and CSV; its crosshair says what a point is', async () => {
    const { page, complaints } = await dashboard.open(question)
    await answered(page)
    await page.locator('.frontier').first().focus()
    await page.keyboard.press('ArrowRight')
    expect(await page.locator('.readout').first().textContent()).toMatch(/tok\/s\/user/)
    for (const [form, start] of [
      ['SVG', /^<svg/],
      ['PNG', /^\x89PNG/],
      ['CSV', /^accelerator,kind,/],
    ] as const) {
      const waiting = page.waitForEvent('download')
      await page.getByRole('button', { name: `Save “Cost” as ${form}` }).click()
      const saved = await waiting
      expect(saved.suggestedFilename()).toBe(`cost-frontier.${form.toLowerCase()}`)
      expect(
        readFileSync(await saved.path())
          .subarray(0, 200)
          .toString('latin1'),
      ).toMatch(start)
    }
    expect(complaints).toEqual([])
    await page.close()
  })

  test('faults are said in words, with a way out', async () => {
    const { page, complaints } = await dashboard.open('#/plan?model=lama-70b&isl=4000&osl=500')
    const alert = page.getByRole('alert')
    await alert.waitFor()
    expect(await alert.textContent()).toMatch(/Unknown model/)
    await page.goto(`${dashboard.url}#/plan?model=deepseek-ai/DeepSeek-R1&isl=8192&osl=1024&hardware=l4`)
    await page.getByText('No feasible configuration', { exact: true }).waitFor()
    expect(complaints).toEqual([])
    await page.close()
  })

  test('a trace gives the lengths', async () => {
    const { page, complaints } = await dashboard.open(
      '#/plan?model=openai/gpt-oss-20b&isl=1000&osl=200&hardware=h100-sxm',
    )
    await answered(page)
    await page.setInputFiles(
      'input[accept*=csv]',
      fileURLToPath(new URL('../../docs/guides/example-trace.jsonl', import.meta.url)),
    )
    await page.getByText('Trace example-trace.jsonl').waitFor()
    await expect.poll(() => page.textContent('.headline'), { timeout: 20_000 }).toMatch(/cached\), \d+ out/)
    expect(complaints).toEqual([])
    await page.close()
  })

  test('a config.json is dropped, stays in the link, and is planned for', async () => {
    const config = readFileSync(
      new URL('../../data/models/Qwen__Qwen3-8B/config.json', import.meta.url),
      'utf8',
    )
    const { page } = await dashboard.open(
      '#/plan?model=openai/gpt-oss-20b&isl=1000&osl=200&hardware=h100-sxm',
    )
    await answered(page)
    await page.setInputFiles('input[accept*=json]', {
      name: 'mine.json',
      mimeType: 'application/json',
      buffer: Buffer.from(config),
    })
    await expect.poll(() => page.textContent('.headline'), { timeout: 10_000 }).toContain('mine')
    const again = await dashboard.open(new URL(page.url()).hash)
    await answered(again.page)
    expect(await again.page.textContent('.headline')).toContain('mine')
    await page.close()
    await again.page.close()
  })
})
