import { describe, expect, it } from 'vitest'
import { startTestEmulator, testFleet, testModel, testTelemetry } from '../../emulate/emulator.fixture.ts'
import type { Dialect } from '../../emulate/index.ts'
import { reconcile } from '../../measure/counter-reconciliation.ts'
import { energyResult } from '../../measure/energy.ts'
import { integrateEnergy } from '../../measure/energy-integral.ts'
import type { EngineGauges } from '../../measure/engine-counters.ts'
import { observation, usage } from '../../measure/observation.fixture.ts'
import { createTokenTally } from '../../measure/token-account.ts'
import { createGet, type Get } from './http-get.ts'
import { createScraper, type ScraperSettings } from './metrics-scraper.ts'

const nowUs = () => performance.now() * 1000

function settings(get: Get, change: Partial<ScraperSettings> = {}): ScraperSettings {
  return {
    urls: ['http://h/metrics'],
    intervalMs: 5,
    model: null,
    meter: null,
    get,
    nowUs,
    onGauges: null,
    settlePauseMs: 20,
    ...change,
  }
}

/** Two replicas whose engines speak a dialect, 50 times as fast as life. */
async function startWithMetrics(dialect: Dialect) {
  const fleet = testFleet({ replicas: 2 })
  return startTestEmulator({
    timeScale: 50,
    models: [testModel('test-model', fleet, { telemetry: testTelemetry(fleet, dialect) })],
  })
}

interface Answer {
  readonly usage: {
    readonly prompt_tokens: number
    readonly completion_tokens: number
    readonly prompt_tokens_details?: { readonly cached_tokens?: number } | null
  }
}

async function ask(url: string, words: string, tokens: number): Promise<Answer['usage']> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'test-model',
      messages: [{ role: 'user', content: words }],
      max_tokens: tokens,
      ignore_eos: true,
    }),
  })
  return ((await response.json()) as Answer).usage
}

