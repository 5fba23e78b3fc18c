/** What a page about a run needs beyond page-style.ts: several curves in one figure, and tables whose last column is words. */
export const runPageStyle = `
:root { --blue: #1764ab; --green: #1a7f6b; --amber: #b3690a; --violet: #7850ad; --grey: #b9c1ca; --grey-ink: #5a6675 }
@media (prefers-color-scheme: dark) {
  :root { --blue: #6fb1ea; --green: #55c2a8; --amber: #e0a84c; --violet: #b79bea; --grey: #59636f; --grey-ink: #a5b0bd }
}
svg .series-1 { --series: var(--blue); --series-ink: var(--blue) }
svg .series-2 { --series: var(--green); --series-ink: var(--green) }
svg .series-3 { --series: var(--amber); --series-ink: var(--amber) }
svg .series-4 { --series: var(--violet); --series-ink: var(--violet) }
svg .muted { --series: var(--grey); --series-ink: var(--grey-ink) }
svg .line { fill: none; stroke: var(--series); stroke-width: 1.5; stroke-linejoin: round }
svg .dot { fill: var(--series) }
svg .area { fill: var(--series); opacity: .75 }
svg .series-name { fill: var(--series-ink); font-size: 12.5px }
svg .panel-heading { font-size: 12.5px; font-weight: 600 }
svg .limit { stroke: var(--series); stroke-width: 1.1; stroke-dasharray: 5 4 }
svg .limit-point { fill: var(--paper); stroke: var(--series); stroke-width: 1.6 }
svg .halo { paint-order: stroke; stroke: var(--paper); stroke-width: 4px; stroke-linejoin: round }
svg .window { fill: var(--panel) }
svg .mark { stroke: var(--warn); stroke-dasharray: 2 3 } svg .mark-span { fill: var(--warn); opacity: .14 }
svg .mark-label { fill: var(--warn); font-size: 12px }
.wordy { overflow-x: auto } .wordy table { min-width: 460px; font-size: 12.5px }
.after-table, .wordy + .wordy { margin-top: 18px }
@media print {
  :root { --blue: #1764ab; --green: #1a7f6b; --amber: #b3690a; --violet: #7850ad; --grey: #b9c1ca; --grey-ink: #5a6675 }
  h3 { font-size: 11px }
  .wordy { overflow: visible } .wordy table { min-width: 0; font-size: 8.5px }
}
`
