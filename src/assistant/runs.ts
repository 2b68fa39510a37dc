import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { MetricsRow } from '../protocol/run-folder.ts';
import { measureText } from '../protocol/run-measure.ts';
import { readMetrics } from '../run-folder/metrics.ts';
import { type Run, RunReader } from '../run-folder/read-run.ts';
import { readCompletions } from '../run-folder/rollouts.ts';

const MOST_RUNS = 50;

/** The run folders beside the run configs of a folder. */
export async function runFoldersIn(folder: string): Promise<string[]> {
  const place = join(folder, '.grpo', 'runs');
  return (await readdir(place).catch(() => [])).map((name) => join(place, name));
}

/** The newest first, a line each; empty without any. */
export async function listRuns(folders: readonly string[]): Promise<string> {
  const reader = new RunReader();
  const runs = await Promise.all(folders.map((folder) => reader.read(folder, false)));
  const known = runs
    .filter((run) => run !== undefined)
    .sort((a, b) => b.info.createdAt.localeCompare(a.info.createdAt));
  const older = known.length - MOST_RUNS;
  return [...known.slice(0, MOST_RUNS).map(lineOf), ...(older > 0 ? [`and ${older} older ones`] : [])].join('\n');
}

const lineOf = ({ folder, name, status, info, measure }: Run): string =>
  `${folder}  ${name}: ${status}, step ${info.step} of ${info.config.maxSteps}${measure ? `, ${measureText(measure)} ${measure.reward.toFixed(3)}` : ''}`;

async function readRun(folder: string): Promise<Run> {
  const run = await new RunReader().read(folder, false);
  if (!run) throw new Error(`There is no run in ${folder}. list_runs gives the run folders.`);
  return run;
}

/** State, settings and the newest metrics of a run. */
export async function describeRun(folder: string, rows: number): Promise<string> {
  const run = await readRun(folder);
  const { info } = run;
  const metrics = readMetrics(run.folder).slice(-rows);
  return [
    lineOf(run),
    `config file: ${info.configFile}; device: ${info.device ?? 'unknown'}${info.reason ? `; ${info.reason}` : ''}`,
    `rewards: ${(info.rewards ?? []).map(({ name, weight }) => `${name} (weight ${weight})`).join(', ')}`,
    ...(metrics.length === 0 ? ['no step is done yet'] : metricLines(metrics)),
  ].join('\n');
}

/** A line for each metric, a value for each step: names once are shorter than names in every row. */
function metricLines(rows: readonly MetricsRow[]): string[] {
  const names = new Set(rows.flatMap((row) => Object.keys(row)));
  const shown = [...names].filter((name) => name !== 'step' && !name.startsWith('time/'));
  const line = (name: string) => `${name}: ${rows.map((row) => valueText(row[name])).join(' ')}`;
  return [`newest metrics, for steps ${rows.map(({ step }) => step).join(' ')}:`, ...shown.map(line)];
}

const valueText = (value: unknown): string =>
  typeof value === 'number' ? String(rounded(value)) : value === undefined ? '-' : String(value);

const rounded = (value: number): number => Number(value.toPrecision(4));

/** The completions of a step's group, with what each earned. Without `step` the newest. */
export async function describeGroup(folder: string, step: number | undefined, group: number): Promise<string> {
  const run = await readRun(folder);
  const chosen = step ?? run.info.step;
  if (chosen < 1 || chosen > run.info.step)
    throw new Error(`${run.folder} has no step ${chosen}: ${run.info.step} steps are done.`);
  const all = await readCompletions(run.folder, chosen);
  const rows = all.filter((row) => row.group === group);
  const groups = new Set(all.map((row) => row.group)).size;
  if (rows.length === 0)
    throw new Error(`Step ${chosen} has no group ${group}: it has ${groups} groups, counted from 0.`);
  const [first] = rows;
  return [
    `step ${chosen}, group ${group} of ${groups}`,
    `prompt: ${JSON.stringify(first!.prompt)}`,
    `columns: ${JSON.stringify(first!.columns)}`,
    ...rows.map(({ completion, rewards, reward, advantage, truncated, error }) =>
      JSON.stringify(
        { completion, rewards, reward, advantage, ...(truncated && { truncated }), ...(error && { error }) },
        (_, value) => (typeof value === 'number' ? rounded(value) : value),
      ),
    ),
  ].join('\n');
}
