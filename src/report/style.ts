/** The page's whole style: light and dark as the reader's system has it, light on paper. */
export const STYLE = `
:root { color-scheme: light dark; --text: #1f2328; --muted: #59636e; --line: #d1d9e0; --page: #fff; --block: #f6f8fa;
  --good: #1a6b34; --bad: #b42318; --c0: #0451a5; --c1: #2f6b2c; --c2: #a85400; --c3: #652d90; --c4: #b5200d; --c5: #7a6400; }
@media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --muted: #9da7b3; --line: #3d444d; --page: #0d1117; --block: #161b22;
  --good: #6fdd8b; --bad: #ff9d94; --c0: #59a4f9; --c1: #89d185; --c2: #e09030; --c3: #c28ae6; --c4: #f48771; --c5: #e5d44b; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 32px 24px 64px; max-width: 1080px; color: var(--text); background: var(--page);
  font: 14px/1.5 system-ui, sans-serif; }
h1 { margin: 0 0 4px; font-size: 26px; line-height: 1.2; overflow-wrap: anywhere; }
h2 { margin: 40px 0 12px; padding-bottom: 4px; border-bottom: 1px solid var(--line); font-size: 18px; }
h3 { margin: 16px 0 6px; font-size: 14px; }
h4 { margin: 0 0 4px; font-size: 13px; font-weight: 600; color: var(--muted); }
p { margin: 6px 0; overflow-wrap: anywhere; }
.muted { color: var(--muted); }
.note { white-space: pre-wrap; }
.outcome { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 12px; margin: 16px 0; }
.outcome strong { font-size: 24px; font-variant-numeric: tabular-nums; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(190px, 1fr)); gap: 10px 24px; margin: 16px 0; }
dt { color: var(--muted); font-size: 12px; }
dd { margin: 0; overflow-wrap: anywhere; }
.finding, .error { padding: 6px 10px; border-left: 3px solid var(--bad); background: var(--block); }
.finding.warning { border-color: var(--c2); } .finding.information { border-color: var(--c0); }
div.finding { margin: 8px 0; break-inside: avoid; } .finding h3, .finding p { margin: 0; } .finding h3 span { font-weight: 400; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 20px; }
figure { margin: 0; break-inside: avoid; }
figcaption { font-weight: 600; }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--muted); font-size: 11px; font-variant-numeric: tabular-nums; }
.grid { stroke: var(--line); }
.mark { stroke: var(--muted); stroke-dasharray: 3 3; }
.stage { stroke: var(--line); }
.stage-name { font-size: 9px; }
.line { fill: none; stroke-width: 1.6; stroke-linejoin: round; }
.dash1 { stroke-dasharray: 6 3; } .dash2 { stroke-dasharray: 1.5 3; }
.band { stroke: none; opacity: 0.16; }
.dot { fill: none; stroke-width: 6; stroke-linecap: round; }
${[0, 1, 2, 3, 4, 5].map((at) => `.c${at} { stroke: var(--c${at}); background: var(--c${at}); } .band.c${at} { fill: var(--c${at}); }`).join('\n')}
.legend { display: flex; flex-wrap: wrap; gap: 2px 16px; margin: 2px 0 0; padding: 0; list-style: none; font-size: 12px; }
.legend b { font-variant-numeric: tabular-nums; }
.swatch-line { display: inline-block; width: 24px; height: 4px; margin-right: 6px; vertical-align: middle; }
.swatch { display: inline-block; width: 12px; height: 3px; margin-right: 6px; vertical-align: middle; print-color-adjust: exact; }
article { margin: 12px 0; padding: 10px 14px; border: 1px solid var(--line); border-radius: 6px; }
article h3 { margin-top: 0; break-after: avoid; }
pre { margin: 4px 0; padding: 8px 10px; border-radius: 4px; background: var(--block); font: 12.5px/1.45 ui-monospace, monospace;
  white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate; }
.prompt { color: var(--muted); }
.role { margin: 4px 0 0; font-size: 12px; font-weight: 600; }
.completion { border-left: 3px solid var(--c0); }
.scores, .columns { display: flex; flex-wrap: wrap; gap: 2px 16px; font-size: 12px; }
.scores { font-variant-numeric: tabular-nums; }
.tag { padding: 1px 8px; border: 1px solid var(--line); border-radius: 10px; font-size: 12px; font-weight: 600; }
.best { color: var(--good); } .worst { color: var(--bad); }
.sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 320px), 1fr)); gap: 0 16px; margin-top: 8px; }
.sides > div { min-width: 0; }
table { border-collapse: collapse; width: 100%; font-size: 13px; }
th, td { padding: 3px 12px 3px 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th[scope=row] { width: 240px; font-weight: 500; }
.defaults { columns: 2 420px; column-gap: 32px; }
.defaults tr { break-inside: avoid; }
table + table { margin-top: 16px; }
td code { font-size: 11px; overflow-wrap: anywhere; }
footer { margin-top: 48px; color: var(--muted); font-size: 12px; }
@media print {
  :root { color-scheme: light; --text: #000; --muted: #444; --line: #bbb; --page: #fff; --block: #f4f4f4; --good: #1a6b34; --bad: #b42318;
    --c0: #0451a5; --c1: #2f6b2c; --c2: #a85400; --c3: #652d90; --c4: #b5200d; --c5: #7a6400; }
  body { padding: 0; max-width: none; font-size: 11px; }
  .charts { grid-template-columns: 1fr 1fr; }
}
`;
