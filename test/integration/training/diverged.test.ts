/** Numbers that are not finite end a run as a failure, before they are applied or saved. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readModelConfig } from '../../../src/model/files/model-config.ts';
import { readCheckpoint } from '../../../src/trainer/policy/checkpoint.ts';
import { eventsOf, metricsOf, onlyRun, referenceModel, runGrpo, runInfoOf, tinyWorkspace } from './workspace.ts';

test('weights that leave the range of float32', async () => {
  const folder = tinyWorkspace({ learningRate: 1e38, maxGradNorm: 0, saveSteps: 1, saveTotalLimit: 1 });
  const { status, stderr } = await runGrpo('train', join(folder, 'run.grpo.json'));
  expect(stderr).toContain(
    'Step 1: The update took the weights out of the range of float32: make "learningRate" (here 1.0e+38) smaller, and set "maxGradNorm", which is 0 (TRL: 1). Then start again.',
  );
  expect(status).toBe(1);
  const run = onlyRun(folder);
  expect(runInfoOf(run)).toMatchObject({ state: 'failed', step: 0, reason: expect.stringContaining('learningRate') });
  expect(metricsOf(run)).toEqual([]);
  expect(readdirSync(join(run, 'checkpoints'))).toEqual([]);
});

/** Equal scores in the first two steps of eight completions, then 1 and 0: what is multiplied with 1e30 is beyond float32 squared. */
const LATE = `
let calls = 0;
export const late = () => (++calls > 16 ? calls % 2 : 0);
`;

test('advantages that are too large: the last good step is saved, and older checkpoints stay', async () => {
  const changes = { scaleRewards: 'none', maxSteps: 4, saveSteps: 1, saveTotalLimit: 1 };
  const rewards = ['letters.reward.ts', { file: 'late.reward.ts', weight: 1e30 }];
  const folder = tinyWorkspace({ ...changes, rewards }, { 'late.reward.ts': LATE });
  const { status, stderr } = await runGrpo('train', join(folder, 'run.grpo.json'));
  expect(stderr).toMatch(
    /Step 3: The (loss|gradient) is not finite: an advantage is as large as 5\.0e\+29; let reward functions give smaller scores, or their weights be smaller\. Then resume from step 2 \(--resume --with-changes\)\./,
  );
  expect(status).toBe(1);
  const run = onlyRun(folder);
  expect(runInfoOf(run)).toMatchObject({ state: 'failed', step: 2 });
  expect(metricsOf(run).map(({ step }) => step)).toEqual([1, 2]);
  const [checkpoint] = readdirSync(join(run, 'checkpoints'));
  expect(checkpoint).toBe('step-000002');
});

test('the last good step is saved though no checkpoint was due', async () => {
  const rewards = ['letters.reward.ts', { file: 'late.reward.ts', weight: 1e30 }];
  const folder = tinyWorkspace({ scaleRewards: 'none', maxSteps: 4, rewards }, { 'late.reward.ts': LATE });
  expect((await runGrpo('train', join(folder, 'run.grpo.json'))).status).toBe(1);
  const run = onlyRun(folder);
  expect(readdirSync(join(run, 'checkpoints'))).toEqual(['step-000002']);
  const config = runInfoOf(run).config;
  const { policy } = await readCheckpoint(
    join(run, 'checkpoints', 'step-000002'),
    readModelConfig(config.model),
    config,
  );
  for (const { data } of Object.values(policy.weights)) expect(data.every(Number.isFinite)).toBe(true);
});

/** Finite weights whose products are not: every projection is multiplied with 1e30. */
function hugeModel(): string {
  const folder = mkdtempSync(join(tmpdir(), 'grpo-huge-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(referenceModel('llama-head-dim-bf16'), folder, { recursive: true });
  const file = join(folder, 'model.safetensors');
  const bytes = readFileSync(file);
  const header = Number(bytes.readBigUInt64LE());
  const tensors = JSON.parse(bytes.toString('utf8', 8, 8 + header)) as Record<string, { data_offsets: number[] }>;
  for (const [name, { data_offsets }] of Object.entries(tensors)) {
    if (!name.includes('proj')) continue;
    const [start, end] = data_offsets.map((offset) => 8 + header + offset) as [number, number];
    // bfloat16 is the upper half of a float32.
    for (let at = start; at < end; at += 2) {
      const value = new Float32Array([
        1e30 * new Float32Array(new Int32Array([bytes.readInt16LE(at) << 16]).buffer)[0]!,
      ]);
      bytes.writeUInt16LE(new Uint16Array(value.buffer)[1]!, at);
    }
  }
  writeFileSync(file, bytes);
  return folder;
}

test('a start model that computes NaN is refused by every command that runs it', async () => {
  const model = hugeModel();
  const folder = tinyWorkspace({ model }, { 'rows.jsonl': [{ prompt: '3 1', completion_ids: [1, 2] }] });
  const train = await runGrpo('train', join(folder, 'run.grpo.json'));
  expect(train).toMatchObject({ status: 1, stderr: expect.stringContaining('Step 1: The start model gives log-prob') });
  const commands = [
    ['generate', model, '--prompt', '3 1', '--greedy'],
    ['logprobs', model, join(folder, 'rows.jsonl')],
  ];
  for (const command of commands) {
    expect(await runGrpo(...command)).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(/^The model gives log-probabilities that are not finite: .*\.\n$/),
    });
  }
});

test('a policy that computes NaN after an update: its checkpoint is not the one to resume from', async () => {
  const folder = tinyWorkspace({ learningRate: 1e16, saveSteps: 1 });
  const { status, stdout, stderr } = await runGrpo('train', join(folder, 'run.grpo.json'), '--json');
  const words =
    'Step 2: The policy has diverged and gives log-probabilities that are not finite: make "learningRate" (here 1.0e+16) smaller. Then delete the checkpoint of step 1 and start again.';
  expect(stderr).toContain(words);
  expect(status).toBe(1);
  expect(eventsOf(stdout).at(-1)).toMatchObject({
    ...{ type: 'end', outcome: 'failed', step: 1, error: words },
    problem: { kind: 'diverged', message: words, remedy: { action: 'resume', step: 0, without: 1 } },
  });
});

test('rewards whose sum is no number are named as the cause', async () => {
  const rewards = [{ file: 'letters.reward.ts', weight: 1e308 }];
  const files = { 'letters.reward.ts': 'let n = 0;\nexport const letters = () => 1e9 * n++;\n' };
  const folder = tinyWorkspace({ rewards, maxSteps: 1 }, files);
  const { status, stderr } = await runGrpo('train', join(folder, 'run.grpo.json'));
  expect(stderr).toContain('Step 1: The loss is not finite: rewards are too large to compare; let reward functions');
  expect(status).toBe(1);
});
