import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runConfigSchema } from '../../../src/protocol/run-config.ts';
import type { EvaluatedRow } from '../../../src/protocol/run-folder.ts';
import { evaluatedSteps, readEvaluation } from '../../../src/run-folder/evaluations.ts';
import { RunFolder } from '../../../src/run-folder/run-folder.ts';

let folder: string;
let run: RunFolder;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'grpo-evaluations-'));
  const config = runConfigSchema.parse({ model: 'm', dataset: 'd', rewards: ['r.reward.ts'] });
  const configFile = join(folder, 'sort.grpo.json');
  run = RunFolder.create({ name: 'sort', configFile, device: 'cpu', versions: {}, config });
});
afterEach(() => {
  run.close();
  rmSync(folder, { recursive: true });
});

const row = (step: number): EvaluatedRow => ({
  step,
  ...{ group: 0, prompt: '2 + 3 = ?', prompt_ids: [1, 2], completion: String(step), completion_ids: [3] },
  ...{ rewards: { exact: 1 }, reward: 1, length: 1, truncated: false, error: null, logprobs: [-0.5] },
});

test('completions of held-out prompts are kept by step, from before the first on', async () => {
  for (const step of [0, 10, 20]) run.writeEvaluation(step, [row(step)]);
  expect(await evaluatedSteps(run.path)).toEqual([0, 10, 20]);
  const [completion] = await readEvaluation(run.path, 10);
  expect(completion).toMatchObject({ step: 10, completion: '10', reward: 1 });
  expect(completion).not.toHaveProperty('completion_ids');
});

test('what a run takes back goes, and what was measured under other settings', async () => {
  for (const step of [0, 10, 20]) run.writeEvaluation(step, [row(step)]);
  run.rewindTo(15);
  expect(await evaluatedSteps(run.path)).toEqual([0, 10]);
  run.clearMetrics();
  expect(await evaluatedSteps(run.path)).toEqual([]);
});

test('a run of an earlier release has none', async () => {
  expect(await evaluatedSteps(join(folder, 'nowhere'))).toEqual([]);
});
