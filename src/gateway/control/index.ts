/**
 * The gateway's second door, for those who run it: health, metrics, what it costs now, where requests went and why, the books, keys, reload
 * and drain, and the dashboard's files. From small functions of the gateway around it (ControlParts). Assumes its own port, bound to
 * loopback unless somebody decides otherwise, and a token for everything but reading from this machine. docs/reference/gateway-control.md.
 */

export { budgetStatuses } from './budget-status.ts'
export type {
  BudgetStatus,
  ControlChange,
  ControlFiles,
  ControlParts,
  GatewayStatus,
  KeyAdministration,
  RefusedReload,
} from './control-parts.ts'
export { reasonsNotReady } from './routes/health-routes.ts'
export { type ControlPlane, type ControlPlaneOptions, startControlPlane } from './start-control-plane.ts'
