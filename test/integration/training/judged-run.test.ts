/** A run whose reward asks a server: what it used up is in the metrics, and its key is nowhere. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fails, says, serverThat } from '../../helpers/judge-server.ts';
import { grpo } from '../cli/run-grpo.ts';
import { tinyWorkspace } from './workspace.ts';

const KEY = 'sk-open-sesame-4711';

const allFiles = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));

test('tokens and cost are metrics, and the key is in no file and no output, though the server repeats it', async () => {
  let count = 0;
  const { url, asked } = await serverThat((question, response) => {
    const { authorization } = asked.at(-1)!.headers;
    // Of each kind one: a refusal that is final, one that passes, and answers that quote the key.
    count++;
    if (count === 1) return fails(response, 400, `not with ${authorization}`);
    if (count === 2) return fails(response, 500, `down for ${authorization}`, { 'retry-after': '0' });
    const score = question.messages[1]!.content.length % 11;
    return says(response, JSON.stringify({ reason: `asked with ${authorization}`, score }), {
      prompt_tokens: 100,
      completion_tokens: 10,
    });
  });
  const folder = tinyWorkspace(
    { maxSteps: 2, rewards: ['judged.reward.ts'], rewardEnv: ['JUDGE_KEY'], rewardTimeoutSeconds: 60 },
    {
      'judged.reward.ts': `import { judge } from 'grpo/rewards';
export const good = judge({
  url: '${url}', model: 'm', rubric: 'It is good.', apiKeyEnv: 'JUDGE_KEY', prices: { prompt: 10, completion: 100 },
});`,
    },
  );
  const env = { ...process.env, JUDGE_KEY: KEY };
  const run = join(folder, 'run');
  const trained = await grpo(['train', join(folder, 'run.grpo.json'), '--out', run, '--json'], { env });
  expect(trained.status, trained.stderr).toBe(0);
  const rows = readFileSync(join(run, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const sum = (name: string) => rows.reduce((total, row) => total + (row[`judge/good/${name}`] ?? 0), 0);
  expect(rows.length).toBe(2);
  expect(sum('calls')).toBe(asked.length);
  // 2 prompts with 4 completions each, in two steps; equal completions are one question.
  expect(sum('cached') + asked.length - 1).toBe(16);
  expect(sum('prompt_tokens')).toBe(100 * (asked.length - 2));
  expect(sum('completion_tokens')).toBe(10 * (asked.length - 2));
  expect(sum('cost')).toBeCloseTo(2e-3 * (asked.length - 2), 10);

  const rescored = await grpo(['rescore', run, '--json'], { env });
  expect(rescored.status, rescored.stderr).toBe(0);
  const summary = JSON.parse(rescored.stdout.trim().split('\n').at(-1)!);
  // All but the one that was refused is known.
  expect(summary.totals).toMatchObject({ 'judge/good/calls': 1, 'judge/good/cached': 15 });

  for (const { stdout, stderr } of [trained, rescored]) expect(stdout + stderr).not.toContain(KEY);
  // What the server repeated did get into the records.
  const rollouts = readFileSync(join(run, 'rollouts/step-000001.jsonl'), 'utf8');
  expect(rollouts).toContain('asked with Bearer (the key)');
  expect(rollouts).toContain('not with Bearer (the key)');
  expect(asked.every(({ headers }) => headers.authorization === `Bearer ${KEY}`)).toBe(true);
  const files = allFiles(folder);
  expect(files.length).toBeGreaterThan(8);
  expect(files.filter((file) => readFileSync(file, 'latin1').includes(KEY))).toEqual([]);
});

test('with dynamic sampling, completions that were discarded have their costs in the metrics, too', async () => {
  // One prompt teaches nothing: all of its completions are as good as each other.
  const { url, asked } = await serverThat((question, response) => {
    const [, user] = question.messages;
    const score = user!.content.includes('17 + 25') ? 5 : user!.content.length % 11;
    return says(response, JSON.stringify({ reason: '', score }), { prompt_tokens: 100, completion_tokens: 10 });
  });
  const folder = tinyWorkspace(
    {
      ...{ maxSteps: 2, rewards: ['judged.reward.ts'], rewardTimeoutSeconds: 60 },
      dynamicSampling: { maxRounds: 3 },
    },
    {
      'judged.reward.ts': `import { judge } from 'grpo/rewards';
export const good = judge({ url: '${url}', model: 'm', rubric: 'It is good.' });`,
    },
  );
  const run = join(folder, 'run');
  const { status, stderr } = await grpo(['train', join(folder, 'run.grpo.json'), '--out', run, '--json']);
  expect(status, stderr).toBe(0);
  const rows = readFileSync(join(run, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const sum = (name: string) => rows.reduce((total, row) => total + (row[name] ?? 0), 0);
  expect(sum('dynamic_sampling/wasted_ratio')).toBeGreaterThan(0);
  expect(sum('judge/good/calls')).toBe(asked.length);
  expect(sum('judge/good/prompt_tokens')).toBe(100 * asked.length);
});
