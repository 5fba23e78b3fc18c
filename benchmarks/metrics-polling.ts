/**
 * What it costs to know the load of 100 replicas: `node benchmarks/metrics-polling.ts [--replicas N] [--seconds N] [--repeat N]`.
 *
 * A process of its own listens on a port per replica and answers what vLLM prints, as the emulator writes it, `--repeat` times over (real
 * engines print more labels and more histograms). The poller asks each once a second. CPU is the polling process's own.
 * For comparison: llm-d-router's operations guide has 7.5 cores for an idle endpoint picker that scrapes 100 pods.
 */
import { fork } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { availableParallelism, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { RandomSource } from '../src/core/random.ts'
import { openStage } from '../src/emulate/telemetry/telemetry.fixture.ts'
import { fleetSettings, request } from '../src/fleet/fleet.fixture.ts'
import { createMetricsPoller } from '../src/gateway/engine-state/metrics-poller.ts'
import { startMonotonicClock } from '../src/live/clock.ts'

const { values } = parseArgs({
  options: {
    replicas: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '20' },
    repeat: { type: 'string', default: '4' },
  },
})
const replicas = Number(values.replicas)
const seconds = Number(values.seconds)

async function metricsText(): Promise<string> {
  const { telemetry, give, until } = await openStage(fleetSettings())
  for (let id = 0; id < 50; id++)
    give(id * 1000, { kind: 'submit', request: request({ id, inputTokens: 100, outputTokens: 50 }) })
  until(200_000)
  const text = telemetry.metricsText(200_000)
  // Further series of the same kind under another model's name.
  return Array.from({ length: Number(values.repeat) }, (_, copy) =>
    copy === 0 ? text : text.replaceAll('org/model', `org/other-${copy}`),
  ).join('')
}

if (process.env.METRICS_POLLING_SERVER !== undefined) {
  const text = await metricsText()
  const ports: number[] = []
  for (let replica = 0; replica < replicas; replica++) {
    const server = createServer((_, response) => response.end(text))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    ports.push((server.address() as AddressInfo).port)
  }
  process.send!({ ports, bytes: text.length })
} else await poll()

async function poll(): Promise<void> {
  const child = fork(import.meta.filename, process.argv.slice(2), {
    env: { ...process.env, METRICS_POLLING_SERVER: '1' },
  })
  const { ports, bytes } = await new Promise<{ ports: number[]; bytes: number }>(resolve =>
    child.once('message', message => resolve(message as { ports: number[]; bytes: number })),
  )
  const clock = startMonotonicClock()
  const poller = createMetricsPoller(
    { clock, random: new RandomSource('metrics polling') },
    { read() {}, readyChanged() {} },
  )
  ports.forEach((port, id) => {
    poller.add({ id, url: `http://127.0.0.1:${port}/metrics`, model: 'org/model' })
  })
  // Connections stand and code is compiled.
  await new Promise(resolve => setTimeout(resolve, 5_000))
  const [before, scrapesBefore, beginUs] = [process.cpuUsage(), poller.scrapes, clock.nowUs()]
  await new Promise(resolve => setTimeout(resolve, seconds * 1000))
  const { user, system } = process.cpuUsage(before)
  const scrapes = poller.scrapes - scrapesBefore
  const cores = (user + system) / (clock.nowUs() - beginUs)
  const readyCount = ports.filter((_, id) => poller.state(id)?.ready).length
  const load = loadavg().map(one => one.toFixed(1))
  console.log(
    `Node ${process.version}, ${availableParallelism()} cores, load ${load.join(' ')}: ${readyCount} of ${replicas} replicas ready, ` +
      `${(scrapes / seconds).toFixed(0)} scrapes/s of ${(bytes / 1000).toFixed(0)} kB, ${poller.failures} failed, ` +
      `${cores.toFixed(3)} cores, ${((user + system) / scrapes).toFixed(0)} µs each; resident ${(process.memoryUsage.rss() / 1e6).toFixed(0)} MB`,
  )
  poller.close()
  child.kill()
}
