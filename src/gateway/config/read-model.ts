/** A model of the file: an alias, who may serve it, and by which policy. References are checked in check-references.ts. */
import { TokenwrightError } from '../../core/errors.ts'
import { parseRouterSpec, type RouterSpec } from '../../routing/index.ts'
import { defaultAttempts, defaultObjectives } from './config-defaults.ts'
import { type FaultPath, withoutSecretsOf } from './config-faults.ts'
import type { ModelEntry } from './config-schema.ts'
import type { AttemptSettings, ModelConfig, Requirements } from './gateway-config.ts'
import type { ReadContext } from './read-context.ts'

export function readModel(
  alias: string,
  entry: ModelEntry,
  tellsEvents: boolean,
  path: FaultPath,
  context: ReadContext,
): ModelConfig {
  const { require } = entry
  return {
    alias,
    aliases: entry.aliases ?? [],
    candidates: entry.candidates,
    router: readRouter(entry, path, context),
    require: {
      regions: require?.regions ?? null,
      quantizations: require?.quantizations ?? null,
      // Whoever allows anything asks nothing, not even that the policy is known.
      dataPolicy: require?.dataPolicy === 'any' ? null : (require?.dataPolicy ?? null),
      maximumInputUsdPerMillionTokens: require?.maximumInputUsdPerMillionTokens ?? null,
      maximumOutputUsdPerMillionTokens: require?.maximumOutputUsdPerMillionTokens ?? null,
    } satisfies Requirements,
    attempts: readAttempts(entry, path, context),
    fallbacks: entry.fallbacks ?? [],
    hedging: entry.hedging ?? null,
    // Events name blocks by token ids: prompts named by bytes would never match one.
    tokenizer: entry.tokenizer ?? (tellsEvents ? 'engine' : 'bytes'),
  }
}

function readAttempts(entry: ModelEntry, path: FaultPath, { faults }: ReadContext): AttemptSettings {
  const attempts = { ...defaultAttempts }
  for (const field of Object.keys(defaultAttempts) as (keyof AttemptSettings)[]) {
    const value = entry.attempts?.[field]
    if (value !== undefined) attempts[field] = value
  }
  if (attempts.longestCooldownSeconds < attempts.cooldownSeconds) {
    // Only the one that was written can be wrong.
    const field =
      entry.attempts?.longestCooldownSeconds === undefined ? 'cooldownSeconds' : 'longestCooldownSeconds'
    faults.add(
      [...path, 'attempts', field],
      `the longest cooldown, ${attempts.longestCooldownSeconds} s, is shorter than the first, ${attempts.cooldownSeconds} s`,
      'raise longestCooldownSeconds',
    )
  }
  return attempts
}

/** The policy with the objectives and the admission that stand beside it; without any: least cost, in front of it a queue. */
function readRouter(entry: ModelEntry, path: FaultPath, context: ReadContext): RouterSpec {
  const { faults } = context
  const at = [...path, 'policy']
  const { policy = 'cost', objectives, admission } = entry
  const spec: unknown = typeof policy === 'string' ? { kind: policy } : policy
  if (!isPlainObject(spec)) return parsed(spec, at, context)
  const isCost = spec.kind === 'cost'
  if (objectives !== undefined && !isCost) {
    faults.add(
      [...path, 'objectives'],
      'count only where the policy is cost',
      'leave them out, or write policy: cost',
    )
  }
  for (const field of ['ttftMs', 'tpotMs'] as const) {
    if (isCost && objectives?.[field] !== undefined && spec[field] !== undefined) {
      faults.add([...path, 'objectives', field], 'stands in the policy, too', 'keep one of them')
    }
  }
  if (admission !== undefined && spec.admission !== undefined) {
    faults.add([...path, 'admission'], 'stands in the policy, too', 'keep one of them')
  }
  return parsed(
    {
      ...(isCost ? { ...defaultObjectives, ...objectives } : {}),
      admission: admission === undefined ? {} : admission,
      ...spec,
    },
    at,
    context,
  )
}

function parsed(spec: unknown, path: FaultPath, { faults }: ReadContext): RouterSpec {
  try {
    return parseRouterSpec(spec, marker)
  } catch (error) {
    if (!(error instanceof TokenwrightError)) throw error
    const parts = (error.where ?? marker).split('.').slice(1)
    // Objectives and admission may have come from beside the policy.
    const place = parts[0] === 'admission' ? [...path.slice(0, -1), ...parts] : [...path, ...parts]
    faults.add(place, withoutSecretsOf(spec, error.message), error.fix)
    return { kind: 'round-robin' }
  }
}

const marker = '@'

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
