/** A deployment of the file: engines of one's own. */

import type { FaultPath } from './config-faults.ts'
import { readDeploymentCost } from './deployment-cost.ts'
import type { DeploymentConfig, ReplicaConfig } from './gateway-config.ts'
import type { ReadContext } from './read-context.ts'
import { readUpstream } from './read-upstream.ts'
import { readAddress, readBaseAddress, readEventAddress, readPowerAddress } from './upstream-address.ts'
import type { DeploymentEntry, ReplicaEntry } from './upstream-schema.ts'

/** Engines of one's own know their own fields, and what they are told stays in the house. */
const defaults = {
  dialect: 'openai',
  outputLimitField: 'max_tokens',
  engineFields: true,
  dataPolicy: 'own',
} as const

export function readDeployment(
  name: string,
  entry: DeploymentEntry,
  path: FaultPath,
  context: ReadContext,
): DeploymentConfig {
  const seen = new Map<string, string>()
  const replicas = entry.replicas.map((replica, index) => {
    const at = [...path, 'replicas', index]
    const read = readReplica(replica, at, context)
    for (const [key, what] of [
      [`name ${read.name}`, 'name'],
      [`url ${read.url}`, 'address'],
    ] as const) {
      const before = seen.get(key)
      if (before !== undefined) {
        context.faults.add(
          at,
          `has the ${what} of ${before}`,
          `give each replica ${what === 'name' ? 'a name of its own' : 'once'}`,
        )
      } else seen.set(key, `replicas[${index}]`)
    }
    return read
  })
  return {
    name,
    replicas,
    ...readUpstream(entry, defaults, path, context),
    cost: readDeploymentCost(entry.cost, [...path, 'cost'], context),
  }
}

function readReplica(entry: ReplicaEntry, path: FaultPath, context: ReadContext): ReplicaConfig {
  const url = readBaseAddress(entry.url, [...path, 'url'], context)
  const { metrics, events, power } = entry
  if (metrics === false && events !== undefined) {
    context.faults.add(
      [...path, 'metrics'],
      'is false, and events are heard only of replicas whose metrics are read',
      'leave it out, or leave out the events',
    )
  }
  return {
    name: entry.name ?? nameOf(url),
    url,
    metricsUrl:
      metrics === undefined
        ? `${url}/metrics`
        : metrics === false
          ? null
          : readAddress(metrics, [...path, 'metrics'], context),
    events:
      events === undefined
        ? null
        : {
            publish: readEventAddress(events.publish, [...path, 'events', 'publish'], context),
            mode: events.mode ?? 'connect',
            replay:
              events.replay == null
                ? null
                : readEventAddress(events.replay, [...path, 'events', 'replay'], context),
            ranks: events.ranks ?? 1,
            topic: events.topic ?? '',
          },
    powerUrl: power === undefined ? null : readPowerAddress(power, [...path, 'power'], context),
  }
}

/** `10.0.0.7:8000`; what stands before /v1 as well, with underscores. */
function nameOf(url: string): string {
  return url
    .replace(/^https?:\/\//, '')
    .replace(/[^\w.@:-]/g, '_')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 100)
}
