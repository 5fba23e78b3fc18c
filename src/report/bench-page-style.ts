/** What the page of a measurement needs beyond page-style.ts and run-page-style.ts: verdicts, error bars, loads that fold. */
export const benchPageStyle = `
:root { --good: #1a7f37; --bad: #b3261e }
@media (prefers-color-scheme: dark) { :root { --good: #5cc27a; --bad: #f28b82 } }
h1, header p.kicker, summary, td, figcaption, .verdict { overflow-wrap: anywhere }
.verdict { border-left: 4px solid var(--level); background: var(--panel); border-radius: 0 6px 6px 0; padding: 8px 12px; margin: 12px 0; max-width: 75em }
.verdict strong { color: var(--level) } .verdict p { margin: 2px 0 }
.valid { --level: var(--good) } .suspect { --level: var(--warn) } .invalid { --level: var(--bad) }
.checks td:nth-child(2) { color: var(--level); font-weight: 600 }
tr.below td { color: var(--soft); padding-top: 0 } tr:has(+ tr.below) td { border-bottom: none; padding-bottom: 0 }
.checks td:last-child { min-width: 22em; white-space: normal }
details.load { border-top: 1px solid var(--rule); margin: 0; padding: 8px 0 }
details.load > summary { font-weight: 600 } details.load summary small { font-weight: 400; color: var(--soft); font-size: 13px }
h3 { margin: 26px 0 6px } h3.first { margin-top: 8px }
.figures { margin-top: 12px } .figures > * { max-width: 580px } .figures h3 { margin-top: 0 } .parts { margin-top: 26px }
svg.figure { overflow: visible }
svg .point-label { paint-order: stroke; stroke: var(--paper); stroke-width: 4px; stroke-linejoin: round }
svg .point.diamond { fill: var(--paper); stroke: var(--warn); stroke-width: 2; opacity: 1 }
svg .point.cross { fill: none; stroke: var(--bad); stroke-width: 2.4; opacity: 1 }
svg .band-area { fill: var(--green); opacity: .14 }
svg .band-line { fill: none; stroke: var(--green); stroke-width: 1.4; stroke-dasharray: 5 4 }
svg .whisker { stroke: var(--series); stroke-width: 1.4 } svg .whisker.open { stroke-dasharray: 2 3 }
svg .dashed .line { stroke-dasharray: 5 4 }
@media (max-width: 640px) {
  .wordy table { min-width: 0 }
  svg text, svg .tick, svg .axis-label, svg .series-name, svg .panel-heading, svg .point-label, svg .mark-label { font-size: 14px }
}
@media print {
  :root { --good: #1a7f37; --bad: #b3261e }
  .verdict { border: 1px solid var(--rule); border-left: 4px solid var(--level); font-size: 10.5px; padding: 4px 8px }
  details.load::details-content { content-visibility: visible; display: block }
}
`
