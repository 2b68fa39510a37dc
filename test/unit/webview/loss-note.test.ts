import { describe, expect, it } from 'vitest';
import type { LossType } from '../../../src/grpo/policy-loss.ts';
import { runConfigSchema } from '../../../src/protocol/run-config.ts';
import { lossNote } from '../../../webview/charts/loss-note.ts';
import { type Batch, defaults, runLoss } from '../grpo/run-loss.ts';

const note = (settings: object) =>
  lossNote(runConfigSchema.parse({ model: 'm', dataset: 'd', rewards: ['r.reward.ts'], ...settings }));

/** Two completions of a group before the model has moved: the better one has three tokens, the worse one has one. */
function start(lossType: LossType, more: object = {}, logps = [-1, -1]): number {
  const [better, worse] = logps as [number, number];
  const logpsOf = [
    [better, better, better],
    [worse, worse, worse],
  ];
  const batch: Batch = {
    ...{ logps: logpsOf, oldLogps: logpsOf, refLogps: logpsOf },
    mask: [
      [1, 1, 1],
      [1, 0, 0],
    ],
    advantages: [[1], [-1]],
    ...more,
  };
  return runLoss(batch, { ...defaults, lossType }).loss;
}
const shorterIsBetter = { advantages: [[-1], [1]] };

describe('the note on the loss', () => {
  it.each(['grpo', 'ratio'] as const)('%s starts near 0', (lossType) => {
    expect(start(lossType)).toBeCloseTo(0, 6);
    expect(note({ lossType })).toContain('starts near 0');
  });

  it.each(['dapo', 'bnpo', 'dr_grpo', 'luspo'] as const)(
    '%s starts below 0 where longer completions are better',
    (lossType) => {
      expect(start(lossType)).toBeLessThan(-0.05);
      expect(start(lossType, shorterIsBetter)).toBeGreaterThan(0.05);
      expect(note({ lossType })).toMatch(/below 0 where longer .*, above 0 where shorter/);
    },
  );

  it.each(['cispo', 'vespo'] as const)('%s depends on length and likelihood', (lossType) => {
    expect(start(lossType)).toBeGreaterThan(0);
    expect(start(lossType, shorterIsBetter)).toBeLessThan(0);
    expect(note({ lossType })).toMatch(/above 0 where the better completions are the longer and less likely/);
  });

  it('reinforce depends on likelihood, not on length', () => {
    expect(start('reinforce')).toBeCloseTo(0, 6);
    expect(start('reinforce', {}, [-3, -1])).toBeGreaterThan(0);
    expect(start('reinforce', {}, [-1, -3])).toBeLessThan(0);
    expect(note({ lossType: 'reinforce' })).toMatch(/above 0 where the better completions are the less likely/);
  });

  it('sapo starts slightly below 0 with its temperatures, and at 0 where they are equal', () => {
    expect(start('sapo')).toBeLessThan(0);
    expect(start('sapo')).toBeGreaterThan(-0.1);
    expect(note({ lossType: 'sapo' })).toContain('slightly below 0');
    expect(note({ lossType: 'sapo', sapoTemperaturePos: 1.05 })).toContain('near 0');
    expect(note({ lossType: 'sapo', sapoTemperaturePos: 2 })).toContain('slightly above 0');
  });

  it('without a baseline does not speak of a sum of zero', () => {
    expect(start('grpo', { advantages: [[2], [4]] })).toBeCloseTo(-3, 6);
    expect(note({ lossType: 'grpo', baseline: 'none' })).toContain('minus their mean');
    expect(start('dapo', { advantages: [[2], [4]] })).toBeCloseTo(-2.5, 6);
    expect(start('luspo', { advantages: [[2], [4]] })).toBeCloseTo(-(2 * 3 + 4) / 2, 6);
    expect(note({ lossType: 'luspo', baseline: 'none' })).toContain('reward × tokens');
    expect(start('sapo', { advantages: [[2], [4]] })).toBeCloseTo(-6, 6);
    expect(note({ lossType: 'sapo', baseline: 'none' })).toContain('twice their mean');
  });

  it('speaks of a sum of zero only where there is one', () => {
    expect(note({ baseline: 'leave-one-out' })).toBe(note({}));
    expect(note({ baseline: 'history' })).toContain('than in earlier steps');
    expect(note({ baseline: 'history' })).not.toContain('sum to zero');
  });

  it('names what else is in the loss', () => {
    expect(note({ beta: 0.04, entropyCoef: 0.01 })).toMatch(
      /includes the KL divergence × beta and the entropy bonus\.$/,
    );
    expect(note({ beta: 0.04, entropyCoef: 0.01, dpoCoef: 0.1 })).toMatch(
      /the KL divergence × beta, the entropy bonus and the preference term\.$/,
    );
    expect(note({ useAdaptiveEntropy: true })).toMatch(/includes the entropy bonus\.$/);
    expect(note({})).not.toContain('includes');
  });
});
