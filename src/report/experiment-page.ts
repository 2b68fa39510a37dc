import { basename, join } from 'node:path';
import { outputFailure, writeOutput } from '../export/output-file.ts';
import { writePieces } from '../export/text-writer.ts';
import { makeFolders } from '../files/make-folders.ts';
import {
  type ExperimentResults,
  type ExperimentRunResult,
  meanText,
  rangeText,
  type SettingResult,
  type StageResult,
  stageFunctions,
  stageName,
} from '../protocol/experiment-results.ts';
import type { MetricColumns } from '../protocol/metric-columns.ts';
import { RECENT_STEPS } from '../protocol/run-measure.ts';
import { MetricsTail } from '../run-folder/metrics-tail.ts';
import { formatDuration } from '../text/duration.ts';
import { chartFile } from './chart-file.ts';
import { experimentCharts, type SettingCurves } from './experiment-charts.ts';
import { type Html, html } from './html.ts';
import { lineChart } from './line-chart.ts';
import { pageOf } from './page.ts';
import { STYLE } from './style.ts';

type Results = Omit<ExperimentResults, 'page'>;

/** Writes `report.html` and a picture of each chart into a folder, which is made; gives the page's path. `version`: of the product. */
export async function writeExperimentPage(folder: string, results: Results, version: string): Promise<string> {
  try {
    makeFolders(folder);
  } catch (error) {
    throw outputFailure(folder, error);
  }
  const charts = experimentCharts(await Promise.all(results.settings.map(curvesOf)), results.metrics);
  for (const chart of charts)
    await writeOutput(join(folder, `${chart.name}.svg`), (file) => writePieces(file, [chartFile(chart).text]));
  const page = join(folder, 'report.html');
  const drawn = charts.map(({ title, lines, options }) => lineChart(title, lines, options));
  await writeOutput(page, (file) => writePieces(file, [experimentPage(results, drawn, version).text]));
  return page;
}

async function curvesOf({ label, runs }: SettingResult): Promise<SettingCurves> {
  const read = runs.map(async ({ folder, state }): Promise<MetricColumns[]> => {
    if (folder === null || state !== 'done') return [];
    const tail = new MetricsTail(folder);
    await tail.read();
    return [tail.columns];
  });
  return { label, runs: (await Promise.all(read)).flat() };
}

function experimentPage(results: Results, charts: Html[], version: string): Html {
  const { name, file, base, settings } = results;
  const runs = settings.flatMap((setting) => setting.runs);
  const done = runs.filter(({ state }) => state === 'done').length;
  const about = { title: `${name} · GRPO Lab experiment`, style, version, writtenFrom: file };
  const body = html`<header><h1>${name}</h1>
<p class="muted">${settings.length} ${settings.length === 1 ? 'setting' : 'settings'} of ${basename(base)}; ${done} of ${runs.length} runs are done.</p></header>
${settingsSection(results)}
${stagesSection(results)}
${
  charts.length > 0 &&
  html`<section><h2>Curves</h2>
<p class="muted">By step: the mean over each setting's seeds, in a band from the lowest to the highest of them. Held-out rewards are as measured; each other point is the mean of the last ${RECENT_STEPS} steps.</p>
<div class="charts">${charts}</div></section>`
}
${runsSection(results)}`;
  return pageOf(about, body);
}

const style = html([
  `${STYLE}.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.cross { width: auto; } .cross .number { padding-left: 24px; }
`,
] as unknown as TemplateStringsArray);

