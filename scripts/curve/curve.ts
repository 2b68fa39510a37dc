/** `npm run curve -- RUN_DIR CHART FILE.svg`: a chart of a run as a picture for the documentation, as the dashboard exports it. */
import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { MetricColumns } from '../../src/protocol/metric-columns.ts';
import { readMetrics } from '../../src/run-folder/metrics.ts';
import { readRunInfo } from '../../src/run-folder/run-info.ts';
import { Curves } from '../../webview/charts/curves.ts';
import { chartDefinitions } from '../../webview/charts/definitions.ts';
import { chartSvg } from '../../webview/export/svg.ts';

/** Of VS Code's Light Modern. */
const theme = {
  palette: ['#1a85ff', '#388a34', '#d18616', '#652d90', '#e51400', '#bf8803', '#a1260d', '#3b3b3b'],
  text: '#3b3b3b',
  muted: '#6f6f6f',
  grid: '#e5e5e5',
  background: '#ffffff',
  cursor: '#000000',
  change: '#bf8803',
  severities: { error: '#c4314b', warning: '#8a6d00', information: '#1a5fb4' },
  font: '11px sans-serif',
  highContrast: false,
};

const [run, id, file] = process.argv.slice(2);
if (run === undefined || id === undefined || file === undefined)
  throw new Error('npm run curve -- RUN_DIR CHART FILE.svg, where CHART is reward, kl, length, entropy ...');
const columns = new MetricColumns();
for (const row of readMetrics(run)) columns.push(row);
const { config, name } = readRunInfo(run);
const chart = chartDefinitions(columns.keys, config).find((definition) => definition.id === id);
if (!chart) throw new Error(`The run has no chart "${id}".`);
const series = chart.series.map(({ band: _, ...line }) => line); // bands need a browser, to mix colours
const label = name ?? basename(run);
const plotted = { name: label, label, folder: run, color: 0, curves: new Curves(columns) };
const settings = { runs: [plotted], axis: 'step' as const, smoothing: 0, hidden: new Set<string>(), theme };
writeFileSync(
  file,
  chartSvg({ ...chart, series }, { ...settings, range: [1, columns.lastStep], marks: { stages: [] } }, false),
);
