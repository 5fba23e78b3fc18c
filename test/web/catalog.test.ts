/** The catalog's API prices: what the book says is on the page, 1,728 rows are no burden, and they are no part of the first load. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { loadPriceBook, loadPriceFindings } from '../../src/market/load-price-book-file.ts'
import type { PriceBookDocument } from '../../src/market/price-book.ts'
import { type MarketFacts, marketFacts } from '../../web/catalog/market-facts.ts'
import { marketSections } from '../../web/catalog/market-sections.ts'
import { rowsOfPage } from '../../web/catalog/pager.tsx'
import { matching } from '../../web/catalog/sections.ts'
import { everyLook } from './browser.ts'
import { inBrowser } from './in-browser.ts'

const book = loadPriceBook()
const findings = loadPriceFindings()
const document = JSON.parse(
  readFileSync(new URL('../../data/price-book.json', import.meta.url), 'utf8'),
) as PriceBookDocument
const market: MarketFacts = marketFacts(document, findings)
const [api, refused] = marketSections(market, '2026-09-23')

describe('sections of the price book', () => {
  test('every price and every refused one is there, by a name of its own', () => {
    expect(api!.entries).toHaveLength(book.entries.length)
    expect(refused!.entries).toHaveLength(findings.refused.length)
    for (const { entries } of [api!, refused!])
      expect(new Set(entries!.map(({ id }) => id)).size).toBe(entries!.length)
  })

  test('rows say what the book says, and every row has a cell for every column', () => {
    const wanted = book.entries.find(({ variants, prices }) => variants.length > 1 && prices.cachedInput)!
    const { columns, rows } = api!.table([wanted])
    const cell = (header: string) => rows[0]![columns.findIndex(column => column.header === header)]
    expect([cell('provider'), cell('model')]).toEqual([wanted.provider, wanted.model])
    expect([cell('in'), cell('cached'), cell('out')]).toEqual([
      wanted.prices.uncachedInput,
      wanted.prices.cachedInput,
      wanted.prices.output,
    ])
    expect(cell('another price')!.split('; ')).toHaveLength(wanted.variants.length)
    for (const section of [api!, refused!]) {
      const table = section.table(section.entries!)
      expect(table.rows.every(row => row.length === table.columns.length)).toBe(true)
    }
  })

  test('found by provider’s name, by alias, by what is wrong with it', () => {
    const count = (query: string, ...filters: readonly string[]) =>
      matching(api!, query, name => filters.includes(name)).length
    expect(count('')).toBe(book.entries.length)
    expect(count('amazon bedrock')).toBe(book.entries.filter(({ provider }) => provider === 'aws').length)
    expect(count('', 'now')).toBeLessThan(book.entries.length)
    expect(count('', 'flagged')).toBe(
      count('disputed') + count('implausible') - count('disputed implausible'),
    )
    expect(count('no such model anywhere')).toBe(0)
  })

  test('what was refused of an offer, and why, stands under its newest price', () => {
    const wanted = market.book.entries.find(entry => market.findingsOf(entry).refused.length > 0)!
    const [finding] = market.findingsOf(wanted).refused
    const said = api!.pairs(wanted).find(([name]) => name === 'refused as implausible')!
    expect(said[1]).toContain(`$${finding!.listed} by ${finding!.source}`)
    expect(said[1]).toContain(finding!.rule)
  })
})

inBrowser('catalog', dashboard => {
  test('the price book is fetched when it is opened, searched, paged and read by keyboard', async () => {
    const { page, complaints } = await dashboard.open('#/catalog?section=prices')
    const fetched: string[] = []
    page.on('request', request => fetched.push(request.url()))
    await page.waitForSelector('tbody tr')
    expect(fetched.filter(url => url.includes('price-book'))).toEqual([])
    await page.getByRole('link', { name: 'API prices' }).click()
    await page.waitForSelector('.pager')
    expect(fetched.filter(url => url.includes('price-book')).length).toBeGreaterThan(0)
    expect(await page.locator('tbody tr').count()).toBe(rowsOfPage)
    const first = await page.locator('button.row').first().textContent()
    await page.getByRole('button', { name: 'Next' }).first().focus()
    await page.keyboard.press('Enter')
    await expect.poll(() => page.textContent('.pager')).toContain('101 to 200')
    expect(page.url()).toContain('page=2')
    await page.getByLabel('Search names, values and sources').fill('anthropic claude cache')
    await expect.poll(() => page.textContent('.pager, [role=status]')).not.toContain('101 to 200')
    await page.locator('button.row').first().focus()
    await page.keyboard.press('Enter')
    await page.waitForSelector('tr.detail')
    expect(await page.textContent('tr.detail')).toMatch(/source.*as of.*input \$\d/)
    expect(first).not.toBe('')
    expect(complaints).toEqual([])
    await page.close()
  })

  test('a link leads to the page on which an entry stands', async () => {
    const wanted = book.entries[950]!
    const { page } = await dashboard.open(
      `#/catalog?${new URLSearchParams({ section: 'api', entry: wanted.id })}`,
    )
    await page.waitForSelector('tr.detail')
    expect(await page.textContent('tr.picked')).toContain(wanted.model)
    expect(await page.textContent('.pager')).toContain('901 to 1,000')
    await page.close()
  })

  test('shows itself, wide and narrow, light and dark; refused prices too', async () => {
    const wanted = book.entries.find(entry => {
      const { refused, disputes } = market.findingsOf(entry)
      return refused.length > 0 && disputes.length > 0
    })!
    const { page, complaints } = await dashboard.open(
      `#/catalog?${new URLSearchParams({ section: 'api', flagged: '1', entry: wanted.id })}`,
    )
    await page.waitForSelector('tr.detail')
    expect(await page.textContent('tr.detail')).toMatch(/refused as implausible.*disputed/)
    expect(await everyLook(page, 'catalog-api')).toEqual([])
    await page.getByRole('link', { name: 'Refused prices' }).click()
    await page.waitForSelector('tbody tr')
    expect(await page.locator('tbody tr').count()).toBe(Math.min(rowsOfPage, findings.refused.length))
    expect(complaints).toEqual([])
    await page.close()
  })
})
