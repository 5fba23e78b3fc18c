/** What was refused when the book was made, and what lists dispute: counted, or each. */
import type { Disagreement, PriceFindings, RefusedPrice } from '../market/findings.ts'
import { formatCount, formatSignificant, plural } from './format-number.ts'
import { section } from './text-layout.ts'
import type { TextStyle } from './text-style.ts'
import { renderTable } from './text-table.ts'

/** Counts by rule, and by provider and list. */
export function renderFindingsSummary({ refused, disagreements }: PriceFindings, style: TextStyle): string {
  return `${[
    `${style.strong(
      `${plural(refused.length, 'listed price')} refused, ${plural(disagreements.length, 'disagreement')}`,
    )}; --all, --model or --provider lists them`,
    section(
      'Refused, by rule and list',
      counted(refused, ({ rule, source }) => [rule, source], ['rule', 'list']),
      style,
    ),
    section(
      'Another list says something else, by provider and list',
      counted(disagreements, ({ provider, source }) => [provider, source], ['provider', 'list']),
      style,
    ),
  ].join('\n\n')}\n`
}

function counted<T>(findings: readonly T[], keyOf: (finding: T) => string[], headers: string[]): string {
  const counts = new Map<string, number>()
  for (const finding of findings) {
    const key = keyOf(finding).join('\t')
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return renderTable(
    [...headers.map(header => ({ header })), { header: 'prices', align: 'right' as const }],
    [...counts].sort().map(([key, count]) => [...key.split('\t'), formatCount(count)]),
    { indent: '  ' },
  )
}

export function renderFindings(
  { refused, disagreements }: PriceFindings,
  width: number,
  style: TextStyle,
): string {
  return `${[
    section(
      `${plural(refused.length, 'listed price')} refused`,
      refused.length === 0 ? '' : refusedTable(refused, width),
      style,
    ),
    section(
      plural(disagreements.length, 'disagreement'),
      disagreements.length === 0 ? '' : disagreementTable(disagreements, width),
      style,
    ),
  ]
    .filter(block => block !== '')
    .join('\n\n')}\n`
}

function refusedTable(refused: readonly RefusedPrice[], width: number): string {
  return renderTable(
    [
      { header: 'provider' },
      { header: 'model' },
      { header: 'tier' },
      { header: 'class' },
      { header: 'listed', align: 'right' },
      { header: 'by' },
      { header: 'rule' },
      { header: 'value', align: 'right' },
      { header: 'band' },
    ],
    refused.map(finding => [
      finding.provider,
      finding.model,
      finding.serviceTier,
      finding.class,
      finding.listed,
      finding.source,
      finding.rule,
      formatSignificant(finding.value),
      `${finding.band[0]} to ${finding.band[1] ?? '∞'}`,
    ]),
    { indent: '  ', maximumWidth: width },
  )
}

function disagreementTable(disagreements: readonly Disagreement[], width: number): string {
  return renderTable(
    [
      { header: 'provider' },
      { header: 'model' },
      { header: 'tier' },
      { header: 'class' },
      { header: 'chosen', align: 'right' },
      { header: 'from' },
      { header: 'other', align: 'right' },
      { header: 'list' },
      { header: 'on' },
    ],
    disagreements.map(finding => [
      finding.provider,
      finding.model,
      finding.serviceTier,
      finding.class,
      finding.chosen,
      finding.chosenFrom,
      finding.listed,
      finding.source,
      finding.day,
    ]),
    { indent: '  ', maximumWidth: width },
  )
}