function settingsSection({ measure, metrics, settings }: Results): Html {
  const headings = Object.keys(metrics);
  const highest = Math.max(...settings.map(({ mean }) => mean ?? -Infinity));
  const rewardOf = (setting: SettingResult) =>
    setting.mean === highest ? html`<b>${meanText(setting)}</b>` : html`${meanText(setting)}`;
  const row = (setting: SettingResult) => html`<tr><th scope="row">${setting.label}</th>
<td class="number">${setting.done} of ${setting.runs.length}</td>
<td class="number">${rewardOf(setting)}</td>
<td class="number">${fixed(setting.best)}</td>
${headings.map((heading) => html`<td class="number">${meanText(setting.metrics[heading]!)}</td>`)}
<td>${setting.set.join(', ')}</td></tr>`;
  return html`<section><h2>Settings</h2>
${crossTable(settings, measure, rewardOf)}
<table><thead><tr><th scope="col">setting</th><th scope="col" class="number">runs done</th><th scope="col" class="number">${measure}</th><th scope="col" class="number">best</th>${headings.map((heading) => html`<th scope="col" class="number">${heading}</th>`)}<th scope="col">overrides</th></tr></thead>
<tbody>${settings.map(row)}</tbody></table>
<p class="muted">Mean ± standard deviation (n − 1) over the runs that are done; best: the mean of each run's highest.</p></section>`;
}

/** Where two things vary, one by row and the other by column. */
function crossTable(
  settings: readonly SettingResult[],
  measure: string,
  rewardOf: (setting: SettingResult) => Html,
): Html {
  const [rows, columns] = [0, 1].map((axis) => [...new Set(settings.map(({ choices }) => choices[axis] ?? ''))]) as [
    string[],
    string[],
  ];
  const isCross = settings.every(({ choices }) => choices.length === 2) && rows.length > 1 && columns.length > 1;
  if (!isCross) return html``;
  const cell = (row: string, column: string) =>
    settings.find(({ choices }) => choices[0] === row && choices[1] === column)!;
  return html`<table class="cross"><thead><tr><th scope="col">${measure}</th>${columns.map((column) => html`<th scope="col" class="number">${column}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr><th scope="row">${row}</th>${columns.map((column) => html`<td class="number">${rewardOf(cell(row, column))}</td>`)}</tr>`)}</tbody></table>`;
}

/** Of runs with stages, what was measured after each of them. */
function stagesSection({ settings }: Results): Html {
  const functions = stageFunctions(settings);
  const cells = ({ reward, rewards }: StageResult) =>
    [reward, ...functions.map((name) => rewards[name])].map(
      (range) => html`<td class="number">${rangeText(range)}</td>`,
    );
  const rows = settings.flatMap(({ label, stages }) =>
    stages.map(
      (stage, index) =>
        html`<tr><th scope="row">${index === 0 && label}</th><td>${stageName(stage)}</td>${cells(stage)}</tr>`,
    ),
  );
  if (rows.length === 0) return html``;
  return html`<section><h2>Stages</h2>
<table><thead><tr><th scope="col">setting</th><th scope="col">after</th>${['held-out reward', ...functions].map((name) => html`<th scope="col" class="number">${name}</th>`)}</tr></thead>
<tbody>${rows}</tbody></table>
<p class="muted">Mean (lowest – highest) over the runs that are done, of the weighted sum and of each reward function.</p></section>`;
}

function runsSection({ settings }: Results): Html {
  const row = (label: string, run: ExperimentRunResult) => html`<tr><th scope="row">${label}</th>
<td class="number">${run.seed}</td><td>${run.state}${run.failure !== null && html`: <span class="muted">${run.failure}</span>`}</td>
<td class="number">${run.step}</td><td class="number">${fixed(run.reward)}</td><td class="number">${fixed(run.best)}</td>
<td class="number">${run.seconds === null ? '–' : formatDuration(run.seconds)}</td><td>${run.folder === null ? '–' : basename(run.folder)}</td></tr>`;
  return html`<section><h2>Runs</h2>
<table><thead><tr><th scope="col">setting</th><th scope="col" class="number">seed</th><th scope="col">state</th><th scope="col" class="number">steps</th><th scope="col" class="number">reward</th><th scope="col" class="number">best</th><th scope="col" class="number">duration</th><th scope="col">run folder</th></tr></thead>
<tbody>${settings.flatMap(({ label, runs }) => runs.map((run) => row(label, run)))}</tbody></table></section>`;
}

const fixed = (value: number | null): string => (value === null ? '–' : value.toFixed(2));
