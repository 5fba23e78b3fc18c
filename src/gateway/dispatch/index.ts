/**
 * Where does a request go? Pools of candidates (own replicas and offers together) behind the routers of src/routing, with filters before
 * them and a line in front; what each candidate costs and how fast it is, learnt from what it did; when it is left alone. Opens no
 * connection but those of engine-state and, if told to, an engine's /tokenize. Assumes one process: what it knows is its own.
 * docs/models/dispatch.md.
 */
export { createDispatcher, type DispatcherSettings } from './dispatcher.ts'
export type {
  Candidate,
  CandidatePricing,
  CandidateStatus,
  Choice,
  Dispatcher,
  DispatchRefusal,
  DispatchRequest,
  Explanation,
  Flight,
  FlightOutcome,
  ModelPool,
  PricedUsage,
  PriceExtras,
  PromptFacts,
  Waiting,
} from './types.ts'
