/** Live in a real browser, in front of a real gateway: its figures, its requests, one decision explained, and its books. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { assetAnswer } from '../../src/dashboard/assets.ts'
import type { Upstream } from '../../src/gateway/start/gateway.fixture.ts'
import {
  chatEvents,
  hello,
  sendEvents,
  sendJson,
  startTestGateway,
  startUpstream,
  type TestGateway,
} from '../../src/gateway/start/gateway.fixture.ts'
import { everyLook } from './browser.ts'
import { inBrowser } from './in-browser.ts'

const words = ['full', 'drop', 'hour', 'head', 'job']
/** As the environment of the fixture has it. */
const token = 'secret-of-upstream'

inBrowser('live', dashboard => {
  /** Two deployments of different price behind one alias, a budget, and the page on the control port. */
  async function gatewayOf(control: object = {}): Promise<TestGateway> {
    const upstream = await startUpstream((_, response) => sendEvents(response, chatEvents(words)))
    const limited = await startUpstream((_, response) => sendJson(response, 429, '{}'))
    const deployment = (server: Upstream, usdPerReplicaHour: number) => ({
      replicas: [{ name: 'r0', url: server.url, metrics: false }],
      cost: { usdPerReplicaHour },
    })
    return startTestGateway(
      {
        control: { port: 0, ...control },
        authentication: 'none',
        billing: { intervalSeconds: 1 },
        sampledDecisions: 1,
        deployments: {
          dear: deployment(upstream, 7.2),
          cheap: deployment(upstream, 3.6),
          busy: deployment(limited, 3.6),
        },
        models: {
          llama: { candidates: ['dear', 'cheap'], objectives: { ttftMs: 500 } },
          qwen: { candidates: ['busy'] },
        },
        tenants: { anonymous: { limits: [{ per: 'month', usd: '5' }] } },
      },
      { assets: request => assetAnswer(dashboard.assets, request) },
    )
  }

  async function send(gateway: TestGateway, count: number): Promise<void> {
    for (let number = 0; number < count; number++) {
      const messages = [{ role: 'user', content: `Question ${number % 3}` }]
      const response = await gateway.post('/v1/chat/completions', { ...hello, stream: true, messages })
      expect(response.status).toBe(200)
      await response.text()
    }
    const refused = await gateway.post('/v1/chat/completions', { ...hello, model: 'qwen' })
    await refused.text()
  }

  test('figures, requests, a decision, and books that add up', async () => {
    const made = await gatewayOf()
    await send(made, 12)
    const { page, complaints } = await dashboard.open('#/live', `${made.gateway.controlUrl}/`)
    await page.waitForSelector('[data-live=now]')
    expect(await page.textContent('.price strong')).toMatch(/^\$\d/)
    expect(await page.textContent('.key')).toMatch(/cache hits40 %/)

    // Over time: a line for everything, then one for each deployment.
    await page.waitForSelector('.series-chart canvas')
    await page.getByLabel('By', { exact: true }).selectOption('target')
    await expect.poll(() => page.locator('.figure-key').first().textContent()).toMatch(/cheap \$\d/)
    expect(await page.getByRole('region', { name: 'Cost by Deployment' }).textContent()).toContain('dear')

    // The keys walk along the points, and each is spoken; Escape comes back to the latest.
    const chart = page.getByRole('group', { name: /^Dollars per million tokens/ })
    const key = page.locator('figure', { has: chart }).locator('.figure-key')
    const spoken = page.locator('figure', { has: chart }).locator('[data-spoken]')
    expect(await spoken.textContent()).toBe('')
    await chart.focus()
    await page.keyboard.press('Home')
    await expect.poll(() => spoken.textContent()).toMatch(/^\d\d:\d\d:\d\d: .*cheap /)
    expect(await spoken.getAttribute('aria-live')).toBe('polite')
    const [moment] = (await spoken.textContent())!.split(': ')
    expect(await key.textContent()).toContain(moment)
    // The line of the cursor stands there.
    const cursorX = await chart
      .locator('.u-cursor-x')
      .evaluate(line => new DOMMatrix(getComputedStyle(line).transform).e)
    expect(cursorX).toBeGreaterThan(0)
    await page.keyboard.press('Escape')
    await expect.poll(() => key.textContent()).toContain('latest')
    expect(await spoken.textContent()).toBe('')
    expect(await chart.getByRole('img').getAttribute('aria-label')).toMatch(
      /Dollars per million tokens, \d\d:\d\d:\d\d to .*cheap: /,
    )

    // Drawn on a canvas, saved as a drawing all the same.
    for (const [form, start] of [
      ['SVG', /^<svg .*Dollars per million tokens.*class="line series-1"/s],
      ['PNG', /^\x89PNG/],
      ['CSV', /^time,/],
    ] as const) {
      const waiting = page.waitForEvent('download')
      await page.getByRole('button', { name: `Save “Dollars per million tokens” as ${form}` }).click()
      const saved = await waiting
      expect(saved.suggestedFilename()).toBe(`live-cost.${form.toLowerCase()}`)
      const bytes = readFileSync(await saved.path(), 'latin1')
      expect(start.test(bytes), `${form}: ${bytes.slice(0, 300)}`).toBe(true)
    }

    // A request, and why it went where it went.
    const requests = page.getByRole('region', { name: 'The last requests' })
    await expect.poll(() => requests.locator('tbody tr').count()).toBe(13)
    await requests.locator('button.row').nth(1).focus()
    await page.keyboard.press('Enter')
    await page.waitForSelector('[data-decided]')
    const decision = (await page.textContent('.decision'))!
    expect(decision).toMatch(/Policy cost/)
    expect(decision).toMatch(/cheap\/r0picked/)
    expect(decision).toMatch(/dear\/r0considered/)
    expect(decision).toMatch(/cached of 100 prompt tokens\d+40/)
    expect(decision).toMatch(/In the ledger.*settled/)

    // A second after the last request its interval is closed, and the bill adds up.
    await expect
      .poll(() => page.getByRole('region', { name: 'Reconciliation', exact: true }).textContent(), {
        timeout: 20_000,
      })
      .toMatch(/Balanced.*cheap\$0\.\d+.*\$0\.000000/)
    expect(await page.getByRole('region', { name: 'Budgets', exact: true }).textContent()).toMatch(
      /anonymous.*dollars a month\$5\.0000/,
    )
    expect(await page.getByRole('region', { name: 'Savings', exact: true }).textContent()).toMatch(
      /always the dearest: .*dear/,
    )
    await page.mouse.move(0, 0)
    expect(await everyLook(page, 'live')).toEqual([])
    expect(complaints).toEqual([])

    // The gateway goes away: the page says so and keeps what it had.
    await made.close()
    await page.waitForSelector('[data-live=lost]', { timeout: 10_000 })
    await expect
      .poll(() => page.getByRole('region', { name: 'Reconciliation', exact: true }).textContent(), {
        timeout: 30_000,
      })
      .toMatch(/could not be read.*books of \d+ s ago/)
    await page.close()
  })

  test('asks for a token where the gateway wants one, and forgets it with the tab', async () => {
    const made = await gatewayOf({ token: 'env:KEY' })
    await send(made, 1)
    const { page } = await dashboard.open('#/live', `${made.gateway.controlUrl}/`)
    await page.getByLabel('Token').fill('another')
    await page.keyboard.press('Enter')
    await page.getByText('did not take that token').waitFor()
    await page.getByLabel('Token').fill(token)
    await page.keyboard.press('Enter')
    await page.waitForSelector('[data-live=now]')
    expect(await page.evaluate<string>('JSON.stringify(localStorage) + location.href')).not.toContain(token)
    await page.reload()
    await page.waitForSelector('[data-live=now]')
    await page.close()
  })

  test('says what it is for where no gateway is behind it', async () => {
    const { page, complaints } = await dashboard.open('#/live')
    await page.waitForSelector('[data-live=alone]')
    expect(await page.textContent('main')).toContain('tokenwright gateway --demo')
    expect(await everyLook(page, 'live-alone')).toEqual([])
    expect(complaints).toEqual([])
    await page.close()
  })
})
