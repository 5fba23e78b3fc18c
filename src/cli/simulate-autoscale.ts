/** Changes of a pool's size by load or by a plan, as flags describe them. */
import { TokenwrightError } from '../core/errors.ts'
import { parseCount, parseDurationMs, parseNumber } from '../core/parse-quantity.ts'
import type { AutoscalerSettings, LoadScaling } from '../sim/autoscale.ts'
import type { SimulateFlags } from './simulate-flags.ts'

/** Defaults of Kubernetes' HorizontalPodAutoscaler; sources at LoadScaling. */
const defaults = { intervalSeconds: 15, tolerance: 0.1, cooldownSeconds: 300 }

const keys = ['target', 'min', 'max', 'measure', 'interval', 'tolerance', 'cooldown', 'pool'] as const
type Key = (typeof keys)[number]

export function autoscalersOf(flags: SimulateFlags, pools: readonly string[]): AutoscalerSettings[] {
  const found: AutoscalerSettings[] = [
    ...(flags.autoscale ?? []).map(text => byLoad(text, pools)),
    ...(flags.scaleAt ?? []).map(text => byPlan(text, flags.scalePeriod, pools)),
  ]
  const twice = found.find(({ pool }, index) => found.findIndex(other => other.pool === pool) !== index)
  if (twice !== undefined)
    throw new TokenwrightError('usage', `pool ${twice.pool} would be scaled by two rules`, {
      where: '--autoscale',
      fix: 'give one of --autoscale and --scale-at for each pool',
    })
  return found
}

/** `target=32,min=2,max=8`, and measure, interval, tolerance, cooldown, pool. */
function byLoad(text: string, pools: readonly string[]): LoadScaling {
  const where = '--autoscale'
  const pairs = pairsOf(text, where)
  const unknown = [...pairs.keys()].find(key => !keys.includes(key as Key))
  if (unknown !== undefined)
    throw usage(`"${unknown}" is no setting of an autoscaler`, where, `settings are ${keys.join(', ')}`)
  const required = (key: Key) => {
    const value = pairs.get(key)
    if (value === undefined) throw usage(`${key} is missing`, where, 'write at least "target=32,min=1,max=8"')
    return value
  }
  const measure = pairs.get('measure') ?? 'requests'
  if (measure !== 'requests' && measure !== 'slots')
    throw usage(
      `"${measure}" is nothing to scale by`,
      where,
      'say measure=requests (per replica) or measure=slots (share in use)',
    )
  const seconds = (key: Key, standard: number) => {
    const value = pairs.get(key)
    return value === undefined ? standard : parseDurationMs(value, where) / 1000
  }
  const tolerance = pairs.get('tolerance')
  return {
    kind: 'load',
    pool: poolOf(pairs, pools, where),
    measure,
    target: parseNumber(required('target'), where, { minimum: 1e-6, maximum: 1e9 }),
    minimum: parseCount(required('min'), where, { minimum: 0 }),
    maximum: parseCount(required('max'), where),
    intervalSeconds: seconds('interval', defaults.intervalSeconds),
    tolerance:
      tolerance === undefined
        ? defaults.tolerance
        : parseNumber(tolerance, where, { minimum: 0, maximum: 10 }),
    cooldownSeconds: seconds('cooldown', defaults.cooldownSeconds),
  }
}

/** `10min=4,20min=2`, and pool. */
function byPlan(text: string, period: string | undefined, pools: readonly string[]): AutoscalerSettings {
  const where = '--scale-at'
  const pairs = pairsOf(text, where)
  const times = [...pairs].filter(([key]) => key !== 'pool')
  if (times.length === 0) throw usage('the plan is empty', where, 'write "10min=4,20min=2"')
  return {
    kind: 'schedule',
    pool: poolOf(pairs, pools, where),
    changes: times.map(([time, replicas]) => ({
      atSeconds: parseDurationMs(time, where) / 1000,
      replicas: parseCount(replicas, where, { minimum: 0 }),
    })),
    periodSeconds: period === undefined ? null : parseDurationMs(period, '--scale-period') / 1000,
  }
}

function pairsOf(text: string, where: string): Map<string, string> {
  const pairs = new Map<string, string>()
  for (const part of text.split(',')) {
    const [key, value, ...rest] = part.split('=').map(word => word.trim())
    if (!key || !value || rest.length > 0)
      throw usage(
        `"${part.trim()}" is no name=value`,
        where,
        'separate settings by commas: target=32,min=1,max=8',
      )
    if (pairs.has(key)) throw usage(`${key} is given twice`, where, 'keep one of the two')
    pairs.set(key, value)
  }
  return pairs
}

function poolOf(pairs: ReadonlyMap<string, string>, pools: readonly string[], where: string): string {
  const name = pairs.get('pool') ?? (pools.length === 1 ? pools[0]! : null)
  if (name === null) throw usage('which pool is not said', where, `add pool=${pools.join(' or pool=')}`)
  if (pools.includes(name)) return name
  throw usage(`there is no pool ${name}`, where, `pools are ${pools.join(', ')}`)
}

function usage(message: string, where: string, fix: string): TokenwrightError {
  return new TokenwrightError('usage', message, { where, fix })
}
