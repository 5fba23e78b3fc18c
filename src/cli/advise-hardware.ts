/** From the gateway's configuration to pools of the twin: deployments whose price names a device, and whose model the catalog knows. */
import { findAccelerator, loadCatalog } from '../catalog/index.ts'
import { TokenwrightError } from '../core/errors.ts'
import type { PoolSettings } from '../fleet/types.ts'
import type { Refusal, ReplayPlan, WindowFacts } from '../gateway/advise/index.ts'
import type { DeploymentConfig, GatewayConfig, ModelConfig } from '../gateway/config/index.ts'
import type { RequestShape } from '../perf/deployment.ts'
import { loadCoefficients } from '../perf/load-coefficients-file.ts'
import { presetNames } from '../plan/search/precision-presets.ts'
import { loadTwinCalibration } from '../sim/load-twin-calibration-file.ts'
import { twinPools } from '../sim/twin-pools.ts'
import { deploymentOfFlags } from './simulate-deployment.ts'

/** All deployments that can be simulated, behind the policy of the alias with most candidates among them; or why there are none. */
export function replayPlan(config: GatewayConfig, facts: WindowFacts): ReplayPlan | Refusal {
  const pools: PoolSettings[] = []
  const reasons: string[] = []
  for (const deployment of config.deployments) {
    const served = config.models.filter(({ candidates }) => candidates.includes(deployment.name))
    const pool = poolOf(deployment, served, facts)
    if (typeof pool === 'string') reasons.push(`${deployment.name}: ${pool}`)
    else pools.push({ ...pool, models: served.map(({ alias }) => alias) })
  }
  const subject = 'the twin'
  if (pools.length === 0) {
    return { subject, why: reasons.length === 0 ? 'no deployment is configured' : reasons.join('; ') }
  }
  const names = new Set(pools.map(({ name }) => name))
  const model = config.models.toSorted(
    (a, b) => ownCandidates(b, names) - ownCandidates(a, names) || (a.alias < b.alias ? -1 : 1),
  )[0]
  const objectives = model === undefined ? null : objectivesOf(model)
  return {
    pools,
    present: model === undefined ? null : { name: model.router.kind, spec: model.router },
    objectives,
    limitsOf: alias => {
      const own = config.models.find(each => each.alias === alias)
      const { ttftMs, tpotMs } = (own === undefined ? null : objectivesOf(own)) ?? {
        ttftMs: null,
        tpotMs: null,
      }
      const none = Number.POSITIVE_INFINITY
      return { ttftMs: ttftMs ?? none, tpotMs: tpotMs ?? none, e2eMs: none }
    },
  }
}

function ownCandidates({ candidates }: ModelConfig, names: ReadonlySet<string>): number {
  return candidates.filter(name => names.has(name)).length
}

function objectivesOf({ router }: ModelConfig): ReplayPlan['objectives'] {
  return router.kind === 'cost' ? { ttftMs: router.ttftMs, tpotMs: router.tpotMs } : null
}

/** A pool, or why there is none. The engine is the first that runs on the device; tensor parallel over its devices. */
function poolOf(
  deployment: DeploymentConfig,
  served: readonly ModelConfig[],
  facts: WindowFacts,
): PoolSettings | string {
  const catalog = loadCatalog()
  const { cost, name, replicas, traits } = deployment
  const price = catalog.prices.find(({ id }) => id === cost.priceRuleId)
  if (price === undefined) return 'its price names no device (cost: accelerator, or price of the catalog)'
  const names = [deployment.upstreamModel, ...served.flatMap(({ alias, aliases }) => [alias, ...aliases])]
  const preset = presetNames.find(known => known === traits.quantization)
  for (const model of names) {
    if (model === null) continue
    try {
      const question = deploymentOfFlags(
        {
          model,
          hardware: `${cost.devicesPerReplica * replicas.length}x${price.acceleratorId}`,
          replicas: String(replicas.length),
          prefixCaching: true,
          ...(preset === undefined ? {} : { precision: preset }),
        },
        catalog,
      )
      const [pool] = twinPools({
        ...question,
        shape: shapeOf(name, facts),
        accelerator: id => findAccelerator(catalog, id),
        coefficients: loadCoefficients(),
        calibration: loadTwinCalibration(),
        usdPerDeviceHour: () => cost.usdPerReplicaHour / cost.devicesPerReplica,
        overrides: {},
        ...{ skipEvents: true, cacheEvents: false, startupSeconds: 0, estimates: true },
      })
      return { ...pool!, name }
    } catch (error) {
      if (!(error instanceof TokenwrightError) || error.code !== 'unknown-entry') throw error
    }
  }
  return `the catalog knows no model ${names.filter(model => model !== null).join(', ')}`
}

/** Mean lengths of what it computed in the window. */
function shapeOf(deployment: string, { attempts }: WindowFacts): RequestShape {
  const own = attempts.filter(
    ({ target }) => target.kind === 'deployment' && target.deployment === deployment,
  )
  const mean = (of: (attempt: (typeof own)[number]) => number) =>
    own.length === 0 ? 1 : own.reduce((sum, attempt) => sum + of(attempt), 0) / own.length
  return {
    inputTokens: Math.max(
      1,
      mean(({ usage }) => usage.uncachedInput + usage.cacheWrite),
    ),
    cachedTokens: 0,
    outputTokens: Math.max(
      1,
      mean(({ usage }) => usage.output),
    ),
    inputVariation: 0,
    outputVariation: 0,
  }
}
