/** What a run can do besides the plain loop: evaluation, scored steps of completions, chats, measuring. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadTokenizer } from '../../../src/model/tokenizer/tokenizer.ts';
import { metricsOf, rolloutsOf, runGrpo, runInfoOf, tinyConfig, tinyWorkspace, trainHere } from './workspace.ts';

const hasPython = spawnSync('python3', ['--version']).status === 0;

describe('learning', () => {
  test('a reward for letters of one kind goes up', async () => {
    const folder = tinyWorkspace({
      ...{ numGenerations: 16, maxSteps: 40, learningRate: 1e-2, lrSchedulerType: 'constant' },
      ...{ evalDataset: 'prompts.jsonl', evalSteps: 20 },
    });
    const { result } = await trainHere(join(folder, 'run.grpo.json'));
    // What was measured before the first step has no reward of its own.
    const rewards = metricsOf(result.run).flatMap(({ reward }) => reward ?? []);
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(rewards.slice(-5))).toBeGreaterThan(1.5 * mean(rewards.slice(0, 5)));

    const args = ['eval', join(folder, 'run.grpo.json'), '--json'];
    const evaluate = async (...more: string[]) =>
      JSON.parse((await runGrpo(...args, ...more)).stdout.trim().split('\n').at(-1)!);
    const [before, after] = [await evaluate(), await evaluate('--checkpoint', result.checkpoint!)];
    expect(before).toMatchObject({
      reward: expect.any(Number),
      rewards: { letters: before.reward },
      prompts: 3,
      failed: 0,
    });
    expect(after.reward).toBeGreaterThan(1.5 * before.reward);
    // The evaluation in training and the one of the command are the same.
    expect(metricsOf(result.run).at(-1)!.eval_reward).toBeCloseTo(after.reward, 10);
  });
});

describe('how long a run is', () => {
  test('by epochs, and done once they are over', async () => {
    const folder = tinyWorkspace({ maxSteps: undefined, numTrainEpochs: 1.5 });
    const config = join(folder, 'run.grpo.json');
    // One and a half times three prompts, two a step.
    const { result } = await trainHere(config);
    expect(result).toMatchObject({ outcome: 'done', step: 3 });
    expect(runInfoOf(result.run).config).toMatchObject({ maxSteps: 3, numTrainEpochs: 1.5 });
    const again = await runGrpo('train', config, '--resume');
    expect(again.stderr + again.stdout).toContain('Nothing to train');
    const longer = await runGrpo('train', config, '--resume', '--set', 'numTrainEpochs=3');
    expect(longer.status, longer.stderr).toBe(0);
    expect(runInfoOf(result.run)).toMatchObject({ step: 5, config: { maxSteps: 5, numTrainEpochs: 3 } });
  });

  test('by steps, where a config has both', async () => {
    const folder = tinyWorkspace({ maxSteps: 1, numTrainEpochs: 10 });
    const { result } = await trainHere(join(folder, 'run.grpo.json'));
    expect(runInfoOf(result.run)).toMatchObject({ step: 1, config: { maxSteps: 1, numTrainEpochs: null } });
  });
});

test('a preset gives what a config leaves open, and the log says what differs', async () => {
  const folder = tinyWorkspace({ preset: 'dr_grpo', numGenerations: undefined, learningRate: undefined, maxSteps: 1 });
  const { result, events } = await trainHere(join(folder, 'run.grpo.json'));
  const { config } = runInfoOf(result.run);
  expect(config).toMatchObject({ preset: 'dr_grpo', lossType: 'dr_grpo', scaleRewards: 'none', learningRate: 1e-6 });
  expect(rolloutsOf(result.run, 1)).toHaveLength(2 * 8);
  const logged = events.flatMap((event) => (event.type === 'log' ? [event.message] : []));
  expect(logged).toContain(
    'Preset dr_grpo is changed: maxCompletionLength 8 instead of 3000, promptsPerStep 2 instead of 128.',
  );
});

test('chats: rewards see messages, the model its template', async () => {
  const chat = [
    { role: 'system', content: 'Count.' },
    { role: 'user', content: '1 2 3' },
  ];
  const folder = tinyWorkspace(
    { promptsPerStep: 1, maxSteps: 1, rewards: ['chat.reward.ts', ...(hasPython ? ['chat.py'] : [])] },
    {
      'prompts.jsonl': [{ prompt: chat, answer: 4 }],
      'chat.reward.ts': `import type { RewardInput } from 'grpo/rewards';
export const typed = ({ prompt, messages, answer, completion }: RewardInput<{ answer: number }>) => ({
  score: completion.length,
  reason: JSON.stringify([prompt, messages, answer]),
});`,
      'chat.py': `def python(prompts, completions, answer, **kwargs):
    assert prompts[0][1] == {"role": "user", "content": "1 2 3"} and answer == [4] * 4
    return [len(messages[0]["content"]) for messages in completions]`,
    },
  );
  const { result } = await trainHere(join(folder, 'run.grpo.json'));
  const ids = loadTokenizer(tinyConfig.model).encodePrompt(chat).ids;
  for (const row of rolloutsOf(result.run, 1)) {
    expect(row).toMatchObject({ prompt: chat, prompt_ids: ids, error: null });
    expect(JSON.parse(row.details!.typed!.reason!)).toEqual(['Count.\n\n1 2 3', chat, 4]);
    if (hasPython) expect(row.rewards.python).toBe([...row.completion].length);
  }
});

test('grpo bench gives medians of every part of a step, and writes nothing', async () => {
  const folder = tinyWorkspace({ beta: 0.04 });
  const { status, stdout } = await runGrpo('bench', join(folder, 'run.grpo.json'), '--steps', '3', '--json');
  expect(status).toBe(0);
  const bench = JSON.parse(stdout);
  const seconds = { seconds: expect.any(Number) };
  expect(bench).toEqual({
    rollout: { ...seconds, tokens: expect.any(Number) },
    ...{ score: seconds, logprobs: seconds, update: seconds, step: seconds },
    peak_rss_bytes: expect.any(Number),
  });
  expect(bench.rollout.tokens).toBeGreaterThanOrEqual(8);
  for (const { seconds } of [bench.rollout, bench.score, bench.logprobs, bench.update]) {
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThan(bench.step.seconds);
  }
  expect(bench.peak_rss_bytes).toBeGreaterThan(50 * 2 ** 20);
  expect(existsSync(join(folder, '.grpo'))).toBe(false);
});
