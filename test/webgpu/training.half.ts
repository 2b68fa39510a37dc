/** Training in float16 from recorded rollouts, through the command, against TRL's own GRPOTrainer in float32. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stepName } from '../../src/protocol/run-folder.ts';
import { compareUpdates, prepareTrlRun } from '../integration/training/trl-run.ts';
import { eventsOf, runGrpo } from '../integration/training/workspace.ts';

// The KL term and its reference, passes that share log-probabilities, added gradients, an adapter, another architecture.
const runs = ['grpo-kl', 'dapo-iterations-accumulation', 'qwen3', 'lora', 'lora-rank-stabilised'];

async function train(name: string) {
  const { configFile, rollouts, out, resume } = await prepareTrlRun(name);
  const options = ['--rollouts', rollouts, '--out', out, '--set', 'device=webgpu', '--set', 'fp16=true', '--json'];
  const { status, stdout, stderr } = await runGrpo(
    'train',
    configFile,
    ...options,
    ...(resume ? ['--resume', '--with-changes'] : []),
  );
  expect(status, stderr).toBe(0);
  const events = eventsOf(stdout);
  const end = events.at(-1);
  if (end?.type !== 'end') throw new Error(`the last event is ${JSON.stringify(end)}`);
  return { events, checkpoint: end.checkpoint! };
}

describe('training in float16 goes the way that TRL goes', () => {
  test.each(runs)('%s', async (name) => {
    const { checkpoint } = await train(name);

    const { cosine, length } = compareUpdates(name, checkpoint);
    // Seen: 0.994 and more, in float32 1.00000; AdamW makes much of small gradients.
    expect(cosine).toBeGreaterThan(0.98);
    expect(Math.abs(length - 1)).toBeLessThan(0.02);
  });
});

test('an update whose gradients overflow is skipped, and the loss scaled less from then on', async () => {
  // Its second gradient is 35 long, more than float16 holds 65,536 times.
  const { events, checkpoint } = await train('grpo-plain-kl');
  const steps = events.flatMap((event) => (event.type === 'step' ? [event.metrics] : []));
  expect(steps.map(({ grad_norm }) => typeof grad_norm)).toEqual(['number', 'number', 'number']);
  const logged = events.flatMap((event) => (event.type === 'log' ? [event.message] : []));
  expect(logged).toEqual([
    expect.stringMatching(/step 1 overflowed float16: skipped one update, the loss scale is now 32768\./),
  ]);
  const state = JSON.parse(readFileSync(join(checkpoint, 'trainer_state.json'), 'utf8'));
  expect(state).toMatchObject({ updates: 5, lossScale: { scale: 32768, goodUpdates: 4 } });
});

test('a run whose gradients are beyond float16 at any scale fails, and says what to do', async () => {
  const { configFile, rollouts, out } = await prepareTrlRun('grpo');
  const options = ['--rollouts', rollouts, '--out', out];
  const first = await runGrpo('train', configFile, ...options, '--set', 'maxSteps=1');
  expect(first.status, first.stderr).toBe(0);
  const state = join(out, 'checkpoints', stepName(1), 'trainer_state.json');
  const saved = JSON.parse(readFileSync(state, 'utf8'));
  writeFileSync(state, JSON.stringify({ ...saved, lossScale: { scale: 1, goodUpdates: 0 } }));

  // One more update makes the weights larger than float16 can hold.
  const set = ['device=webgpu', 'fp16=true', 'learningRate=1e8'].flatMap((one) => ['--set', one]);
  const { stdout } = await runGrpo('train', configFile, ...options, ...set, '--json', '--resume', '--with-changes');
  expect(eventsOf(stdout).at(-1)).toMatchObject({
    outcome: 'failed',
    step: 2,
    error: expect.stringMatching(/overflow float16 .*Set "fp16" to false, and resume from the last checkpoint/),
  });
});
