import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { MetricsRow } from '../protocol/run-folder.ts';
import { measureText } from '../protocol/run-measure.ts';
import { readMetrics } from '../run-folder/metrics.ts';
import { type Run, RunReader } from '../run-folder/read-run.ts';
import { readCompletions } from '../run-folder/rollouts.ts';

/** The newest runs of a folder first, a line each. */
export async function listRuns(folder: string): Promise<string> {
  const place = resolve(folder, '.grpo', 'runs');
  const names = await readdir(place).catch(() => []);
  const reader = new RunReader();
  const runs = await Promise.all(names.map((name) => reader.read(join(place, name), false)));
  const known = runs
    .filter((run) => run !== undefined)
    .sort((a, b) => b.info.createdAt.localeCompare(a.info.createdAt));
  return known.length === 0 ? `There are no runs in ${place}.` : known.map(lineOf).join('\n');
}

const lineOf = ({ folder, name, status, info, measure }: Run): string =>
  `${folder}  ${name}: ${status}, step ${info.step} of ${info.config.maxSteps}${measure ? `, ${measureText(measure)} ${measure.reward.toFixed(3)}` : ''}`;

/** State, settings and the newest metrics of a run. */
export async function describeRun(folder: string, rows: number): Promise<string> {
  const run = await new RunReader().read(resolve(folder), false);
  if (!run) throw new Error(`There is no run in ${resolve(folder)}.`);
  const { info } = run;
  const metrics = readMetrics(run.folder).slice(-rows).map(shortened);
  return [
    lineOf(run),
    `config file: ${info.configFile}; device: ${info.device ?? 'unknown'}${info.reason ? `; ${info.reason}` : ''}`,
    `rewards: ${(info.rewards ?? []).map(({ name, weight }) => `${name} (weight ${weight})`).join(', ')}`,
    'newest metrics, a line for each step:',
    ...metrics.map((row) => JSON.stringify(row)),
  ].join('\n');
}

const shortened = (row: MetricsRow): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(row)
      .filter(([key]) => !key.startsWith('time/'))
      .map(([key, value]) => [key, typeof value === 'number' ? Number(value.toPrecision(4)) : value]),
  );

/** The completions of a step's group, with what each earned. Without `step` the newest; without `group` the first. */
export async function describeGroup(folder: string, step: number | undefined, group: number): Promise<string> {
  const run = await new RunReader().read(resolve(folder), false);
  if (!run) throw new Error(`There is no run in ${resolve(folder)}.`);
  const chosen = step ?? run.info.step;
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
      JSON.stringify({
        completion,
        rewards,
        reward,
        advantage,
        ...(truncated && { truncated }),
        ...(error && { error }),
      }),
    ),
  ].join('\n');
}
