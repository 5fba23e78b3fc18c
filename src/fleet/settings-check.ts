/** Refuses fleets that make no sense, before anything runs. */
import { TokenwrightError } from '../core/errors.ts'
import type { FleetSettings, PoolSettings } from './types.ts'

export function checkSettings(settings: FleetSettings): void {
  const { pools } = settings
  if (pools.length === 0) refuse('a fleet has no pool', 'fleet', 'give it at least one pool')
  const names = new Set<string>()
  for (const pool of pools) {
    if (names.has(pool.name)) refuse(`two pools are called ${pool.name}`, `pool ${pool.name}`, 'rename one')
    names.add(pool.name)
    checkPool(pool)
  }
  const roles = new Set(pools.map(pool => pool.role))
  if (roles.has('prefill') !== roles.has('decode')) {
    const missing = roles.has('prefill') ? 'decode' : 'prefill'
    refuse(`there is no ${missing} pool`, 'fleet', 'prefill and decode pools come in pairs')
  }
}

function checkPool(pool: PoolSettings): void {
  const where = `pool ${pool.name}`
  if (!Number.isInteger(pool.replicas) || pool.replicas < 0)
    refuse(`${pool.replicas} replicas`, where, 'give a whole number of replicas')
  const amounts = {
    startupSeconds: pool.startupSeconds,
    handoffSeconds: pool.handoffSeconds,
    cacheBytesPerToken: pool.cacheBytesPerToken,
    usdPerReplicaHour: pool.usdPerReplicaHour,
    devicesPerReplica: pool.devicesPerReplica,
  }
  for (const [name, value] of Object.entries(amounts)) {
    if (!Number.isFinite(value) || value < 0)
      refuse(`${name} is ${value}`, where, 'give a finite number that is not below zero')
  }
  const moves = pool.role !== 'serve'
  if (moves && !(pool.linkBytesPerSecond > 0))
    refuse(
      `linkBytesPerSecond is ${pool.linkBytesPerSecond}`,
      where,
      'caches need a link above zero to move over',
    )
}

function refuse(what: string, where: string, fix: string): never {
  throw new TokenwrightError('usage', what, { where, fix })
}
