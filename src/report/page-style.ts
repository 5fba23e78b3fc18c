/** The page's style sheet: system fonts, light and dark, narrow and printed. No network. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --ink: #1b2430; --soft: #5a6675; --faint: #8a94a1; --rule: #dfe3e8; --grid: #eceff2;
  --paper: #ffffff; --panel: #f6f7f9; --accent: #1764ab; --accent-soft: #a9c7e4; --warn: #9a5b00; --strong: #0d3f70;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e4e8ed; --soft: #a5b0bd; --faint: #7c8794; --rule: #323a44; --grid: #262d36;
    --paper: #14181d; --panel: #1c2229; --accent: #6fb1ea; --accent-soft: #35597a; --warn: #e0a84c; --strong: #a5d0f5;
  }
}
* { box-sizing: border-box }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'Liberation Sans', 'DejaVu Sans', sans-serif;
}
main { max-width: 1160px; margin: 0 auto; padding: 32px 24px 56px }
header p.kicker { margin: 0; color: var(--soft) }
h1 { font-size: 20px; line-height: 1.4; font-weight: 600; margin: 6px 0 10px; max-width: 60em; text-wrap: pretty }
h2 { font-size: 17px; font-weight: 600; margin: 40px 0 10px }
h3 { font-size: 14px; font-weight: 600; margin: 0 0 6px }
p { max-width: 75em; margin: 6px 0 }
.soft { color: var(--soft); font-size: 13.5px }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 470px), 1fr)); gap: 28px 36px; align-items: start }
.key { display: flex; flex-wrap: wrap; gap: 10px; margin: 20px 0 0; padding: 0 }
.key div { flex: 1 1 125px; background: var(--panel); border-radius: 6px; padding: 10px 12px }
.key dt { color: var(--soft); font-size: 12.5px; white-space: nowrap }
.key dd { margin: 0; font-size: 19px; font-weight: 600; font-variant-numeric: tabular-nums; white-space: nowrap }
.key small { display: block; font-size: 12px; font-weight: 400; color: var(--soft) }
.wide { overflow-x: auto }
table { border-collapse: collapse; font-size: 13.5px; font-variant-numeric: tabular-nums; margin: 4px 0 }
th { text-align: left; font-weight: 600; color: var(--soft); white-space: nowrap }
th, td { padding: 4px 14px 4px 0; border-bottom: 1px solid var(--rule); vertical-align: top }
td.right, th.right { text-align: right; white-space: nowrap }
tr.chosen td { font-weight: 600 }
.wide td { white-space: nowrap }
.wide table { font-size: 12.5px } .wide th, .wide td { padding-right: 10px }
dl.pairs { display: grid; grid-template-columns: fit-content(40%) 1fr; gap: 4px 18px; margin: 8px 0; font-size: 14px }
dl.pairs dt { color: var(--soft) }
dl.pairs dd { margin: 0; overflow-wrap: anywhere }
pre { background: var(--panel); border-radius: 6px; padding: 10px 12px; overflow-x: auto; font-size: 12.5px; line-height: 1.45 }
pre.wrap { white-space: pre-wrap; overflow-wrap: anywhere }
details { margin: 6px 0 } summary { cursor: pointer }
figure { margin: 0 } figcaption { color: var(--soft); font-size: 13px; margin-top: 2px }
svg.figure { display: block; width: 100%; height: auto; font-family: inherit }
svg text { fill: var(--ink); font-size: 13px }
svg .tick, svg .axis-label { fill: var(--soft); font-size: 12.5px }
svg .grid { stroke: var(--grid) } svg .axis { stroke: var(--faint) }
svg .front-line { fill: none; stroke: var(--accent-soft); stroke-width: 1.6 }
svg .point.other { fill: var(--faint); opacity: .55 }
svg .point.front { fill: var(--accent) }
svg .point.chosen { fill: var(--strong); stroke: var(--paper); stroke-width: 1.5 }
svg .leader { stroke: var(--faint); stroke-width: .9 }
svg .point-label { font-size: 12.5px; fill: var(--soft) }
svg .point-label.chosen { fill: var(--ink); font-weight: 600 }
svg .bar { fill: var(--accent) } svg .bar.muted { fill: var(--accent-soft) }
svg .band { stroke: var(--ink); stroke-width: 1.2; opacity: .75 }
svg .bar-value { font-variant-numeric: tabular-nums; fill: var(--soft) }
.warn { color: var(--warn) }
footer { margin-top: 44px; border-top: 1px solid var(--rule); padding-top: 12px; color: var(--soft); font-size: 13px }
@media (max-width: 640px) {
  main { padding: 20px 14px 40px }
  h1 { font-size: 19px }
  dl.pairs { grid-template-columns: 1fr; gap: 0 } dl.pairs dd { margin-bottom: 8px }
}
@page { margin: 13mm }
@media print {
  :root {
    color-scheme: light;
    --ink: #000; --soft: #444; --faint: #888; --rule: #ccc; --grid: #e8e8e8; --paper: #fff; --panel: #f4f4f4;
    --accent: #1764ab; --accent-soft: #a9c7e4; --warn: #9a5b00; --strong: #0d3f70;
  }
  body { font-size: 10.5px; print-color-adjust: exact; -webkit-print-color-adjust: exact }
  main { max-width: none; padding: 0 }
  h1 { font-size: 14px; max-width: none } h2 { font-size: 12.5px; margin: 20px 0 6px; break-after: avoid }
  p, table, dl.pairs, .soft, figcaption, footer { font-size: 10.5px }
  .key { gap: 6px; margin-top: 12px } .key div { flex: 1 1 21%; padding: 6px 8px }
  .key dt, .key small { font-size: 9.5px } .key dd { font-size: 14px }
  .figures { grid-template-columns: 1fr 1fr; gap: 14px 18px }
  figure, tr, pre, .key, dl.pairs dt, dl.pairs dd { break-inside: avoid }
  thead { display: table-header-group }
  th, td { padding: 2.5px 10px 2.5px 0 } dl.pairs { gap: 2px 14px } pre { font-size: 9.5px }
  .wide { overflow: visible } .wide table { font-size: 8.5px } .wide th, .wide td { padding-right: 7px }
  footer { margin-top: 24px }
}
`
