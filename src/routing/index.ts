/**
 * Where does a request go, and is it let in? Filters, rankings and pickers over what is known of the candidates, prefix indexes
 * estimated or told by events, and a queue in front with limits, fairness and deadlines.
 * Assumes: what docs/models/routing.md lists as left out. Who drives a router tells it what became of each request (types.ts).
 */
export type { AdmissionSpec, TenantLimits } from './admission/admission-spec.ts'
export { CandidateColumns } from './candidate-columns.ts'
export { parseRouterSpec } from './check-router-spec.ts'
export { type CreatedRouter, createRouter, type RouterParts, usesPrefixIndex } from './create-router.ts'
export { EstimatedPrefixIndex } from './estimated-prefix-index.ts'
export { type PrefixIndex, type PrefixIndexSpec, prefixIndexDefaults } from './prefix-index.ts'
export { type PolicyKind, policyKinds, type RouterSpec } from './router-spec.ts'
export {
  type CandidateEstimate,
  type CandidateInFlight,
  type CandidateState,
  type ExplainedCandidate,
  type FilterName,
  type RejectReason,
  type Router,
  type RoutingDecision,
  type RoutingExplanation,
  rejectReasons,
} from './types.ts'
