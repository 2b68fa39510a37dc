/** Completions of the sample workspace's model, to try rewards on. */
import { appendFileSync, cpSync, existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { grpo, grpoJson, jsonLines, temporaryFolder } from './run-grpo.ts';

interface Sample {
  prompt: string;
  numbers: number[];
  completion: string;
}

/** A copy of the sample workspace whose sort config has no samples yet. */
function workspace(): { folder: string; config: string; samples: string } {
  const folder = temporaryFolder();
  const source = join(import.meta.dirname, '../../../sample-workspace');
  cpSync(source, folder, { recursive: true, filter: (path) => !path.endsWith('/.grpo') && !path.endsWith('/samples') });
  return { folder, config: join(folder, 'sort.grpo.json'), samples: join(folder, 'samples/sort.samples.jsonl') };
}

const read = (file: string) => jsonLines<Sample>(readFileSync(file, 'utf8'));

it('adds completions for prompts of the dataset to the samples of the config, once', async () => {
  const { folder, config, samples } = workspace();
  const first = await grpo(['samples', config, '--prompts', '3', '--n', '4', '--seed', '7']);
  const told = '0 of 12 samples, loading model first\n0 of 12 samples\n12 of 12 samples\n';
  expect({ status: first.status, stderr: first.stderr }).toEqual({ status: 0, stderr: told });
  const rows = read(samples);
  expect(first.stdout).toContain(`Added ${rows.length} samples to ${samples}`);
  expect(new Set(rows.map(({ prompt }) => prompt)).size).toBe(3);
  const dataset = jsonLines<Sample>(readFileSync(join(folder, 'data/sort.train.jsonl'), 'utf8'));
  for (const { prompt, numbers, completion } of rows) {
    expect(dataset.filter((row) => row.prompt === prompt).map((row) => row.numbers)).toContainEqual(numbers);
    expect(completion).toMatch(/\d/);
  }

  const again = await grpo(['samples', config, '--prompts', '3', '--n', '4', '--seed', '7']);
  expect(again.stdout).toContain('Added 0 samples');
  expect(read(samples)).toEqual(rows);
  expect(readdirSync(join(folder, 'samples'))).toEqual(['sort.samples.jsonl']);

  // What was added can be scored: groups of one prompt, with the columns that the rewards ask for.
  const scored = await grpoJson<{ type: string; groups?: object[] }>(
    ...['score', join(folder, 'rewards/sort.reward.ts'), '--samples', samples],
  );
  expect(scored.at(-1)!.groups).toHaveLength(3);
});

it('replaces what it generated before, and nothing else', async () => {
  const { folder, config } = workspace();
  const file = join(folder, 'mine.samples.jsonl');
  const mine = '{ "prompt": "Sort 1 0:", "numbers": [1, 0], "completion": " 0 1" }\n';
  writeFileSync(file, mine);
  const generate = (...more: string[]) =>
    grpo(['samples', config, '--prompts', '2', '--n', '4', '--out', file, ...more]);
  await generate('--seed', '1');
  const [first, ...before] = readFileSync(file, 'utf8').trim().split('\n');
  expect(`${first}\n`).toBe(mine);
  for (const line of before) expect(line).toMatch(/,"generated":true\}$/);
  // With an expectation it is somebody's.
  const kept = before[0]!.replace(/\}$/, ',"expect":{"ordering":3}}');
  writeFileSync(file, [mine.trim(), kept, ...before.slice(1), ''].join('\n'));
  const { stdout } = await generate('--seed', '2', '--replace');
  expect(stdout).toMatch(new RegExp(`in place of ${before.length - 1} generated before`));
  const after = readFileSync(file, 'utf8').trim().split('\n');
  expect(after.slice(0, 2)).toEqual([mine.trim(), kept]);
  for (const line of before.slice(1)) expect(after).not.toContain(line);
});

it('says how far it is, of the prompts that the dataset has', async () => {
  const { folder, config } = workspace();
  const dataset = join(folder, 'data/sort.train.jsonl');
  writeFileSync(dataset, readFileSync(dataset, 'utf8').split('\n').slice(0, 3).join('\n'));
  writeFileSync(config, readFileSync(config, 'utf8').replace('"promptsPerStep": 16', '"promptsPerStep": 1'));
  const { stderr } = await grpo(['samples', config, '--prompts', '4', '--n', '8']);
  const lines = [
    '0 of 24 samples, loading model first',
    '0 of 24 samples',
    '8 of 24 samples',
    '16 of 24 samples',
    '24 of 24 samples',
  ];
  expect(stderr).toBe(`${lines.join('\n')}\n`);
  // As JSON there are the samples alone.
  const rows = await grpoJson<Sample>('samples', config, '--prompts', '1', '--n', '2');
  expect(rows.map((row) => Object.keys(row))).toEqual(Array(2).fill(['prompt', 'numbers', 'completion']));
});

