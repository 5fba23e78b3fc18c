/** Simulate in a real browser: the same answers as the command line, both pools to watch, every router to choose. */
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { answerOf, exampleTrace } from '../../src/cli/commands/simulate.fixture.ts'
import { simulateCommand } from '../../src/cli/commands/simulate.ts'
import {
  formatMilliseconds,
  formatUsd,
  formatUsdPerMillionTokens,
  formatWatts,
  usdOfNano,
} from '../../src/report/format-number.ts'
import { commandText, simulateArguments } from '../../web/simulate/command.ts'
import { flagsOf, usualParams } from '../../web/simulate/question.ts'
import type { Params } from '../../web/state/route.ts'
import { everyLook } from './browser.ts'
import { inBrowser } from './in-browser.ts'

const split: Params = { pools: 'two', prefill: '1', decode: '2', requests: '150' }
const talks: Params = {
  ...{ replicas: '3', router: 'session-affinity', load: 'closed', amount: '24' },
  ...{ turns: '3', share: '0.5', groups: '6', slo: 'ttft p90 < 2s', requests: '150' },
}

/** Of the JSON, what is compared. */
interface Printed {
  readonly summary: {
    readonly latency: { readonly ttftService: { p90Ms: number }; readonly tpot: { meanMs: number } }
  }
  readonly bill: {
    readonly perMillionTokens: { readonly blended: number }
    readonly allocation: { readonly billNanoUsd: string }
  }
  readonly pools: readonly { readonly meanWatts: number }[]
}

/** What `tokenwright simulate --json` says to the flags that an address stands for. */
async function printed(params: Params, traceFile?: string): Promise<Printed> {
  const trace = traceFile === undefined ? null : { name: traceFile, text: '' }
  const [, ...flags] = simulateArguments(flagsOf({ ...usualParams, ...params }, trace))
  const { status, stdout, stderr } = await answerOf(simulateCommand(), [...flags, '--json'])
  expect([status, stderr]).toEqual([0, ''])
  return JSON.parse(stdout)
}

function address(params: Params): string {
  return `#/simulate?${new URLSearchParams(params as Record<string, string>)}`
}

test('the command is one that a shell takes', () => {
  const flags = flagsOf({ ...usualParams, slo: "ttft p90 < 2s, it's" }, null)
  expect(commandText(flags)).toContain(`--slo 'ttft p90 < 2s, it'\\''s'`)
  expect(commandText(flags)).toContain('--hardware 1xh100-sxm --tp 1 --replicas 1')
  expect(commandText(flags)).not.toContain('prefix-caching')
})

inBrowser('simulate', dashboard => {
  const opened = async (params: Params) => {
    const { page, complaints } = await dashboard.open(address(params))
    await page.waitForSelector('[data-run=done], .failure')
    return { page, complaints }
  }

  /** Key figures of the page, and what the command line says of the same. */
  const expectAlike = async (page: Page, { summary, bill, pools }: Printed) => {
    const { ttftService, tpot } = summary.latency
    const key = await page.textContent('.key')
    for (const text of [
      formatMilliseconds(ttftService.p90Ms),
      formatMilliseconds(tpot.meanMs),
      formatUsdPerMillionTokens(bill.perMillionTokens.blended),
      formatUsd(usdOfNano(BigInt(bill.allocation.billNanoUsd))),
      formatWatts(pools.reduce((sum, pool) => sum + pool.meanWatts, 0)),
    ])
      expect(key).toContain(text)
  }

  test.for([
    ['one pool', { requests: '150' }],
    ['two pools', split],
    ['sessions with affinity', talks],
    ['kv-aware', { ...talks, router: 'kv-aware' }],
    ['cost', { replicas: '2', router: 'cost', slo: 'ttft p95 < 1s', requests: '150' }],
  ] as const)('%s: the page says what the command line says', async ([, params]) => {
    const { page, complaints } = await opened(params)
    expect(await page.locator('.failure').count()).toBe(0)
    await expectAlike(page, await printed(params))
    expect(complaints).toEqual([])
    await page.close()
  })

  test('a trace: the page says what the command line says, prefixes and their router included', async () => {
    const params = { pools: 'two', prefill: '2', decode: '1', router: 'prefix-aware', requests: '200' }
    const { page, complaints } = await opened(params)
    await page.setInputFiles('input[type=file]', exampleTrace)
    await page.getByRole('button', { name: 'Remove' }).waitFor()
    await expect.poll(() => page.textContent('[data-command]')).toContain('--trace example-trace.jsonl')
    await page.waitForSelector('[data-run=done]')
    await expectAlike(page, await printed(params, exampleTrace))
    expect(complaints).toEqual([])
    await page.close()
  })

  test('either pool is watched: prompts read and moved, or caches fetched and answers written', async () => {
    const { page, complaints } = await opened({ ...split, amount: '40', osl: '60' })
    const seen = () => page.getAttribute('.places', 'aria-label')
    expect(await page.textContent('#main')).toContain('Prefill replica 1 in slow motion')
    expect(await seen()).toMatch(/\d+ reading their prompt, \d+ with their cache under way/)
    // It opens where prompts stand in the batch, and its own levels are drawn.
    expect(await seen()).not.toMatch(/^0 reading their prompt, 0 with/)
    expect(await page.textContent('#main')).toContain('prompts being read, or held until they have moved')
    await page.getByLabel('Watched').selectOption('2')
    await expect.poll(() => page.textContent('#main')).toContain('Decode replica 2 in slow motion')
    await page.waitForSelector('[data-run=done]')
    expect(await seen()).toMatch(/\d+ with their cache under way, [1-9]\d* writing/)
    expect(await page.textContent('.step-words')).toMatch(/answers one step further/)
    // The address keeps it.
    expect(page.url()).toContain('watch=2')
    await page.reload()
    await page.waitForSelector('[data-run=done]')
    expect(await page.textContent('#main')).toContain('Decode replica 2 in slow motion')
    expect(await everyLook(page, 'simulate-pools')).toEqual([])
    expect(complaints).toEqual([])
    await page.close()
  })

  test('a router that makes no sense is refused, with the way out', async () => {
    const { page } = await opened({ replicas: '2', router: 'cost', requests: '60' })
    expect(await page.textContent('.failure')).toMatch(/which latency it has to keep.*--slo/s)
    await page.getByLabel('Objectives').fill('ttft p95 < 1s')
    await page.keyboard.press('Enter')
    await page.waitForSelector('[data-run=done]')
    expect(await page.locator('.failure').count()).toBe(0)
    expect(await page.getByRole('region', { name: 'Objectives' }).textContent()).toContain('met')
    await page.close()
  })

  test('the form changes pools, replicas and router', async () => {
    const { page, complaints } = await opened({ requests: '60' })
    await page.getByRole('combobox', { name: 'Pools' }).selectOption('two')
    await page.getByLabel('Decode replicas').selectOption('3')
    await page.getByLabel('Router of the prefill pool').selectOption('round-robin')
    await expect.poll(() => page.textContent('.headline')).toContain('P TP1 → D 3× TP1')
    await page.getByText('What ran').click()
    expect(await page.textContent('[data-command]')).toMatch(/--decode-replicas 3 --router round-robin/)
    expect(complaints).toEqual([])
    await page.close()
  })
})
