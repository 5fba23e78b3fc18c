/**
 * How fast the Plan page is, in a browser that has never seen it: `node test/web/timings.ts [--repeats 3] [--moves 20] [--model ID …]`
 *
 * Every repeat starts Chromium anew, with nothing cached, and asks for the whole catalog's hardware.
 * - interactive: from the navigation to the first frame after which the form's slider for input tokens takes an event (nothing else
 *   holds the page's thread).
 * - search: from the question to the whole answer, all hardware searched; first with a cold worker that fetches the facts, then
 *   after every second move of the slider.
 * - slider: from the event to the frame with an answer to the new question, the preview or the whole one. Every second move comes
 *   while the last question is still being worked on, as when somebody drags.
 * - scripts: gzipped JavaScript that the first answer, with its curves, has loaded.
 */
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { chromium, type Page } from 'playwright-core'
import { chromiumPath, packedBytes, type ServedPage, servePage, skipReason } from './browser.ts'

const { values: flags } = parseArgs({
  options: {
    repeats: { type: 'string', default: '3' },
    moves: { type: 'string', default: '20' },
    model: { type: 'string', multiple: true, default: ['', 'deepseek-ai/DeepSeek-R1'] },
  },
})
if (chromiumPath === undefined) throw new Error(skipReason)

/** The page's own questions: its example where nothing is asked, and that of long prompts. */
const questionOf = (model: string) =>
  model === ''
    ? ''
    : `#/plan?model=${encodeURIComponent(model)}&isl=8192&osl=1024&slo=${encodeURIComponent('ttft p90 < 5s, tpot mean < 30ms')}`

interface Timings {
  interactiveMs: number
  firstSearchMs: number
  readonly sliderMs: number[]
  readonly searchMs: number[]
  scriptBytes: number
}

/** In the page, before its own scripts: notes when the slider is there, when it is moved, and when answers stand on the page. */
const watcher = `{
  const seen = { interactive: null, moved: null, armed: false, answered: null, tell: () => {} }
  seen.answer = () => new Promise(done => (seen.answered === null ? (seen.tell = done) : done(seen.answered)))
  globalThis.timings = seen
  // A frame that is drawn, and then nothing that holds the thread.
  const shown = then => requestAnimationFrame(() => setTimeout(() => then(performance.now())))
  addEventListener('input', event => {
    if (event.target.type === 'range') Object.assign(seen, { moved: event.timeStamp, armed: false, answered: null })
  }, true)
  new MutationObserver(changes => {
    if (seen.interactive === null && document.querySelector('input[type=range]')) {
      seen.interactive = 0
      shown(now => { seen.interactive = now })
    }
    for (const { attributeName, target } of changes) {
      if (attributeName !== 'data-first-ms' || seen.moved === null) continue
      // The old answer's mark goes when the question changes.
      if (!target.hasAttribute('data-first-ms')) seen.armed = true
      else if (seen.armed) { seen.armed = false; shown(now => seen.tell(seen.answered = now - seen.moved)) }
    }
  }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-first-ms'] })
}`

async function measured(served: ServedPage, model: string): Promise<Timings> {
  const browser = await chromium.launch({ executablePath: chromiumPath!, args: ['--no-sandbox'] })
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
    const names = new Set<string>()
    page.on('request', asked => names.add(new URL(asked.url()).pathname.slice(1)))
    await page.addInitScript(watcher)
    await page.goto(`${served.url}${questionOf(model)}`)
    await page.waitForSelector('[data-curves-ms]', { timeout: 60_000 })
    const scripts = [...names].filter(name => name.endsWith('.js'))
    const timings: Timings = {
      interactiveMs: await page.evaluate<number>('timings.interactive'),
      firstSearchMs: await searchMs(page),
      sliderMs: [],
      searchMs: [],
      scriptBytes: scripts.reduce((sum, name) => sum + packedBytes(served.assets, name), 0),
    }
    await page.getByLabel('Input, slider').focus()
    for (let move = 0; move < Number(flags.moves); move++) {
      await page.keyboard.press(move % 6 < 3 ? 'ArrowRight' : 'ArrowLeft')
      timings.sliderMs.push(await page.evaluate<number>('timings.answer()'))
      if (move % 2 === 0) continue
      await page.waitForSelector('[data-curves-ms]', { timeout: 60_000 })
      timings.searchMs.push(await searchMs(page))
    }
    return timings
  } finally {
    await browser.close()
  }
}

async function searchMs(page: Page): Promise<number> {
  return Number(await page.getAttribute('[data-whole-ms]', 'data-whole-ms'))
}

const served = await servePage()
const before = loadavg()
const rows: string[][] = [
  ['model', 'interactive', 'first search', 'search p50', 'max', 'slider p50', 'max', 'scripts'],
]
for (const model of flags.model) {
  const runs: Timings[] = []
  for (let repeat = 0; repeat < Number(flags.repeats); repeat++) runs.push(await measured(served, model))
  const searches = runs.flatMap(run => run.searchMs)
  const moves = runs.flatMap(run => run.sliderMs)
  rows.push([
    model || 'the page’s example (Llama-3.1-70B)',
    `${median(runs.map(run => run.interactiveMs))} ms`,
    `${median(runs.map(run => run.firstSearchMs))} ms`,
    `${median(searches)} ms`,
    `${Math.round(Math.max(...searches))} ms`,
    `${median(moves)} ms`,
    `${Math.round(Math.max(...moves))} ms`,
    `${(Math.max(...runs.map(run => run.scriptBytes)) / 1000).toFixed(0)} kB`,
  ])
}
await served.close()
const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)))
for (const row of rows)
  console.log(
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  )
const load = (average: readonly number[]) => average.map(value => value.toFixed(1)).join(' ')
console.log(
  `\nload average before ${load(before)}, after ${load(loadavg())}; ${flags.repeats} starts, ${flags.moves} moves each`,
)

function median(values: readonly number[]): number {
  return Math.round(values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN)
}
