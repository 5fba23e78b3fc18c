/**
 * claims/ answers: what follows from the figures that a public claim names, and how far that is from what it says.
 * From: data/claims.json (claims with inputs, formulas, verdict, source, date). Assumes: nothing; a formula is what the file
 * shows, evaluated as it stands. Whether the inputs are right is the source's affair, and the verdict says so.
 */
export { agreement, type CheckedClaim, type CheckedStep, checkedClaim } from './check-claim.ts'
export type * from './claim.ts'
export { evaluate } from './expression.ts'
export { loadClaims } from './load-claims-file.ts'
