/** What a run can do besides the plain loop: evaluation, scored steps of completions, chats, measuring. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadTokenizer } from '../../../src/model/tokenizer/tokenizer.ts';
import { metricsOf, rolloutsOf, runGrpo, tinyConfig, tinyWorkspace, trainHere } from './workspace.ts';

const hasPython = spawnSync('python3', ['--version']).status === 0;

describe('learning', () => {
  test('a reward for letters of one kind goes up', { timeout: 120_000 }, async () => {
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