describe('createScraper', () => {
  it.each(['vllm', 'sglang', 'trtllm'] as const)(
    'reconciles with the emulator to the token: %s',
    async dialect => {
      const emulator = await startWithMetrics(dialect)
      try {
        // Traffic before the run does not count.
        await ask(emulator.url, 'before', 3)
        const tally = createTokenTally(null)
        const gauges: EngineGauges[] = []
        const scraper = createScraper(
          settings(createGet(), {
            urls: [`${emulator.url}/metrics`, `${emulator.url}/dcgm/metrics`],
            model: 'test-model',
            onGauges: (_, one) => gauges.push(one),
          }),
        )
        await scraper.start()
        const startSeconds = nowUs() / 1e6
        const words =
          'The same long beginning of a prompt, so that a cache has something to find in it. '.repeat(8)
        const answers = await Promise.all(
          Array.from({ length: 12 }, (_, index) => ask(emulator.url, `${words}${index}`, 5 + index)),
        )
        for (const answer of answers)
          tally.add(
            observation({
              reported: {
                ...usage(answer.prompt_tokens, answer.completion_tokens),
                cachedTokens: answer.prompt_tokens_details?.cached_tokens ?? 0,
              },
            }),
          )
        const endSeconds = nowUs() / 1e6
        const record = await scraper.stop()
        expect(record).toMatchObject({ failures: 0, badLines: 0, notes: [], resetSeen: false })
        const counters = reconcile(record.spans, tally.totals())
        expect(counters).toMatchObject({ engine: dialect, reconciles: true, explanation: '' })
        expect(counters.rows).toHaveLength(4)
        expect(counters.rows[0]!.server).toBe(12)
        expect(counters.rows[3]!.client).toBe(12 * 5 + 66)
        expect(gauges.every(({ replicas }) => replicas === 2)).toBe(true)
        // A request that nobody told the tally of.
        expect(reconcile(record.spans, createTokenTally(null).totals()).explanation).toContain(
          'others used it',
        )
        const account = tally.account(counters)
        expect(account.counters!.rows[1]!.residual).toBe(0)
        const devices = integrateEnergy(record.devices, { startSeconds, endSeconds })
        const energy = energyResult({
          meter: record.meter!,
          window: { startSeconds, endSeconds },
          devices,
          expectedDevices: 2,
          outputTokens: account.server.outputTokens,
          totalTokens: account.server.outputTokens + account.server.inputTokens,
          tariff: null,
        })!
        expect(energy).toMatchObject({ source: 'dcgm', devices: 2, powerBasis: 'board' })
        // Virtual joules over wall seconds: between idle and busy, fifty times.
        expect(energy.meanWatts).toBeGreaterThan(50 * 2 * 100 * 0.5)
        expect(energy.meanWatts).toBeLessThan(50 * 2 * 500 * 2)
      } finally {
        await emulator.truth()
      }
    },
  )

  it('counts a stream that the client broke off as something between nothing and all of it', async () => {
    const emulator = await startWithMetrics('vllm')
    try {
      const scraper = createScraper(settings(createGet(), { urls: [`${emulator.url}/metrics`] }))
      await scraper.start()
      const whole = await ask(emulator.url, 'A whole answer.', 8)
      const controller = new AbortController()
      const stream = await fetch(`${emulator.url}/v1/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          model: 'test-model',
          prompt: 'one two three',
          max_tokens: 20_000,
          ignore_eos: true,
          stream: true,
        }),
        signal: controller.signal,
      })
      await stream.body!.getReader().read()
      controller.abort()
      const tally = createTokenTally(null)
      tally.add(observation({ reported: usage(whole.prompt_tokens, whole.completion_tokens) }))
      tally.add(
        observation({
          reported: null,
          outcome: 'cancelled',
          failure: { kind: 'cancelled', status: 0, message: '', retryAfterSeconds: null },
          requestedInputTokens: 3,
          requestedOutputTokens: 20_000,
        }),
      )
      const { spans } = await scraper.stop()
      const counters = reconcile(spans, tally.totals())
      expect(counters).toMatchObject({ reconciles: true })
      expect(counters.rows[0]).toMatchObject({ name: 'requests', server: 1, client: 1 })
      expect(counters.rows.find(({ name }) => name === 'output tokens')!.server).toBeGreaterThan(8)
    } finally {
      await emulator.truth()
    }
  })

  it('notices a restart between two scrapes, and waits until counters stand still', async () => {
    const values = [100, 120, 10, 20, 30, 30, 30, 30]
    let at = 0
    const scraper = createScraper(
      settings(
        async () =>
          `vllm:prompt_tokens_total{engine="0"} ${values[Math.min(at++, values.length - 1)]}\nvllm:num_requests_running 0\n`,
        { intervalMs: 60_000 },
      ),
    )
    await scraper.start()
    await scraper.scrape()
    await scraper.scrape()
    const record = await scraper.stop()
    expect(record.resetSeen).toBe(true)
    expect(record.spans[0]!.after.counters.inputTokens!.value).toBe(30)
    expect(at).toBeGreaterThanOrEqual(6)
  })

  it('lets no failed scrape break a run, and says what it missed', async () => {
    let asked = 0
    const flaky = createScraper(
      settings(
        async () => {
          asked++
          if (asked > 1) throw new Error('reset')
          return 'vllm:prompt_tokens_total 5\n'
        },
        { intervalMs: 60_000 },
      ),
    )
    await flaky.start()
    const record = await flaky.stop()
    expect(record.spans).toHaveLength(1)
    expect(record.failures).toBe(record.scrapes - 1)
    expect(record.notes[0]).toMatch(/scrapes of http:\/\/h\/metrics failed/)
    const dead = createScraper(
      settings(async () => Promise.reject(new Error('refused')), {
        urls: ['http://user:key@h/metrics?token=secret'],
        intervalMs: 60_000,
      }),
    )
    await dead.start()
    const nothing = await dead.stop()
    expect(nothing.spans).toEqual([])
    expect(nothing.notes).toEqual([
      'http://h/metrics did not answer when the run began: its counters are left out',
    ])
  })

  it('does nothing without addresses', async () => {
    const scraper = createScraper(settings(async () => '', { urls: [] }))
    await scraper.start()
    await scraper.scrape()
    expect(await scraper.stop()).toMatchObject({ spans: [], scrapes: 0, devices: [], meter: null })
  })

  it('starts at zero where nothing was counted yet, and keeps asking at its interval', async () => {
    let asked = 0
    const scraper = createScraper(
      settings(async () => (asked++ === 0 ? 'up 1\n' : 'sglang:prompt_tokens_total 7\n')),
    )
    await scraper.start()
    while (asked < 4) await new Promise(resolve => setTimeout(resolve, 5))
    const { spans } = await scraper.stop()
    expect(spans[0]!.before).toBeNull()
    expect(spans[0]!.after.counters.inputTokens!.value).toBe(7)
    const stoppedAt = asked
    await new Promise(resolve => setTimeout(resolve, 30))
    expect(asked).toBe(stoppedAt)
  })
})
