/**
 * Does the live page stay as it is under load? The real control plane and observers, fed so many finished requests a second, and the
 * heap, nodes and listeners of the browser that shows them: node test/web/live-load.ts [requests a second] [seconds]
 */
import { assetAnswer } from '../../src/dashboard/assets.ts'
import { controlParts } from '../../src/gateway/control/control.fixture.ts'
import { startControlPlane } from '../../src/gateway/control/start-control-plane.ts'
import {
  createGatewayMetrics,
  createLiveCost,
  createObserver,
  createRecentRequests,
} from '../../src/gateway/observe/index.ts'
import { attemptOf, explanationOf, summaryOf } from '../../src/gateway/observe/summary.fixture.ts'
import { startDashboard } from './browser.ts'

const [perSecond = 500, seconds = 60] = process.argv.slice(2).map(Number)
const everyMs = 20
const tellEverySeconds = 10
/** As long as the longest span of the page that is asked for here, and a little. */
const historySeconds = 700

/** Begins in the past: the span that the page shows is full from the start, so that what grows is no history that fills. */
let pastMs: number | null = Date.now() - historySeconds * 1000
const nowMs = (): number => pastMs ?? Date.now()
const live = createLiveCost({ nowMs, capacity: () => [{ deployment: 'h200', usdPerHour: 7.2 }] })
const recent = createRecentRequests()
const metrics = await createGatewayMetrics({ version: '0.0.0', candidates: () => [] })
const { parts } = await controlParts({ nowMs, live, recent, metrics })
const observer = createObserver({ metrics, live, recent })
const dashboard = await startDashboard()
const control = await startControlPlane(
  { host: '127.0.0.1', port: 0, token: null },
  { ...parts, assets: request => assetAnswer(dashboard.assets, request) },
)

for (let second = 0; second < historySeconds; second++) {
  for (let number = 0; number < 8; number++) end(number)
  pastMs += 1000
}
pastMs = null

let sent = 0
const startedMs = Date.now()
const feeding = setInterval(() => {
  const due = ((Date.now() - startedMs) / 1000) * perSecond
  for (; sent < due; sent++) end(sent)
}, everyMs)

function end(number: number): void {
  const usd = 2e-4 * (1 + (number % 7) / 7)
  observer.requestEnded(
    summaryOf({
      requestId: `req-${number}`,
      startedMs: nowMs() - 1200,
      tenant: `tenant-${number % 40}`,
      modelAlias: `model-${number % 4}`,
      attempts: [attemptOf({ nanoUsd: BigInt(Math.round(usd * 1e9)) })],
      explanation: explanationOf(usd, usd * 1.3, usd * 2),
    }),
  )
}

const { page, complaints } = await dashboard.open('#/live?by=model', `${control.url}/`)
await page.waitForSelector('[data-live=now]')
const devtools = await page.context().newCDPSession(page)
await devtools.send('Performance.enable')

const first = process.cpuUsage()
console.log('seconds  requests  heap MB  nodes  listeners  page CPU s')
for (let second = 0; second <= seconds; second += tellEverySeconds) {
  // What is garbage does not count: a heap that grows, grows after a collection.
  await devtools.send('HeapProfiler.collectGarbage')
  const { metrics } = await devtools.send('Performance.getMetrics')
  const of = (name: string) => metrics.find(metric => metric.name === name)?.value ?? Number.NaN
  const cells = [
    String(second).padStart(7),
    String(sent).padStart(9),
    (of('JSHeapUsedSize') / 1e6).toFixed(2).padStart(8),
    String(of('Nodes')).padStart(6),
    String(of('JSEventListeners')).padStart(10),
    of('TaskDuration').toFixed(1).padStart(11),
  ]
  console.log(cells.join(''))
  if (second < seconds) await new Promise(resolve => setTimeout(resolve, tellEverySeconds * 1000))
}
console.log(`rows shown: ${await page.locator('[aria-label="The last requests"] tbody tr').count()}`)
console.log(
  `CPU of gateway and observers: ${((process.cpuUsage(first).user / 1e6 / seconds) * 100).toFixed(0)} %`,
)
console.log(`complaints: ${complaints.length}`)
clearInterval(feeding)
await dashboard.close()
await control.close()
process.exit(complaints.length === 0 ? 0 : 1)
