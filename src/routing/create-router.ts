/** From a specification, which is checked, to a router. */
import type { RandomSource } from '../core/random.ts'
import { parseRouterSpec } from './check-router-spec.ts'
import { type CreatedRouter, type RouterParts, routerOfSpec } from './router-of-spec.ts'
import type { RouterSpec } from './router-spec.ts'

export { type CreatedRouter, type RouterParts, usesPrefixIndex } from './router-of-spec.ts'

/**
 * The router of a specification. The same specification, seed and calls give the same decisions. `name` tells the random
 * streams of several routers of one run apart. `parts` outlive the router, with what they hold, where it is made anew. Throws a
 * TokenwrightError ('usage') for a specification that makes no sense.
 */
export function createRouter(
  spec: RouterSpec,
  random: RandomSource,
  name = 'router',
  parts: RouterParts | null = null,
): CreatedRouter {
  return routerOfSpec(parseRouterSpec(spec, name), random, name, parts)
}
