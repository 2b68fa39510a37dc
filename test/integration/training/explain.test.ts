/** `grpo explain` of real runs: its numbers are those that the run recorded. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { preferencePairs } from '../../../src/grpo/preference.ts';
import type { Explanation, ExplanationSection } from '../../../src/protocol/explain-parts.ts';
import { stepName, type UpdatedRow } from '../../../src/protocol/run-folder.ts';
import { metricsOf, readJsonl, rolloutsOf, runGrpo, tinyWorkspace, trainHere, updatesOf } from './workspace.ts';

async function explained(run: string, ...args: string[]): Promise<Explanation> {
  const { status, stdout, stderr } = await runGrpo('explain', run, ...args, '--json');
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout) as Explanation;
}

/** A column of a section's table, without its heading. */
function column({ sections }: Explanation, section: number, name: string): string[] {
  const { table } = sections.find(({ title }) => title.startsWith(`${section}. `)) as ExplanationSection;
  const at = table!.head.indexOf(name);
  expect(at, `${name} in ${table!.head}`).toBeGreaterThanOrEqual(0);
  return table!.rows.map((row) => row[at]!);
}

/** What an arithmetic that is written out comes to. */
const evaluated = (text: string): number =>
  runInNewContext(
    text
      .replaceAll(/[a-z]+: /g, '')
      .replaceAll('÷', '/')
      .replaceAll('×', '*')
      .replaceAll('−', '-'),
  );

const numbers = (texts: string[]): number[] => texts.map((text) => Number(text.replace('−', '-').replace('+', '')));

describe.each<[string, object]>([
  ['grpo', { lossType: 'grpo' }],
  ['dr_grpo', { lossType: 'dr_grpo', scaleRewards: 'none' }],
  ['dapo', { epsilonHigh: 0.28 }],
  ['cispo', { lossType: 'cispo', epsilonHigh: 5 }],
  ['sapo', { lossType: 'sapo' }],
  ['luspo', { lossType: 'luspo', importanceSamplingLevel: 'sequence' }],
  ['vespo', { lossType: 'vespo' }],
  ['gspo', { lossType: 'grpo', importanceSamplingLevel: 'sequence' }],
])('%s', (_, settings) => {
  test('rewards, advantages and clipped tokens are those of the run', async () => {
    const folder = tinyWorkspace({ maxSteps: 2, numIterations: 2, learningRate: 3e-2, beta: 0.04, ...settings });
    const { result } = await trainHere(join(folder, 'run.grpo.json'));
    const rows = rolloutsOf(result.run, 2);
    let [clipped, counted] = [0, 0];
    for (const group of [0, 1]) {
      const explanation = await explained(result.run, '--step', '2', '--group', String(group));
      // From the best to the worst, as the explanation has them.
      const own = rows.filter((row) => row.group === group).toSorted((a, b) => b.reward! - a.reward!);
      expect(numbers(column(explanation, 2, 'R'))).toEqual(own.map(({ reward }) => reward));
      for (const [i, advantage] of numbers(column(explanation, 4, 'A')).entries())
        expect(advantage).toBeCloseTo(own[i]!.advantage, 2);
      const pulls = numbers(column(explanation, 7, 'pull'));
      expect(pulls.map(Math.sign)).toEqual(own.map(({ advantage }) => Math.sign(advantage)));
      const table = explanation.sections[4]!.table!;
      if (!table.head.at(-1)!.startsWith('clipped')) continue;
      for (const cell of table.rows.map((row) => row.at(-1)!)) {
        const [some, all] = cell.split(' of ').map(Number);
        [clipped, counted] = [clipped + some!, counted + all!];
      }
    }
    // Nothing is clipped in the first of the two passes.
    const { 'clip_ratio/region_mean': share = 0 } = metricsOf(result.run).find(({ step }) => step === 2)!;
    expect(clipped).toBeCloseTo(2 * share! * counted, 6);
    if (counted > 0 && !('importanceSamplingLevel' in settings)) expect(clipped).toBeGreaterThan(0);
  });
});

