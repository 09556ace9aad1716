/** Style sheet of the status page: light and dark as the reader's system, without external fonts or images. */
export const statusStyle = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --line: #dfe3e8; --soft: #eef1f4;
  --text: #1b2430; --dim: #5a6675; --link: #0b5cad;
  --good: #17693a; --good-soft: #e3f4ea; --warn: #855100; --warn-soft: #fdf1d8;
  --bad: #b3261e; --bad-soft: #fdeae8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f141a; --card: #171e26; --line: #2b3541; --soft: #202932;
    --text: #e4e9ef; --dim: #9ba8b6; --link: #7db8f5;
    --good: #74d69a; --good-soft: #14301f; --warn: #f0c060; --warn-soft: #362a12;
    --bad: #ff9d94; --bad-soft: #3d1b19;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 0.9375rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
}
a { color: var(--link); }
a:focus-visible, summary:focus-visible, [tabindex]:focus-visible {
  outline: 3px solid var(--link); outline-offset: 2px; border-radius: 4px;
}
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 1rem; top: 0.5rem; background: var(--card); padding: 0.5rem 1rem; z-index: 1; }
header, main, footer { max-width: 74rem; margin: 0 auto; padding: 0 1.5rem; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0.25rem 1rem; padding-top: 1.75rem; }
header p { margin: 0; color: var(--dim); }
header nav { margin-left: auto; display: flex; flex-wrap: wrap; gap: 1.25rem; }
h1 { margin: 0; font-size: 1.5rem; letter-spacing: -0.02em; }
h2 { margin: 2.5rem 0 0.75rem; font-size: 1.125rem; letter-spacing: -0.01em; }
h3 { margin: 0; font-size: 1rem; display: inline; }
h4, .sub { display: block; margin: 1.25rem 0 0.4rem; font-size: 0.8125rem; color: var(--dim); font-weight: 600; }
code, pre, .name { font-family: ui-monospace, "SFMono-Regular", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 0.9em; }
.dim { color: var(--dim); }
.verdict { margin-top: 1.25rem; padding: 1rem 1.25rem; border-radius: 10px; border: 1px solid var(--line); border-left: 5px solid; background: var(--card); }
.verdict h2 { margin: 0; }
.verdict ul { margin: 0.5rem 0 0; padding-left: 1.25rem; }
.verdict p { margin: 0.25rem 0 0; color: var(--dim); }
.verdict.good { border-left-color: var(--good); }
.verdict.warn { border-left-color: var(--warn); }
.verdict.bad { border-left-color: var(--bad); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 0.75rem; margin: 0.75rem 0 0; }
.figures div { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 0.7rem 1rem; display: flex; flex-direction: column-reverse; justify-content: flex-end; }
.figures dt { color: var(--dim); font-size: 0.8125rem; }
.figures dd { margin: 0; font-size: 1.5rem; font-weight: 600; line-height: 1.25; font-variant-numeric: tabular-nums; }
.table { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
table { width: 100%; border-collapse: collapse; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
th .time, th .ago { font-weight: 400; }
th, td { padding: 0.5rem 0.9rem; text-align: left; vertical-align: top; border-top: 1px solid var(--line); }
thead th { border-top: 0; color: var(--dim); font-size: 0.8125rem; font-weight: 600; background: var(--soft); white-space: nowrap; }
tbody th { font-weight: 600; white-space: nowrap; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.time { white-space: nowrap; font-variant-numeric: tabular-nums; }
.tag { display: inline-block; padding: 0.05rem 0.55rem; border-radius: 999px; font-size: 0.8125rem; font-weight: 600; background: var(--soft); color: var(--dim); white-space: nowrap; }
.tag.good { background: var(--good-soft); color: var(--good); }
.tag.warn { background: var(--warn-soft); color: var(--warn); }
.ago { color: var(--dim); white-space: nowrap; }
.tag.bad { background: var(--bad-soft); color: var(--bad); }
summary { cursor: pointer; overflow-wrap: anywhere; }
.device { background: var(--card); border: 1px solid var(--line); border-radius: 10px; margin-top: 0.75rem; }
.device > summary { padding: 0.75rem 1.1rem; border-radius: 10px; }
.device > summary > * { margin-right: 0.6rem; }
.record .text { padding: 0.35rem 0 0 1rem; color: var(--dim); }
.detail { padding: 0 1.1rem 1.1rem; border-top: 1px solid var(--line); }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(12.5rem, 1fr)); gap: 0.75rem 1.25rem; margin: 1rem 0 0; }
.facts dt { color: var(--dim); font-size: 0.8125rem; }
.facts dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.flags { display: flex; flex-wrap: wrap; gap: 0.35rem; margin: 0; padding: 0; list-style: none; }
.flags li { border: 1px solid var(--line); border-radius: 6px; padding: 0 0.5rem; }
.issue { overflow-wrap: anywhere; border: 1px solid var(--line); border-radius: 8px; padding: 0.75rem 1rem; margin-top: 0.5rem; }
.issue p { margin: 0.35rem 0 0; }
.issue pre { margin: 0.5rem 0 0; padding: 0.5rem 0.75rem; background: var(--soft); border-radius: 6px; overflow-x: auto; }
.text { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
.empty { margin: 0; padding: 0.9rem 1.1rem; background: var(--card); border: 1px solid var(--line); border-radius: 10px; color: var(--dim); }
footer { padding-top: 2rem; padding-bottom: 2.5rem; color: var(--dim); font-size: 0.8125rem; }
@media (max-width: 40rem) {
  header, main, footer { padding-left: 1rem; padding-right: 1rem; }
  header nav { margin-left: 0; }
  .table { background: none; border: 0; }
  table, tbody, tbody tr, tbody th, tbody td { display: block; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tbody tr { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 0.5rem 0.9rem; margin-top: 0.5rem; }
  tbody th, tbody td { border: 0; padding: 0.15rem 0; }
  tbody th { white-space: normal; overflow-wrap: anywhere; }
  tbody td { display: grid; grid-template-columns: 6.5rem minmax(0, 1fr); gap: 0.5rem; justify-items: start; overflow-wrap: anywhere; }
  tbody td.number { text-align: left; white-space: normal; }
  tbody td::before { content: attr(data-column); color: var(--dim); font-size: 0.8125rem; }
}
@media print { body { background: none; } .device { break-inside: avoid; } }
`;
