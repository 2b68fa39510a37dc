import type { ExperimentChart } from './experiment-charts.ts';
import { type Html, html } from './html.ts';
import { chartSummary, HEIGHT, lookOf, plotArea, WIDTH } from './line-chart.ts';
import { STYLE } from './style.ts';

const [TITLE, ROW, SIDE] = [26, 17, 10];

/** A chart as a picture of its own, with its title and its legend: for a text, or for slides. */
export function chartFile({ title, lines, options }: ExperimentChart): Html {
  const height = TITLE + HEIGHT + lines.length * ROW + SIDE;
  const rows = lines.map(
    ({ label, color }, row) =>
      html`<path class="${lookOf(color)}" d="M46 ${TITLE + HEIGHT + row * ROW + 8}h24"/><text x="78" y="${TITLE + HEIGHT + row * ROW + 12}">${label}</text>`,
  );
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${2 * WIDTH}" height="${2 * height}" role="img" aria-label="${chartSummary(title, lines, options)}">
<style>${PICTURE_STYLE}</style>
<rect class="page" width="${WIDTH}" height="${height}"/>
<text class="title" x="46" y="17">${title}</text>
<g transform="translate(0 ${TITLE})">${plotArea(lines, options)}</g>
${rows}
</svg>
`;
}

/** Of the page's style, its colours and what curves look like. A picture in another page follows the reader's system too. */
const PICTURE_STYLE = (() => {
  const rules = STYLE.split('\n').filter((line) =>
    /^(\.grid|\.mark|\.stage|\.line|\.dash|\.band|\.dot|\.c\d)/.test(line),
  );
  const colors = STYLE.slice(0, STYLE.indexOf('* {'));
  const own =
    'text { fill: var(--muted); font: 11px system-ui, sans-serif; } .title { fill: var(--text); font-size: 13px; font-weight: 600; } .page { fill: var(--page); }';
  return html([`${colors}${rules.join('\n')}\n${own}`] as unknown as TemplateStringsArray);
})();