test('the tokens that learn are those that the run recorded, and so is the pair of the preference term', async () => {
  const folder = tinyWorkspace({ maxSteps: 1, beta: 0.04, topEntropyQuantile: 0.3, dpoCoef: 0.5 });
  const { result } = await trainHere(join(folder, 'run.grpo.json'));
  const learns = readJsonl<UpdatedRow>(result.run, 'updates', 'step-000001.jsonl').flatMap((row) => row.learns!);
  const groups = [await explained(result.run, '--group', '0'), await explained(result.run, '--group', '1')];
  const shown = groups.flatMap((group) => numbers(column(group, 7, 'learning'))).reduce((sum, each) => sum + each, 0);
  expect(shown).toBe(learns.filter((each) => each === 1).length);
  // All but those of lower rank than the quantile; the first tokens of a group are equally unsure, and may come together or stay away.
  expect(Math.abs(shown - (learns.length - Math.ceil(0.7 * (learns.length - 1))))).toBeLessThanOrEqual(4);

  const pairs = rolloutsOf(result.run, 1).map(({ group, reward }) => ({ group, reward, counts: true }));
  const texts = groups.filter(({ sections }) =>
    sections[6]!.text.join(' ').includes('makes #1, the best, more likely'),
  );
  expect(texts).toHaveLength(preferencePairs(pairs).length);
  expect(metricsOf(result.run).find(({ step }) => step === 1)!['dpo/loss']).toBeCloseTo(0.5 * Math.log(2), 4);
});

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;

describe('what is written can be computed again', () => {
  test.each<[string, object, (length: number, tokens: number) => number]>([
    ['grpo', { lossType: 'grpo' }, (length) => 1 / (8 * length)],
    ['sapo, deviation of the step', { lossType: 'sapo', scaleRewards: 'batch' }, (length) => 1 / (8 * length)],
    ['dapo', {}, (_, tokens) => 1 / tokens],
    ['cispo', { lossType: 'cispo', epsilonHigh: 5 }, (_, tokens) => 1 / tokens],
    ['cispo with a cap below 1', { lossType: 'cispo' }, (_, tokens) => 0.2 / tokens],
    ['dr_grpo', { lossType: 'dr_grpo', scaleRewards: 'none' }, () => 1 / (8 * 8)],
    ['reinforce', { lossType: 'reinforce', baseline: 'none' }, (length) => 1 / (8 * length)],
    ['truncated ones left out', { maskTruncatedCompletions: true, maxCompletionLength: 40 }, (_, tokens) => 1 / tokens],
  ])('%s', async (_, settings, weight) => {
    const folder = tinyWorkspace({ maxSteps: 1, beta: 0.04, numIterations: 2, learningRate: 1e-2, ...settings });
    const { run } = (await trainHere(join(folder, 'run.grpo.json'))).result;
    const updates = readJsonl<UpdatedRow>(run, 'updates', `${stepName(1)}.jsonl`);
    const counts = ({ truncated }: { truncated: boolean }) => !('maskTruncatedCompletions' in settings && truncated);
    const rows = rolloutsOf(run, 1).map((row, i) => ({ ...row, ...updates[i]! }));
    const tokens = sum(rows.filter(counts).map(({ length }) => length));
    expect(new Set(rows.map(counts)).size).toBe('maskTruncatedCompletions' in settings ? 2 : 1);
    for (const group of [0, 1]) {
      const explanation = await explained(run, '--group', String(group));
      const own = rows.filter((row) => row.group === group).toSorted((a, b) => b.advantage - a.advantage);
      const [formula] = explanation.sections[2]!.formulas!;
      const [, written, result] = /^mean = (.*) = ([^=]*)$/.exec(formula!)!;
      expect(Math.abs(evaluated(written!) - evaluated(result!))).toBeLessThan(0.0051);
      expect(Math.abs(mean(own.map(({ reward }) => reward!)) - evaluated(result!))).toBeLessThan(0.0051);

      const shown = numbers(column(explanation, 4, 'A'));
      for (const [i, how] of column(explanation, 4, 'how').entries()) {
        expect(how).not.toContain('but the run recorded');
        const [arithmetic] = how.replace(/ \(all of the step\)|the reward, /, '').split(' = ');
        expect(Math.abs(evaluated(arithmetic!) - shown[i]!), how).toBeLessThan(0.0051);
        expect(Math.abs(own[i]!.advantage - shown[i]!), how).toBeLessThan(0.0051);
      }

      const near = (texts: string[], values: number[]) => {
        for (const [i, value] of values.entries())
          expect(Math.abs(numbers([texts[i]!])[0]! - value)).toBeLessThanOrEqual(1e-2 * Math.abs(value) + 1e-9);
      };
      near(
        column(explanation, 6, 'mean KL'),
        own.map((row) => mean(row.kl!)),
      );
      near(
        column(explanation, 6, 'mean of ρ × KL, × 0.04'),
        own.map((row) => (counts(row) ? 0.04 * mean(row.kl!.map((kl, token) => kl * row.ratios![token]!)) : 0)),
      );
      near(
        column(explanation, 7, 'pull'),
        own.map((row) => (counts(row) ? row.advantage * row.length * weight(row.length, tokens) : 0)),
      );
    }
  });
});

