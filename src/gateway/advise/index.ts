/**
 * What would have been cheaper? From the ledger: what was paid for whom and where, idle time included; the price book; where the
 * configuration names hardware, the twin. Assumes that the time to come asks what the window asked, and that as many tokens are found
 * in caches wherever a request goes: the ledger holds no prompts. Each piece of advice says what else it assumes, how many requests it
 * rests on, and is not given below a stated amount of data.
 *
 * Reading order: window-facts.ts (what there is), advise.ts (all of it), then each kind: replica-advice, offer-advice, own-or-api, regret,
 * replay-advice. docs/models/advice.md has the formulas.
 */
export { type AdviceQuestion, type AdviceReport, advise } from './advise.ts'
export type { BreakEven } from './own-or-api.ts'
export type { Regret } from './regret.ts'
export type { ReplayPlan, ReplayReport } from './replay-advice.ts'
export type { Spend, SpendLine } from './spend.ts'
export {
  type Advice,
  type AdviceKind,
  busyLimit,
  hoursPerMonth,
  leastData,
  type Refusal,
  type UsdBand,
} from './types.ts'
export type { WindowFacts } from './window-facts.ts'
