import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openVerlFolder } from '../../../src/import/verl-folder.ts';

const ROW = { input: 'p', output: 'o', gts: '1', score: 1, step: 1 };

/** A folder with dumps, of which `held` has what validation adds. */
function folderWith(...folders: { name: string; held: boolean }[]): string {
  const root = mkdtempSync(join(tmpdir(), 'grpo-verl-'));
  onTestFinished(() => rm(root, { recursive: true }));
  for (const { name, held } of folders) {
    mkdirSync(join(root, name), { recursive: true });
    for (const step of [10, 9])
      writeFileSync(join(root, name, `${step}.jsonl`), `${JSON.stringify({ ...ROW, ...(held && { reward: 1 }) })}\n`);
  }
  return root;
}

const stepsOf = (root: string) => {
  const found = openVerlFolder(root);
  return found && [found.training.map(({ step }) => step), found.validation.map(({ step }) => step)];
};

it.each([
  ['by what they hold', 'latest', 'held'],
  ['by their names', 'a/rollout_data', 'a/validation_data'],
])('training and validation are told apart %s', (_, training, validation) => {
  const root = folderWith({ name: training, held: false }, { name: validation, held: true });
  expect(stepsOf(root)).toEqual([
    [9, 10],
    [9, 10],
  ]);
});

it('a name counts more than what a reward function returned', () => {
  expect(stepsOf(folderWith({ name: 'rollouts', held: true }))).toEqual([[9, 10], []]);
  expect(stepsOf(folderWith({ name: 'my-val', held: false }))).toEqual([[], [9, 10]]);
});

it('is none where numbered files hold something else, and below checkpoints', () => {
  const root = folderWith({ name: 'global_step_10/rollouts', held: false });
  writeFileSync(join(root, '1.jsonl'), '{"prompt":"p"}\n');
  expect(openVerlFolder(root)).toBeUndefined();
});