describe('process supervision', () => {
  const WORDS = `
export function words({ completion }: { completion: string }) {
  const ends = [...completion.matchAll(/\\S+/g)].map((match) => match.index + match[0].length);
  return { score: 0, steps: ends.map((end) => ({ end, score: completion.charCodeAt(end - 1) % 3 })) };
}`;

  test.each(['token', 'sequence'])('by %s: tokens are judged by their own advantages', async (level) => {
    const settings = { rewards: ['words.reward.ts'], maxSteps: 2, numIterations: 2, learningRate: 3e-2 };
    const folder = tinyWorkspace({ ...settings, importanceSamplingLevel: level }, { 'words.reward.ts': WORDS });
    const { run } = (await trainHere(join(folder, 'run.grpo.json'))).result;
    const rows = rolloutsOf(run, 2);
    expect(rows.some(({ advantages }) => new Set(advantages).size > 1)).toBe(true);
    let [clipped, counted] = [0, 0];
    for (const group of [0, 1]) {
      const explanation = await explained(run, '--step', '2', '--group', String(group));
      const own = rows.filter((row) => row.group === group).toSorted((a, b) => b.advantage - a.advantage);
      for (const [i, how] of column(explanation, 4, 'how').entries()) {
        expect(how).not.toContain('but the run recorded');
        if (/\d/.test(how))
          expect(Math.abs(evaluated(how.split(' = ')[0]!) - own[i]!.advantage), how).toBeLessThan(0.006);
      }
      const pushed = own.map(({ advantages }) => sum(advantages!));
      for (const [i, total] of numbers(column(explanation, 7, 'Σ A')).entries())
        expect(Math.abs(total - pushed[i]!)).toBeLessThan(0.0051);
      const { table: ratios, text } = explanation.sections[4]!;
      // Of a group without a signal, the update computes nothing.
      const hasSignal = own.some(({ advantages }) => advantages!.some((advantage) => Math.abs(advantage) > 1e-6));
      expect(ratios !== undefined, text[0]).toBe(hasSignal);
      expect(text[0]!.includes('the group has no signal')).toBe(!hasSignal);
      for (const cell of (ratios?.rows ?? []).map((row) => row.at(-1)!)) {
        const [some, all] = cell.split(' of ').map(Number);
        [clipped, counted] = [clipped + some!, counted + all!];
      }
    }
    const { 'clip_ratio/region_mean': share } = metricsOf(run).find(({ step }) => step === 2)!;
    expect(clipped).toBeCloseTo(2 * share! * counted, 6);
    const computed = updatesOf(run, 2).map(({ entropies }) => entropies !== undefined);
    expect(counted).toBe(sum(rows.map(({ length }, row) => (computed[row] ? length : 0))));
  });
});

describe('of what is not there', () => {
  test('says which steps and groups there are, and works without records of tokens', async () => {
    const folder = tinyWorkspace({ maxSteps: 2, numIterations: 2 });
    const { result } = await trainHere(join(folder, 'run.grpo.json'));
    const refused = async (...args: string[]) => {
      const { status, stdout, stderr } = await runGrpo('explain', ...args);
      expect({ status, stdout }, stderr).toEqual({ status: 2, stdout: '' });
      return stderr;
    };
    expect(await refused(result.run, '--step', '9')).toBe(
      'Step 9 has no recorded completions; there are those of steps 1 to 2.\n',
    );
    expect(await refused(result.run, '--group', '2')).toBe('Step 2 has no group 2; its groups are 0 to 1.\n');
    expect(await refused(folder)).toContain('run.json');
    expect(await refused('--demo', '--step', '1')).toContain('Give either --demo or --step N.');
    expect(await refused(result.run, '--demo')).toContain('Name a run folder');

    rmSync(join(result.run, 'updates'), { recursive: true });
    const { sections } = await explained(result.run);
    expect(sections[4]!.table).toBeUndefined();
    expect(sections[4]!.text.join(' ')).toContain('did not record the ratios');
    rmSync(join(result.run, 'rollouts'), { recursive: true });
    expect(await refused(result.run)).toMatch(/no recorded|rollouts/i);
  });
});
