/** Claims: public multiples, each with its arithmetic recomputed, its verdict, and the curve on which it sits. */
import type { CheckedClaim } from '../../src/claims/check-claim.ts'
import { type VerdictKind, verdictKinds } from '../../src/claims/claim.ts'
import { arithmeticTable, verdictNames } from '../../src/report/claim-facts.ts'
import type { PageProps } from '../app.tsx'
import { Choice, TextField } from '../parts/fields.tsx'
import { Empty, Pending } from '../parts/states.tsx'
import { DataTable } from '../parts/tables.tsx'
import { replaceParams, routeText } from '../state/route.ts'
import { useClaims } from './use-claims.ts'

export function ClaimsPage({ params }: PageProps) {
  const claims = useClaims()
  if (claims === null) return <Pending words="reading the claims" />
  const query = (params.q ?? '').toLowerCase()
  const found = claims.filter(
    claim =>
      (!params.verdict || claim.verdict.kind === params.verdict) &&
      query.split(/\s+/).every(word => JSON.stringify(claim).toLowerCase().includes(word)),
  )
  const change = (changed: Readonly<Record<string, string>>) =>
    replaceParams(
      'claims',
      Object.fromEntries(Object.entries({ ...params, ...changed }).filter(([, value]) => value !== '')),
    )
  return (
    <div class="claims">
      <h1>Claims</h1>
      <p class="soft">
        Multiples that are quoted without their point. Each is recomputed from the figures that its source
        names; the formula shown is the one evaluated. <code>tokenwright claims</code> prints the same.
      </p>
      <search class="filters">
        <TextField label="Search" value={params.q ?? ''} live onChange={q => change({ q })} />
        <Choice
          label="Verdict"
          value={params.verdict ?? ''}
          options={[['', 'All'], ...verdictKinds.map(kind => [kind, verdictNames[kind]] as const)]}
          onChange={verdict => change({ verdict })}
        />
      </search>
      {found.length === 0 ? <Empty>No claim matches.</Empty> : null}
      {found.map(claim => (
        <ClaimView key={claim.id} claim={claim} open={params.id === claim.id} />
      ))}
    </div>
  )
}

const marks: Readonly<Record<VerdictKind, string>> = {
  reproduced: 'good',
  conditional: 'warn',
  refuted: 'bad',
  projection: 'soft',
  'not-testable': 'soft',
}

function ClaimView({ claim, open }: { readonly claim: CheckedClaim; readonly open: boolean }) {
  const { verdict, provenance, curve, holdsFor } = claim
  const table = arithmeticTable(claim)
  return (
    <article class="claim" id={claim.id}>
      <h2>{claim.claim}</h2>
      <p class="soft">{claim.statedBy}</p>
      <p>
        <strong class={`verdict ${marks[verdict.kind]}`}>{verdictNames[verdict.kind]}</strong> {verdict.text}
      </p>
      {holdsFor.length > 0 ? <p class="soft">Holds for {holdsFor.join('; ')}.</p> : null}
      {table.rows.length > 0 ? (
        <details open={open}>
          <summary>Arithmetic</summary>
          <DataTable table={table} dense label={`Arithmetic of ${claim.id}`} />
        </details>
      ) : null}
      <p class="soft">
        {curve ? (
          <>
            <a
              href={routeText('compare', {
                model: curve.model,
                isl: String(curve.isl),
                osl: String(curve.osl),
                base: curve.baseline,
                with: curve.against.join(','),
                claim: claim.id,
                plain: curve.baselinePlain ? '1' : '',
              })}
            >
              The curve on which it sits
            </a>
            .{' '}
          </>
        ) : null}
        Source: {provenance.source} ({provenance.confidence}, {provenance.asOf}).
        {provenance.notes ? ` Note: ${provenance.notes}.` : ''}
      </p>
    </article>
  )
}
