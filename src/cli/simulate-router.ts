/** `--router`: a policy's name, or a whole specification. */
import { TokenwrightError } from '../core/errors.ts'
import type { Objective } from '../plan/types.ts'
import { parseRouterSpec } from '../routing/check-router-spec.ts'
import type { RouterSpec } from '../routing/router-spec.ts'
import { defaultRouter, namedRouter } from './router-facts.ts'

/** A policy's name, or the whole specification as JSON. A bare `cost` takes its limits from the objectives. */
export function routerOf(text: string | undefined, objectives: readonly Objective[]): RouterSpec {
  if (text === undefined) return defaultRouter
  const word = text.trim()
  return (
    namedRouter(word, objectives) ?? parseRouterSpec(word.startsWith('{') ? jsonOf(word) : word, '--router')
  )
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new TokenwrightError('usage', 'the router is not valid JSON', {
      where: '--router',
      fix: `write {"kind": "prefix-aware"} or a policy's name`,
    })
  }
}