it('adds to what a person has written, and leaves that alone', async () => {
  const { folder, config } = workspace();
  const file = join(folder, 'mine.samples.jsonl');
  const mine = '{ "prompt": "Sort 1 0:", "numbers": [1, 0], "completion": " 0 1" }';
  writeFileSync(file, mine);
  const { status } = await grpo(['samples', config, '--prompts', '1', '--n', '2', '--out', file]);
  expect(status).toBe(0);
  expect(readFileSync(file, 'utf8').split('\n')[0]).toBe(mine);
  expect(read(file).length).toBeGreaterThan(1);
  expect(existsSync(join(folder, 'samples'))).toBe(false);
});

it('adds to the file that the config names', async () => {
  const { folder, config } = workspace();
  writeFileSync(
    config,
    readFileSync(config, 'utf8').replace('"rewards"', '"samples": "mine.samples.jsonl", "rewards"'),
  );
  const { stdout } = await grpo(['samples', config, '--prompts', '1', '--n', '1']);
  expect(stdout).toContain(`Added 1 sample to ${join(folder, 'mine.samples.jsonl')}.`);
});

it('adds to no file that is not a samples file, whatever a config says or links to', async () => {
  const { folder, config } = workspace();
  const profile = join(folder, '.bashrc');
  writeFileSync(profile, 'alias ll=ls\n');
  const text = readFileSync(config, 'utf8');
  const refusal = async (samples: string) => {
    writeFileSync(config, text.replace('"rewards"', `"samples": "${samples}", "rewards"`));
    const { status, stdout, stderr } = await grpo(['samples', config, '--prompts', '1', '--n', '1']);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    return stderr;
  };
  expect(await refusal('.bashrc')).toMatch(
    /sort\.grpo\.json:\d+:\d+: "samples" is .*\.bashrc\. Samples are only added to \.samples/,
  );
  symlinkSync(profile, join(folder, 'link.samples.jsonl'));
  expect(await refusal('link.samples.jsonl')).toMatch(/link\.samples\.jsonl, which points to .*\.bashrc\./);

  // The name that the new text is written to before it is renamed may be taken, too.
  symlinkSync(profile, join(folder, '.mine.samples.jsonl.tmp'));
  writeFileSync(config, text.replace('"rewards"', '"samples": "mine.samples.jsonl", "rewards"'));
  expect((await grpo(['samples', config, '--prompts', '1', '--n', '1'])).status).toBe(0);
  expect(read(join(folder, 'mine.samples.jsonl'))).toHaveLength(1);
  expect(readFileSync(profile, 'utf8')).toBe('alias ll=ls\n');
});

it('samples as the config says', async () => {
  const { folder, config } = workspace();
  const text = readFileSync(config, 'utf8').replace('"maxCompletionLength": 16', '"maxCompletionLength": 2, "topK": 1');
  writeFileSync(config, text);
  // More prompts than a step has go in several batches; without shuffling they are the first ones.
  writeFileSync(config, text.replace('"promptsPerStep": 16', '"promptsPerStep": 2, "shuffleDataset": false'));
  const rows = await grpoJson<Sample>('samples', config, '--prompts', '5', '--n', '8');
  const dataset = jsonLines<Sample>(readFileSync(join(folder, 'data/sort.train.jsonl'), 'utf8'));
  expect(rows.map(({ prompt }) => prompt)).toEqual(dataset.slice(0, 5).flatMap(({ prompt }) => Array(8).fill(prompt)));
  for (const { prompt, completion } of rows) {
    expect(completion.length).toBeLessThanOrEqual(2);
    // The likeliest token is one.
    expect(completion).toBe(rows.find((row) => row.prompt === prompt)!.completion);
  }
  expect(existsSync(join(folder, 'samples'))).toBe(false);
});

it('refuses what is wrong before the model is loaded', async () => {
  const { folder, config } = workspace();
  const refusal = async (...args: string[]) => {
    const { status, stdout, stderr } = await grpo(['samples', ...args]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    return stderr;
  };
  expect(await refusal(config, '--n', '0')).toMatch(/--n must be a whole number of at least 1/);
  expect(await refusal(config, '--json', '--out', 'x')).toMatch(/either --out FILE or --json/);
  expect(await refusal(config, '--json', '--replace')).toMatch(/either --replace or --json/);
  expect(await refusal(join(folder, 'none.grpo.json'))).toMatch(/run config .*none\.grpo\.json does not exist/);
  appendFileSync(join(folder, 'data/sort.train.jsonl'), 'torn\n');
  expect(await refusal(config)).toMatch(/sort\.train\.jsonl:1001:1: /);
});
