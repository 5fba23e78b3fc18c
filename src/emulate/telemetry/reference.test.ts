/** The reference page lists the metrics there are, with their types. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { engineSettings } from '../../fleet/fleet.fixture.ts'
import { bucketBounds } from './buckets.ts'
import { cacheEventFormats } from './cache-event-settings.ts'
import { dcgmExposition } from './dcgm-metrics.ts'
import type { ReplicaView } from './dialect.ts'
import { parsePrometheus } from './prometheus-text.fixture.ts'
import { createReplicaMetrics } from './replica-metrics.ts'
import { sglangFamilies } from './sglang-metrics.ts'
import { trtllmFamilies } from './trtllm-metrics.ts'
import { vllmFamilies } from './vllm-metrics.ts'

const page = readFileSync(
  resolve(import.meta.dirname, '../../../docs/reference/emulator-telemetry.md'),
  'utf8',
)
const device = { modelName: 'NVIDIA H200', memoryBytes: 2 ** 30, usedBytes: 2 ** 20 }
const view: ReplicaView = {
  id: 0,
  pool: {
    name: 'pool',
    role: 'serve',
    modelName: 'm',
    engine: engineSettings(),
    devicesPerReplica: 1,
    idleWatts: 1,
    device,
    cacheLabels: {},
  },
  metrics: createReplicaMetrics(bucketBounds('vllm', 1000)),
  waiting: 0,
  running: 0,
  cacheUse: 0,
}

test('metrics', () => {
  const listed = [
    ...page.matchAll(/^\| `((?:vllm:|sglang:|trtllm_|DCGM_)\w+)` \| (gauge|counter|histogram) \|/gm),
  ]
  const energy = { joules: 1, watts: 1, busyShare: 0 }
  const there = [
    ...[...vllmFamilies([view], true), ...sglangFamilies([view]), ...trtllmFamilies([view])].map(
      ({ name, type }) => `${name} ${type}`,
    ),
    ...[...parsePrometheus(dcgmExposition([{ hostname: 'h', device, devices: 1, energy }]))].map(
      ([name, { type }]) => `${name} ${type}`,
    ),
  ]
  expect(listed.map(([, name, type]) => `${name} ${type}`).toSorted()).toEqual(there.toSorted())
})

test('formats of KV events', () => {
  const listed = [...page.matchAll(/^\| `([a-z]+-[\w.-]+)` \|/gm)].map(([, name]) => name)
  expect(listed).toEqual(Object.keys(cacheEventFormats))
})

test('bounds of buckets', () => {
  const bounds = bucketBounds('vllm', 100)
  for (const name of [
    'endToEndSeconds',
    'timeToFirstTokenSeconds',
    'interTokenSeconds',
    'iterationTokens',
  ] as const)
    expect(page).toContain(`| ${bounds[name].join(', ')}`)
})
