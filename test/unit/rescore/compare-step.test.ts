import { describe, expect, it } from 'vitest';
import { rescoreStep } from '../../../src/protocol/rescore.ts';
import type { RewardOutcome, ScoreTable } from '../../../src/protocol/rewards.ts';
import type { RolloutRow } from '../../../src/protocol/run-folder.ts';
import { compareStep, recordedGroups } from '../../../src/rescore/compare-step.ts';

const options = {
  scaleRewards: 'none',
  multiObjectiveAggregation: 'sum_then_normalize',
  baseline: 'group',
} as const;

/** A completion of `group` that had this reward and advantage from a function `f`. */
const recorded = (
  group: number,
  reward: number | null,
  advantage: number,
  more: Partial<RolloutRow> = {},
): RolloutRow => ({
  ...{ step: 1, group, prompt: `p${group}`, prompt_ids: [1], completion: 'c', completion_ids: [2], length: 1 },
  ...{ rewards: { f: reward }, reward, advantage, truncated: false, error: null },
  ...more,
});

const outcome = (score: number | null | string): RewardOutcome =>
  typeof score === 'string'
    ? { kind: 'failure', failure: 'throw', message: score, file: '/w/f.reward.ts', line: 3 }
    : score === null
      ? { kind: 'abstain' }
      : { kind: 'score', score, extracted: String(score) };

const table = (scores: (number | null | string)[], weight = 1, name = 'f'): ScoreTable => ({
  columns: [{ name, weight, seconds: 0, outcomes: scores.map(outcome) }],
  metrics: {},
  extra: {},
});

function compare(rows: RolloutRow[], now: ScoreTable, more: object = {}) {
  const event = compareStep(1, recordedGroups(rows), now, { ...options, ...more });
  // As it travels to the editor.
  return rescoreStep.parse(JSON.parse(JSON.stringify(event)));
}

describe('a step scored again', () => {
  it('says what each completion had and has now', () => {
    const { rows, reward, changed } = compare([recorded(0, 1, -1), recorded(0, 3, 1)], table([5, 3]));
    expect(rows).toMatchObject([
      { row: 0, reward: { old: 1, new: 5 }, advantage: { old: -1, new: 1 }, scores: { old: { f: 1 }, new: { f: 5 } } },
      {
        row: 1,
        reward: { old: 3, new: 3 },
        advantage: { old: 1, new: -1 },
        flips: true,
        details: { f: { extracted: '3' } },
      },
    ]);
    expect({ reward, changed }).toEqual({ reward: { old: 2, new: 4 }, changed: 1 });
  });

  it('counts a sign only where there was one and is another: not to or from zero', () => {
    const rows = [recorded(0, 0, -1), recorded(0, 1, 0), recorded(0, 2, 1)];
    expect(compare(rows, table([2, 1, 0])).flips).toBe(2);
    expect(compare(rows, table([0, 1, 2])).flips).toBe(0);
    expect(compare(rows, table([1, 1, 1])).flips).toBe(0);
    // From 0 to above: the middle one, which is now the best.
    expect(compare(rows, table([0, 2, 1])).rows.map(({ flips }) => flips)).toEqual([false, false, false]);
  });

  it('names the groups that gain a signal, and those that lose it', () => {
    const rows = [
      recorded(3, 1, -1),
      recorded(3, 3, 1),
      recorded(4, 2, 0),
      recorded(4, 2, 0),
      recorded(5, 0, -1),
      recorded(5, 2, 1),
    ];
    const { gained, lost, groups } = compare(rows, table([3, 3, 0, 1, 0, 2]));
    expect({ gained, lost }).toEqual({ gained: [4], lost: [3] });
    expect(groups).toEqual([
      { group: 3, reward: { old: 2, new: 3 }, signal: { old: 'signal', new: 'too-easy' } },
      { group: 4, reward: { old: 2, new: 0.5 }, signal: { old: 'equal', new: 'signal' } },
      { group: 5, reward: { old: 1, new: 1 }, signal: { old: 'signal', new: 'signal' } },
    ]);
  });

  it('takes the weights and the scaling of now', () => {
    const rows = [recorded(0, 1, -1), recorded(0, 3, 1)];
    const { rows: weighted } = compare(rows, table([1, 3], 2));
    expect(weighted.map(({ reward, advantage }) => [reward.new, advantage.new])).toEqual([
      [2, -2],
      [6, 2],
    ]);
    const { rows: scaled } = compare(rows, table([1, 3]), { scaleRewards: 'group' });
    expect(scaled[1]!.advantage.new).toBeCloseTo(1 / (Math.SQRT2 + 1e-4), 10);
  });

  it('never takes an abstention or a failure for a score', () => {
    const rows = [recorded(0, null, 0), recorded(0, 1, 0), recorded(0, 1, 0)];
    const { rows: now, failed, changed, reward } = compare(rows, table(['no shouting', 1, null]));
    expect(now.map(({ reward: { new: value } }) => value)).toEqual([null, 1, null]);
    expect(now.map(({ error }) => error)).toEqual(['/w/f.reward.ts:3: f: no shouting', null, null]);
    expect({ failed, changed, reward }).toEqual({ failed: 1, changed: 1, reward: { old: 1, new: 1 } });
  });

  it('leaves functions apart that have another name', () => {
    const { rows } = compare([recorded(0, 1, 0), recorded(0, 1, 0)], table([1, 1], 1, 'g'));
    expect(rows[0]!.scores).toEqual({ old: { f: 1 }, new: { g: 1 } });
  });
});

describe('recordedGroups', () => {
  it('leaves out a group that is not all there, and remembers the lines of the others', () => {
    const rows = [recorded(0, 1, 0), recorded(1, 1, 0), recorded(0, 1, 0), recorded(1, 1, 0), recorded(2, 1, 0)];
    const { sizes, leftOut, rows: whole } = recordedGroups(rows);
    expect({ sizes, leftOut, lines: whole.map(({ index }) => index) }).toEqual({
      sizes: [2, 2],
      leftOut: 1,
      lines: [0, 2, 1, 3],
    });
  });

  it('has nothing to say of a file without rows', () => {
    const step = compare([], table([]));
    expect(step).toMatchObject({ completions: 0, reward: { old: null, new: null }, groups: [], rows: [] });
  });
});
