/** Compare, Claims, Simulate and Catalog in a real browser, and the frame around all pages. */
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { everyLook } from './browser.ts'
import { inBrowser } from './in-browser.ts'

const comparison =
  '#/compare?model=deepseek-ai%2FDeepSeek-R1&isl=8192&osl=1024&base=h200-sxm&with=b200-sxm&claim=nv-35x'

inBrowser('pages', dashboard => {
  test.for([
    ['compare', comparison, '[data-compared]'],
    ['claims', '#/claims?id=nv-35x', '.claim'],
    ['simulate', '#/simulate?model=meta-llama/Llama-3.1-8B&requests=120', '[data-run]'],
    ['catalog', '#/catalog?section=accelerators&entry=t4', 'tr.detail'],
  ] as const)('%s shows itself, wide and narrow, light and dark', async ([name, hash, sign]) => {
    const { page, complaints } = await dashboard.open(hash)
    await page.waitForSelector(sign)
    expect(await everyLook(page, name)).toEqual([])
    expect(complaints).toEqual([])
    await page.close()
  })

  test('compare says a ratio with the configurations on both sides, and marks the claim', async () => {
    const { page } = await dashboard.open(comparison)
    await page.waitForSelector('[data-compared]')
    await page.waitForSelector('.claimed line', { state: 'attached' })
    expect(await page.locator('tbody tr').first().textContent()).toMatch(/×.*b200-sxm.*h200-sxm/)
    expect(await page.locator('.answer').textContent()).toContain('reserved prices: h200-sxm $')
    await page.close()
  })

  test('compare by watts, models and generations, each with what it needs to mean something', async () => {
    const { page, complaints } = await dashboard.open(comparison)
    await page.waitForSelector('[data-compared]')
    await page.getByLabel('Compared by').selectOption('megawatt')
    await page.waitForSelector('[data-by=megawatt]')
    const answer = page.locator('.answer')
    expect(await answer.textContent()).toMatch(/Watts: IT power, all-in, .*Marked on tokens per dollar only/)
    expect(await page.locator('.claimed line').count()).toBe(0)
    expect(await page.locator('thead').textContent()).toMatch(/tok\/s\/MWJ\/token/)
    await page.getByLabel('Add a model').selectOption('openai/gpt-oss-120b')
    await page.waitForSelector('[data-compared="2"]')
    expect(await answer.textContent()).toContain('Tokens of different models are not the same work')
    await expect
      .poll(() => page.locator('tbody tr').allTextContents())
      .toContainEqual(
        expect.stringMatching(/gpt-oss-120b on \d+× h200-sxm, .*DeepSeek-R1 on \d+× h200-sxm, /),
      )
    expect(page.url()).toContain(encodeURIComponent('h200-sxm@openai/gpt-oss-120b'))
    await page.getByLabel('Hardware', { exact: true }).nth(1).selectOption('')
    await page.waitForSelector('[data-compared="1"]')
    await page.getByLabel('Add hardware').selectOption('generation:blackwell')
    await page.waitForSelector('[data-compared="2"]')
    expect(await answer.textContent()).toMatch(/best blackwell at \d+/)
    expect(complaints).toEqual([])
    await page.close()
  })

  test('claims recompute: 35× follows from its figures; a verdict is chosen', async () => {
    const { page } = await dashboard.open('#/claims?id=nv-35x')
    const row = page.locator('#nv-35x tr', { hasText: 'cost ratio' }).first()
    expect(await row.textContent()).toContain('34.21')
    await page.getByLabel('Verdict').selectOption('refuted')
    await expect.poll(() => page.locator('.claim').count()).toBe(1)
    await page.close()
  })

  test('simulate runs a load and a trace, and steps through a batch', async () => {
    const { page, complaints } = await dashboard.open('#/simulate?requests=60')
    await page.waitForSelector('[data-run]')
    expect(await page.textContent('.key')).toMatch(/TTFT p90\d+/)
    const words = () => page.textContent('.step-words')
    const before = await words()
    await page.getByRole('button', { name: 'Step', exact: true }).press('Enter')
    expect(await words()).not.toBe(before)
    await page.setInputFiles(
      'input[type=file]',
      fileURLToPath(new URL('../../docs/guides/example-trace.jsonl', import.meta.url)),
    )
    await page.getByRole('button', { name: 'Remove' }).waitFor()
    await expect.poll(() => page.locator('[data-run]').count(), { timeout: 20_000 }).toBe(1)
    expect(await page.getByRole('alert').count()).toBe(0)
    expect(complaints).toEqual([])
    await page.close()
  })

  test('catalog finds a fact and shows its source, by keyboard', async () => {
    const { page } = await dashboard.open('#/catalog?section=prices')
    await page.getByLabel('Search names, values and sources').fill('market survey h200')
    await expect.poll(() => page.locator('tbody tr').count()).toBeLessThan(10)
    await page.locator('button.row').first().focus()
    await page.keyboard.press('Enter')
    await page.waitForSelector('tr.detail')
    expect(await page.locator('tr.detail').textContent()).toMatch(/source.*as of.*confidence/)
    await page.close()
  })

  test('the theme is chosen, kept, and stronger than the system’s', async () => {
    const { page } = await dashboard.open('#/claims')
    await page.getByLabel('Colours').selectOption('dark')
    const paper = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor')
    await expect.poll(paper).toBe('rgb(20, 24, 29)')
    await page.reload()
    await expect.poll(paper).toBe('rgb(20, 24, 29)')
    await page.getByLabel('Colours').selectOption('auto')
    await page.close()
  })
})
