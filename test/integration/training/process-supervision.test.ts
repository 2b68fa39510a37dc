/** Scored steps of completions (DeepSeekMath, section 4.1.3): one credit trains, and everything shows it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readModel } from '../../../src/model/files/read-model.ts';
import { loadTokenizer } from '../../../src/model/tokenizer/tokenizer.ts';
import type { RewardOutcome, RewardStep } from '../../../src/protocol/rewards.ts';
import { creditOf } from '../../../src/trainer/credit.ts';
import type { RolloutCompletion } from '../../../src/trainer/rollout.ts';
import { groupsOf } from '../../../webview/rollouts/model.ts';
import { metricsOf, rolloutsOf, runGrpo, tinyConfig, tinyWorkspace, trainHere } from './workspace.ts';

describe('process supervision (DeepSeekMath, section 4.1.3)', () => {
  const tokenizer = loadTokenizer(tinyConfig.model);
  const eos = tokenizer.eosTokenId!;
  const completion = (text: string, group = 0): RolloutCompletion => {
    const ids = [...tokenizer.encode(text, { addSpecialTokens: false }), eos];
    const trajectory = { segments: [{ ids, trained: true }], truncated: false };
    return { group, prompt: { prompt: 'a', ids: [5], columns: {} }, trajectory, text };
  };
  /** Tokens that it takes to write this much of a completion. */
  const tokens = (text: string) => tokenizer.encode(text, { addSpecialTokens: false }).length;

  test('a token is paid for the steps that end at or after it, in units of the group', () => {
    const rollout = [completion('one two'), completion('six ten')];
    const steps: RewardStep[][] = [
      [
        { end: 3, score: 1 },
        { end: 7, score: 0 },
      ],
      [{ end: 7, score: 0 }],
    ];
    const outcomes = steps.map((own): RewardOutcome => ({ kind: 'score', score: 0, steps: own }));
    const table = { columns: [{ name: 'steps', weight: 2, seconds: 0, outcomes }], metrics: {}, extra: {} };
    const options = {
      scaleRewards: 'group',
      multiObjectiveAggregation: 'sum_then_normalize',
      baseline: 'group',
    } as const;
    const { byPosition } = creditOf(rollout, table, 2, options, tokenizer);

    // Scores 1, 0, 0: mean 1/3, sample deviation 1/√3.
    const unit = 2 / (1 / Math.sqrt(3) + 1e-4);
    const [good, bad] = [unit * (2 / 3), unit * (-1 / 3)];
    const [first, whole] = [tokens('one'), tokens('one two')];
    const expected = [
      [...Array(first).fill(good + bad), ...Array(whole - first).fill(bad), 0],
      [...Array(tokens('six ten')).fill(bad), 0],
    ];
    for (const [row, list] of expected.entries()) {
      expect(byPosition![row]).toHaveLength(list.length);
      for (const [token, value] of list.entries()) expect(byPosition![row]![token]).toBeCloseTo(value, 5);
    }
  });

  test('decides where training goes', async () => {
    const weightsFor = async (steps: string) => {
      const rows = ['one two', 'six ten'].map((text) => ({ step: 1, group: 0, prompt: 'a', completion: text }));
      const folder = tinyWorkspace(
        { promptsPerStep: 1, numGenerations: 2, maxSteps: 1, rewards: ['steps.reward.ts'] },
        {
          'rollouts.jsonl': rows,
          'steps.reward.ts': `export const steps = ({ completion }: { completion: string }) => {
  const good = completion.startsWith('one') ? 1 : 0;
  return { score: good, steps: ${steps} };
};`,
        },
      );
      const config = join(folder, 'run.grpo.json');
      const { result } = await trainHere(config, { rollouts: join(folder, 'rollouts.jsonl') });
      return (await readModel(result.checkpoint!)).weights['model.embed_tokens.weight']!.data;
    };
    const [early, late] = [
      await weightsFor('[{ end: 3, score: good }]'),
      await weightsFor('[{ end: 7, score: good }]'),
    ];
    expect(early).not.toEqual(late);
    // Steps that are all alike teach nothing.
    const start = (await readModel(tinyConfig.model)).weights['model.embed_tokens.weight']!.data;
    expect(await weightsFor('[{ end: 7, score: 1 }]')).toEqual(start);
  });

  /** Rewards of 0 for all, and steps that tell words apart: only the steps train. */
  const WORDS = `
export function words({ completion }: { completion: string }) {
  const ends = [...completion.matchAll(/\\S+/g)].map((match) => match.index + match[0].length);
  return { score: 0, steps: ends.map((end) => ({ end, score: completion.charCodeAt(end - 1) % 3 })) };
}`;
  const config = { promptsPerStep: 2, maxSteps: 2, rewards: ['words.reward.ts'] };

  test('metrics, records, signals and rescoring show the credit that trained, and a recording trains the same', async () => {
    const folder = tinyWorkspace(config, { 'words.reward.ts': WORDS });
    const file = join(folder, 'run.grpo.json');
    const { run, checkpoint } = (await trainHere(file)).result;
    for (const { step, ...metrics } of metricsOf(run)) {
      expect(metrics.grad_norm).toBeGreaterThan(0);
      expect(metrics).toMatchObject({ reward_std: 0, frac_reward_zero_std: 0, 'groups/signal': 1 });
      const scores = rolloutsOf(run, step).flatMap(({ steps }) => steps?.words?.map(({ score }) => score) ?? []);
      expect(metrics['process/words/mean']).toBeCloseTo(scores.reduce((a, b) => a + b, 0) / scores.length, 10);
      const groups = groupsOf(rolloutsOf(run, step));
      expect(groups.map(({ signal }) => signal)).toEqual(['signal', 'signal']);
    }
    const rows = rolloutsOf(run, 1);
    for (const { advantages, advantage, completion_ids, steps } of rows) {
      expect(advantages).toHaveLength(completion_ids.length);
      expect(advantages![0]).toBe(advantage);
      expect(Object.keys(steps ?? { words: [] })).toEqual(['words']);
    }

    const checked = JSON.parse((await runGrpo('check', file, '--json')).stdout);
    expect(checked.step.functions).toMatchObject([{ name: 'words', max: 0, steps: { max: 2 } }]);
    expect(checked.findings.map(({ kind }: { kind: string }) => kind)).not.toContain('constant-function');

    const again = await runGrpo('rescore', run, '--json');
    const rescored = again.stdout
      .split('\n')
      .flatMap((line) => (line.includes('"type":"step"') ? JSON.parse(line) : []));
    expect(rescored).toHaveLength(2);
    for (const step of rescored) {
      expect(step).toMatchObject({ changed: 0, flips: 0, gained: [], lost: [] });
      for (const { advantage } of step.rows) expect(advantage.new).toBeCloseTo(advantage.old, 5);
    }

    // The same from its own recording: the functions are not called.
    const recording = join(folder, 'recording.jsonl');
    writeFileSync(
      recording,
      [1, 2]
        .flatMap((step) => rolloutsOf(run, step))
        .map((row) => `${JSON.stringify(row)}\n`)
        .join(''),
    );
    const replay = (await trainHere(file, { rollouts: recording })).result;
    const weightsAt = async (path: string) => (await readModel(path)).weights['model.embed_tokens.weight']!.data;
    expect(await weightsAt(replay.checkpoint!)).toEqual(await weightsAt(checkpoint!));
  });

  test('with a weight, steps are added to what the scores earn, and all of it is explained', async () => {
    const folder = tinyWorkspace(
      { ...config, maxSteps: 1, processRewardWeight: 0.5 },
      { 'words.reward.ts': WORDS.replace('score: 0,', 'score: completion.length % 4,') },
    );
    const { run } = (await trainHere(join(folder, 'run.grpo.json'))).result;
    const rows = rolloutsOf(run, 1).filter(({ group }) => group === 0);
    const rewards = rows.map(({ reward }) => reward!);
    const every = rows.flatMap(({ steps }) => steps?.words?.map(({ score }) => score) ?? []);
    const [outcome, step] = [rewards, every].map((values) => {
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
      return (value: number) => (value - mean) / (Math.sqrt(variance) + 1e-4);
    }) as [(value: number) => number, (value: number) => number];
    for (const { reward, advantages, steps, token_ends: ends } of rows) {
      advantages!.forEach((advantage, token) => {
        const before = token === 0 ? 0 : ends![token - 1]!;
        const later = (steps?.words ?? []).filter(({ end }) => end > before);
        const earned = later.reduce((sum, { score }) => sum + step(score), 0);
        expect(advantage).toBeCloseTo(outcome(reward!) + 0.5 * earned, 5);
      });
    }
    const text = (await runGrpo('explain', run)).stdout.replaceAll(/\s+/g, ' ');
    expect(text).toContain('multiplied by 0.5 (processRewardWeight)');
    expect(text).not.toContain('but the run recorded');
  });

  test('samples show the advantages that training would give them', async () => {
    const completions = ['b c', 'd e f', 'a', ''];
    const samples = completions.map((completion) => ({ prompt: 'a', completion }));
    const folder = tinyWorkspace(config, { 'words.reward.ts': WORDS, 'run.samples.jsonl': samples });
    const { stdout } = await runGrpo(
      'score',
      join(folder, 'run.grpo.json'),
      '--samples',
      join(folder, 'run.samples.jsonl'),
      '--json',
    );
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const outcomes = completions.map((text): RewardOutcome => {
      const ends = [...text.matchAll(/\S+/g)].map((match) => match.index + match[0].length);
      return { kind: 'score', score: 0, steps: ends.map((end) => ({ end, score: text.charCodeAt(end - 1) % 3 })) };
    });
    const table = { columns: [{ name: 'words', weight: 1, seconds: 0, outcomes }], metrics: {}, extra: {} };
    const options = {
      scaleRewards: 'group',
      multiObjectiveAggregation: 'sum_then_normalize',
      baseline: 'group',
    } as const;
    const credit = creditOf(
      completions.map((text) => completion(text)),
      table,
      4,
      options,
      tokenizer,
    );
    const shown = lines.filter(({ type }) => type === 'row').map(({ advantage }) => advantage);
    expect(shown).toHaveLength(4);
    for (const [row, advantage] of credit.advantages.entries()) expect(shown[row]).toBeCloseTo(advantage, 5);
    expect(lines.at(-1)).toMatchObject({ type: 'summary', groups: [{ signal: 'signal', std: 0 }] });
  });
});
