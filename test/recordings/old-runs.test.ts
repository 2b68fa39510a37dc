/**
 * Run folders that earlier code wrote stay readable: one of the first day that there were any, without the rewards' names, sources and inputs,
 * and one with all of them. Both are of two steps of a model of 900 parameters.
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { describe, expect, onTestFinished, test } from 'vitest';
import { RunFeed } from '../../src/extension/dashboard/run-feed.ts';
import { RunStream } from '../../src/extension/dashboard/run-stream.ts';
import { type HostMessage, hostMessage } from '../../src/protocol/dashboard.ts';
import type { Explanation } from '../../src/protocol/explain-parts.ts';
import { listCheckpointsLater } from '../../src/run-folder/checkpoints.ts';
import { RunReader } from '../../src/run-folder/read-run.ts';
import { readCompletions } from '../../src/run-folder/rollouts.ts';
import { type Finished, grpo, jsonLines } from '../integration/cli/run-grpo.ts';

const OLD_RUNS = join(import.meta.dirname, 'fixtures/old-runs');
const RECORDED_IN = '/home/me/numbers';

/** The workspace with its runs, at a place of its own, as a user's that was never moved. */
function workspace(run: string): { config: string; run: string } {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'grpo-old-run-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(OLD_RUNS, folder, { recursive: true });
  const info = join(folder, 'runs', run, 'run.json');
  writeFileSync(info, readFileSync(info, 'utf8').replaceAll(RECORDED_IN, folder));
  return { config: join(folder, 'numbers.grpo.json'), run: join(folder, 'runs', run) };
}

const metricsOf = (run: string): Record<string, number>[] =>
  jsonLines(readFileSync(join(run, 'metrics.jsonl'), 'utf8'));

/** What a command prints with `--json`, once it has ended well. */
function printed({ status, stdout, stderr }: Finished): Record<string, unknown>[] {
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return jsonLines(stdout);
}

describe.each(readdirSync(join(OLD_RUNS, 'runs')))('a run of %s', (name) => {
  const metrics = metricsOf(join(OLD_RUNS, 'runs', name));

  test('is listed, with what it came to and its checkpoint', async () => {
    const { run } = workspace(name);
    const read = await new RunReader().read(run, false);
    expect(read).toMatchObject({ status: 'done', name: 'numbers', about: {}, info: { step: 2 } });
    expect(read?.measure?.step).toBe(metrics.at(-1)!.step);
    expect(await listCheckpointsLater(run)).toEqual([{ step: 2, path: join(run, 'checkpoints/step-000002') }]);
  });

  test('is shown in the dashboard: head, curves and completions', async () => {
    const { run } = workspace(name);
    const messages: HostMessage[] = [];
    const feed = new RunFeed(
      run,
      () => undefined,
      () => stream.update(),
    );
    onTestFinished(() => feed.dispose());
    const stream = new RunStream(feed, true, (message) => messages.push(hostMessage.parse(structuredClone(message))));
    const sent = (metric: string) =>
      messages.flatMap((message) => ('columns' in message ? [...(message.columns.values[metric] ?? [])] : []));
    for (const metric of ['reward', 'loss', 'grad_norm', 'rewards/asked/mean'])
      await expect.poll(() => sent(metric)).toEqual(metrics.map((row) => row[metric]));
    expect(messages[0]).toMatchObject({
      type: 'snapshot',
      head: { name: 'numbers', state: 'done', step: 2, trainer: 'none', config: { learningRate: 0.01 } },
    });
    const completions = await readCompletions(run, 1);
    expect(completions.map(({ group }) => group)).toEqual([0, 0, 1, 1]);
    expect(completions[0]).toMatchObject({ completion: expect.any(String), rewards: { digits: expect.any(Number) } });
  });

  test('is rescored: with the same rewards nothing changes', async () => {
    const { run } = workspace(name);
    const events = printed(await grpo(['rescore', run, '--json']));
    expect(events.at(-1)).toMatchObject({ type: 'summary', completions: 8, changed: 0, flips: 0 });
  });

  test('is exported, and has a report', async () => {
    const { run } = workspace(name);
    const file = (path: string) => join(run, path);
    const outputs = ['--metrics', file('m.csv'), '--completions', file('c.parquet'), '--tensorboard', file('events')];
    expect(printed(await grpo(['records', run, ...outputs, '--json']))).toEqual([
      { type: 'written', path: file('m.csv') },
      { type: 'written', path: file('c.parquet') },
      { type: 'written', path: file('events/numbers') },
    ]);
    const csv = readFileSync(file('m.csv'), 'utf8');
    expect(csv).toContain(`\r\nnumbers,1,${metrics[0]!.reward},`);
    const parquet = new Uint8Array(readFileSync(file('c.parquet'))).buffer;
    const rows = await parquetReadObjects({ file: parquet });
    expect(rows.map(({ step, split }) => `${split} ${step}`)).toEqual([
      ...Array(4).fill('train 1'),
      ...Array(4).fill('train 2'),
    ]);
    expect(rows[0]).toMatchObject({
      run: 'numbers',
      rewards: { digits: expect.any(Number) },
      columns: { numbers: [3n, 1n] },
    });
    printed(await grpo(['report', run, '--out', file('report.html'), '--json']));
    expect(readFileSync(file('report.html'), 'utf8')).toMatch(/<h1>numbers<\/h1>[\s\S]*Completions of step 2/);
  });

  test('continues from its checkpoint', async () => {
    const { config, run } = workspace(name);
    const more = ['--json', '--set', 'maxSteps=3', '--with-changes'];
    const events = printed(await grpo(['train', config, '--out', run, '--resume', ...more]));
    expect(events.find(({ type }) => type === 'start')).toMatchObject({ resumedFrom: 2 });
    expect(events.at(-1)).toMatchObject({ type: 'end', outcome: 'done', step: 3 });
    expect(metricsOf(run)).toEqual([...metrics, expect.objectContaining({ step: 3 })]);

    const rollouts = join(run, 'rollouts/step-000001.jsonl');
    const again = ['--out', join(run, 'again'), '--rollouts', rollouts, '--set', 'maxSteps=1', '--json'];
    const step = printed(await grpo(['train', config, ...again])).find(({ type }) => type === 'step');
    expect(step).toMatchObject({ metrics: { reward: metrics[0]!.reward } });
  });

  test('is explained, without what it did not record of tokens', async () => {
    const { run } = workspace(name);
    const [{ sections }] = printed(
      await grpo(['explain', run, '--step', '2', '--group', '1', '--json']),
    ) as unknown as [Explanation];
    const rows = (await readCompletions(run, 2)).filter(({ group }) => group === 1);
    expect(sections).toHaveLength(7);
    expect(sections[1]!.table!.rows.map((row) => Number(row.at(-1))).toSorted()).toEqual(
      rows.map(({ reward }) => reward).toSorted(),
    );
    expect(JSON.stringify(sections)).not.toMatch(/undefined|NaN|but the run recorded/);
    expect(sections[4]!.table).toBeUndefined();
  });

  test('has a checkpoint that other commands read', async () => {
    const { run } = workspace(name);
    const checkpoint = join(run, 'checkpoints/step-000002');
    const rows = printed(await grpo(['generate', checkpoint, '--prompt', 'Sort 3 1:', '--max-tokens', '4', '--json']));
    expect(rows).toMatchObject([{ completion_ids: expect.any(Array) }]);
  });
});
