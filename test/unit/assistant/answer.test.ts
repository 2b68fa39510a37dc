import { expect, test } from 'vitest';
import { answer, type Host } from '../../../src/assistant/answer.ts';

const called: string[][] = [];
const host: Host = {
  place: (path) => `/w/${path}`,
  grpo: async (args) => {
    called.push(args);
    return 'said';
  },
  runFolders: async () => [],
  start: async () => '/w/run',
  stop: async () => 'stopped',
};

test('a call is the command that a person would run', async () => {
  expect(await answer('score_samples', { target: 'a.py#f', samples: 's.jsonl' }, host)).toBe('said');
  await answer('audit_rewards', { target: 'a.grpo.json' }, host);
  await answer('explain_group', { run: 'r', step: 3 }, host);
  expect(called).toEqual([
    ['score', '/w/a.py#f', '--samples', '/w/s.jsonl'],
    ['audit', '/w/a.grpo.json'],
    ['explain', '/w/r', '--group', '0', '--step', '3'],
  ]);
});

test('a long answer keeps its beginning and its end', async () => {
  const lines = Array.from({ length: 10_000 }, (_, line) => `line ${line}`);
  const text = await answer('check_run', { config: 'c' }, { ...host, grpo: async () => lines.join('\n') });
  expect(text.length).toBeLessThan(20_300);
  expect(text).toMatch(/^line 0\n/);
  expect(text).toMatch(/line 9999$/);
  expect(text).toMatch(/… \d+ characters are not shown; ask for less/);
});

test('what is missing is named, and where no runs were found', async () => {
  await expect(answer('stop_training', {}, host)).rejects.toThrow(/^stop_training: run: /);
  expect(await answer('list_runs', {}, host)).toMatch(/^There are no runs in \/w\/\./);
  await expect(answer('run_status', { run: 'none' }, host)).rejects.toThrow(
    'There is no run in /w/none. list_runs gives the run folders.',
  );
});
