/** Every route of the control plane. docs/reference/gateway-control.md lists the same (a test compares). */
import { bookRoutes } from './book-routes.ts'
import { healthRoutes } from './health-routes.ts'
import { keyRoutes } from './key-routes.ts'
import { liveRoutes } from './live-routes.ts'
import { operationRoutes } from './operation-routes.ts'
import type { ControlRoute } from './route.ts'

export const controlRoutes: readonly ControlRoute[] = [
  ...healthRoutes,
  ...liveRoutes,
  ...bookRoutes,
  ...keyRoutes,
  ...operationRoutes,
]
