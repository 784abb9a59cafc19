"""The look of ``report.html``: one style sheet, no font or image from elsewhere, light and dark."""

CSS = """
:root {
  color-scheme: light dark;
  --ground: #fbfaf8; --sheet: #ffffff; --ink: #1d1c1a; --soft: #66625c; --line: #e4e0d9;
  --ours: #b23a2e; --redpajama: #857f76; --llama: #c9c3b9;
  --kept: #2f7a69; --dropped: #d7a13b; --quarantined: #b23a2e; --warn: #8a5a00; --warn-ground: #fdf3dc;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #161514; --sheet: #1e1d1b; --ink: #ebe8e3; --soft: #a39e95; --line: #35322e;
    --ours: #f0796a; --redpajama: #9a948a; --llama: #726c64;
    --kept: #55b39c; --dropped: #d9a94f; --quarantined: #f0796a; --warn: #f0c674; --warn-ground: #2e2718;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  font-variant-numeric: tabular-nums;
}
main { max-width: 68rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .35rem; letter-spacing: -.015em; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 3rem 0 .4rem; letter-spacing: -.01em; }
p { margin: .4rem 0 1rem; max-width: 44rem; }
.soft, figcaption, footer { color: var(--soft); }
code { font: .875em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
dl.facts {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr));
  gap: .75rem; margin: 1.75rem 0 0;
}
dl.facts div { background: var(--sheet); border: 1px solid var(--line); border-radius: .5rem; padding: .8rem 1rem; }
dl.facts dt { color: var(--soft); font-size: .85rem; }
dl.facts dd { margin: .1rem 0 0; font-size: 1.45rem; line-height: 1.25; font-weight: 600; white-space: nowrap; }
.scroll {
  overflow-x: auto; background: var(--sheet); border: 1px solid var(--line);
  border-radius: .5rem; margin: 1rem 0;
}
table { border-collapse: collapse; width: 100%; font-size: .925rem; }
th, td { padding: .5rem .8rem; text-align: right; white-space: nowrap; border-top: 1px solid var(--line); }
thead th { border-top: 0; color: var(--soft); font-weight: 500; font-size: .83rem; vertical-align: bottom; }
thead tr + tr th { padding-top: 0; }
th.group { text-align: center; padding-bottom: .2rem; }
th:first-child, td:first-child, .left { text-align: left; }
tbody th { font-weight: 500; }
tr.total th, tr.total td { font-weight: 600; border-top: 2px solid var(--line); }
.tokens tbody td:nth-child(6), .tokens tbody td:nth-child(9),
.tokens thead tr + tr th:nth-child(6), .tokens thead tr + tr th:nth-child(9),
.tokens th.group + th.group { border-left: 1px solid var(--line); }
td.wide { white-space: normal; min-width: 14rem; }
figure {
  margin: 1rem 0; background: var(--sheet); border: 1px solid var(--line);
  border-radius: .5rem; padding: 1rem 1.1rem;
}
figcaption { font-size: .875rem; margin-bottom: .9rem; }
.key { display: inline-flex; align-items: center; gap: .4rem; margin-right: 1.1rem; white-space: nowrap; }
.key::before { content: ""; width: .75rem; height: .75rem; border-radius: .15rem; background: var(--c); }
.bars {
  display: grid; grid-template-columns: 8.5rem minmax(0, 1fr) 4.6rem; gap: .1rem .8rem;
  align-items: center; font-size: .9rem;
}
.bars .name { align-self: center; }
.bars svg { display: block; width: 100%; }
.bars .value { text-align: right; color: var(--soft); }
.bars .gap { grid-column: 1 / -1; height: .55rem; }
.bars .gap:last-child { display: none; }
.ours { fill: var(--ours); } .redpajama { fill: var(--redpajama); } .llama { fill: var(--llama); }
.kept { fill: var(--kept); } .dropped { fill: var(--dropped); } .quarantined { fill: var(--quarantined); }
.note {
  background: var(--warn-ground); color: var(--warn); border-radius: .5rem;
  padding: .7rem 1rem; margin: 1rem 0; max-width: none;
}
.note ul { margin: .2rem 0; padding-left: 1.2rem; }
details summary { cursor: pointer; color: var(--soft); margin: 1rem 0 .5rem; }
footer { margin-top: 3.5rem; padding-top: 1rem; border-top: 1px solid var(--line); font-size: .85rem; }
footer ul { padding-left: 1.1rem; margin: .5rem 0; } footer li { margin: .25rem 0; }
@media (max-width: 40rem) {
  main { padding: 1.5rem 1rem 3rem; } h1 { font-size: 1.5rem; }
  dl.facts { grid-template-columns: 1fr 1fr; } dl.facts dd { font-size: 1.2rem; }
  .bars { grid-template-columns: minmax(0, 1fr) 4.2rem; } .bars .name { grid-column: 1 / -1; }
  th, td { padding: .45rem .6rem; }
  tbody th:first-child, thead tr:last-child th:first-child {
    position: sticky; left: 0; background: var(--sheet); border-right: 1px solid var(--line);
  }
}
@media print { body { background: none; } .scroll, figure, dl.facts div { break-inside: avoid; } }
"""
