import { describe, expect, test } from 'vitest';
import { diagnoseMetrics } from '../../../src/doctor/diagnose.ts';
import type { RunHistory } from '../../../src/doctor/run-history.ts';
import type { Column } from '../../../src/protocol/metric-columns.ts';
import { historyOf } from './history.ts';

const found = (history: RunHistory): string[] =>
  diagnoseMetrics(history).map(({ severity, kind }) => `${severity} ${kind}`);
const remedyOf = (history: RunHistory) => diagnoseMetrics(history)[0]?.remedy;

/** Of a step in which everything is fine. */
const FINE = {
  reward: 0.5,
  reward_std: 0.4,
  reward_min: 0,
  reward_max: 1,
  'groups/signal': 0.8,
  entropy: 0.5,
  grad_norm: 1,
};
const CONFIG = { promptsPerStep: 16, numGenerations: 8, maxCompletionLength: 64, learningRate: 1e-4, maxSteps: 100 };

test('nothing is found in a run without rows, without metrics, or in which all is fine', () => {
  expect(found(historyOf(0, () => ({})))).toEqual([]);
  expect(found(historyOf(300, () => ({})))).toEqual([]);
  expect(found(historyOf(30, () => FINE, CONFIG))).toEqual([]);
});

describe('groups without a signal', () => {
  const none = (cause: string, reward: number, config: RunHistory['config'] = CONFIG) =>
    historyOf(
      3,
      () => ({ reward, reward_min: reward, reward_max: reward, 'groups/signal': 0, [`groups/${cause}`]: 1 }),
      config,
    );

  test('are an error once they are too many for chance', () => {
    expect(found(none('too_hard', 0))).toEqual(['error no-signal']);
    expect(found(none('too_hard', 0, { ...CONFIG, promptsPerStep: 4 }))).toEqual(['warning no-signal']);
    expect(found(none('too_hard', 0, { ...CONFIG, promptsPerStep: 1 }))).toEqual([]);
    expect(found(historyOf(2, () => ({ 'groups/signal': 0 }), CONFIG))).toEqual([]);
  });

  test('have a remedy by cause', () => {
    expect(remedyOf(none('equal', 1))).toBeUndefined();
    expect(remedyOf(none('equal', 1, { ...CONFIG, temperature: 0.1 }))).toEqual({
      action: 'set',
      path: ['temperature'],
      value: 1,
    });
    expect(remedyOf(none('failed', 0))).toEqual({ action: 'fix-reward' });
  });

  test('are a note where every prompt is solved', () => {
    const solved = (step: number) =>
      step < 4 ? FINE : { ...FINE, reward: 1, reward_min: 1, 'groups/signal': 0, 'groups/equal': 1 };
    expect(found(historyOf(12, solved, CONFIG))).toEqual(['information no-signal']);
    // The same reward for all, but not the best that there was.
    const stuck = (step: number) => ({ ...solved(step), ...(step >= 4 && { reward: 0.5, reward_max: 0.5 }) });
    expect(found(historyOf(12, stuck, CONFIG))).toContain('error no-signal');
  });

  test('are seen in a run of TRL, which does not tell causes', () => {
    expect(found(historyOf(10, () => ({ reward: 0, frac_reward_zero_std: 1 })))).toEqual(['error no-signal']);
  });

  test('cost time where they are most: dynamic sampling helps', () => {
    const few = historyOf(8, () => ({ ...FINE, 'groups/signal': 0.1, 'groups/too_hard': 0.9 }), {
      ...CONFIG,
      dynamicSampling: null,
    });
    expect(found(few)).toEqual(['warning weak-signal']);
    expect(remedyOf(few)).toEqual({ action: 'set', path: ['dynamicSampling'], value: {} });
    const easy = historyOf(8, () => ({ ...FINE, 'groups/signal': 0.1, 'groups/too_easy': 0.9 }), CONFIG);
    expect(found(easy)).toEqual(['information weak-signal']);
  });
});

describe('lengths', () => {
  const lengths = (from: number, to: number, reward: (step: number) => number, more = {}) =>
    historyOf(
      10,
      (step) => ({ ...FINE, 'completions/mean_length': step < 5 ? from : to, reward: reward(step), ...more }),
      CONFIG,
    );

  test('that change while the reward rises are a note', () => {
    expect(found(lengths(40, 20, (step) => step / 20))).toEqual(['information length-collapse']);
    expect(found(lengths(20, 40, (step) => step / 20))).toEqual(['information length-explosion']);
  });

  test('that change for nothing are a warning', () => {
    expect(found(lengths(40, 20, () => 0.5))).toEqual(['warning length-collapse']);
    expect(found(lengths(20, 40, () => 0.5))).toEqual(['warning length-explosion']);
    expect(remedyOf({ ...lengths(20, 40, () => 0.5), config: { ...CONFIG, lengthPenalty: null } })).toEqual({
      ...{ action: 'set', path: ['lengthPenalty'], value: { target: 20 } },
    });
  });

  test('that change at the cost of another function are a warning', () => {
    const history = historyOf(10, (step) => ({
      ...{ ...FINE, reward: step, 'completions/mean_length': step < 5 ? 40 : 20 },
      ...{ 'rewards/right/mean': step < 5 ? 0.8 : 0.2, 'rewards/right/std': 0.4 },
    }));
    const [finding] = diagnoseMetrics({ ...history, functions: [{ name: 'right', file: 'a.ts', weight: 1 }] });
    expect(finding).toMatchObject({ severity: 'warning', evidence: expect.stringContaining('meanwhile "right" fell') });
  });
});

test('a low entropy is no finding where the best is found, but where groups are alike before', () => {
  const run = (reward: number, equal: number) =>
    historyOf(12, (step) =>
      step < 4 ? FINE : { ...FINE, reward, entropy: 0.1, 'groups/equal': equal, 'groups/too_hard': 0 },
    );
  const withCauses = (history: RunHistory): RunHistory => {
    for (const key of ['groups/equal', 'groups/too_hard']) history.metrics.values(key)?.fill(0, 0, 3);
    return history;
  };
  expect(found(withCauses(run(0.97, 0.4)))).toEqual([]);
  expect(found(withCauses(run(0.55, 0)))).toEqual([]);
  expect(found(withCauses(run(0.55, 0.4)))).toEqual(['warning entropy-collapse']);
});

test('a KL divergence far from the reference', () => {
  expect(found(historyOf(9, (step) => ({ kl: step })))).toEqual(['warning kl-runaway']);
  expect(found(historyOf(9, () => ({ kl: 0.5 })))).toEqual([]);
});

describe('clip ratios that are always 0', () => {
  const clipped = (config: RunHistory['config']) =>
    historyOf(12, () => ({ ...FINE, 'clip_ratio/region_mean': 0 }), config);

  test('are explained where each step makes one update, and where it makes several', () => {
    const [one] = diagnoseMetrics(clipped({ numIterations: 1 }));
    expect(one).toMatchObject({
      kind: 'never-clips',
      severity: 'information',
      evidence: expect.stringContaining('all probability ratios are 1'),
    });
    const [several] = diagnoseMetrics(clipped({ numIterations: 2 }));
    expect(several).toMatchObject({ severity: 'information', evidence: expect.stringContaining('several updates') });
  });

  test('are not spoken of where the run does not say how many updates it makes', () => {
    expect(found(clipped({}))).toEqual([]);
  });
});

describe('gradients', () => {
  const spike = (config: RunHistory['config']) =>
    historyOf(12, (step) => ({ ...FINE, grad_norm: step === 10 ? 100 : 1 }), config);

  test('that are far larger than usual matter where they are not clipped', () => {
    expect(found(spike({ maxGradNorm: 1 }))).toEqual(['information gradient-spike']);
    expect(found(spike({ maxGradNorm: 0 }))).toEqual(['warning gradient-spike']);
    expect(remedyOf(spike({ maxGradNorm: 0 }))).toEqual({ action: 'set', path: ['maxGradNorm'], value: 1 });
  });

  test('of steps without a signal are not the usual ones', () => {
    expect(found(historyOf(20, (step) => ({ ...FINE, grad_norm: step % 4 ? 0 : 1 })))).toEqual([]);
  });
});

describe('numbers that are not finite', () => {
  test('in the loss, at once; in gradients, which mixed precision may skip, after some steps', () => {
    const missing = (key: string, from: number) =>
      historyOf(6, (step) => ({ ...FINE, loss: 0.1, learning_rate: 1e-4, ...(step >= from && { [key]: null }) }));
    expect(found(missing('loss', 6))).toEqual(['error nan']);
    expect(found(missing('grad_norm', 6))).toEqual([]);
    expect(found(missing('grad_norm', 4))).toEqual(['error nan']);
  });

  test('are not what rows of another kind lack', () => {
    const evaluation = (step: number): Record<string, number> =>
      step < 6 ? { ...FINE, loss: 0.1, learning_rate: 1e-4 } : { eval_reward: 1 };
    expect(found(historyOf(6, evaluation))).toEqual([]);
  });

  test('ended a run of the built-in trainer', () => {
    expect(diagnoseMetrics({ ...historyOf(3, () => FINE), diverged: 'Step 4: The loss is not finite.' })).toMatchObject(
      [{ kind: 'nan', severity: 'error', evidence: 'Step 4: The loss is not finite.', steps: { first: 3, last: 3 } }],
    );
  });
});

describe('a learning rate', () => {
  const run = (rate: number, change: number, config: RunHistory['config'] = {}) =>
    historyOf(8, () => ({ ...FINE, learning_rate: rate, 'update/relative_change': change }), { ...CONFIG, ...config });

  test('of 0 changes nothing', () => {
    expect(found(run(0, 0, { learningRate: 0 }))).toEqual(['error learning-rate']);
  });

  test('that is too low for all steps together gets one that is not', () => {
    expect(found(run(1e-4, 1e-3))).toEqual([]);
    expect(found(run(1e-4, 1e-6))).toEqual(['warning learning-rate']);
    expect(remedyOf(run(1e-4, 1e-6))).toEqual({ action: 'set', path: ['learningRate'], value: 0.01 });
  });

  test('may be low while it warms up', () => {
    expect(found(run(1e-6, 1e-8))).toEqual([]);
  });
});

describe('a reward that does not rise', () => {
  const wave = (step: number) => 0.3 + 0.05 * Math.sin(step * 2.4);

  test('is a note, and after long a warning', () => {
    expect(found(historyOf(60, (step) => ({ ...FINE, reward: wave(step) })))).toEqual(['information plateau']);
    expect(found(historyOf(120, (step) => ({ ...FINE, reward: wave(step) })))).toEqual(['warning plateau']);
  });

  test('is no finding where it has reached its best, has no signal, or rises slowly', () => {
    expect(found(historyOf(120, (step) => ({ ...FINE, reward: 0.6 + wave(step) })))).toEqual([]);
    expect(found(historyOf(120, (step) => ({ ...FINE, reward: wave(step), 'groups/signal': 0.3 })))).toEqual([]);
    expect(found(historyOf(120, (step) => ({ ...FINE, reward: wave(step) + step / 1000 })))).toEqual([]);
  });
});

describe('a run with stages', () => {
  const stages = [
    { kind: 'grpo', maxSteps: 10, maxCompletionLength: 8 },
    { kind: 'sft', maxSteps: 10 },
  ] as unknown as NonNullable<RunHistory['config']['stages']>;
  const cut = (step: number): Record<string, number> =>
    step <= 10 ? { ...FINE, 'completions/clipped_ratio': 1, 'completions/mean_length': 8 } : { loss: 1 };

  test('is judged by its newest stage of GRPO, and a remedy edits that stage where the stage sets the field', () => {
    const after = historyOf(20, cut, { ...CONFIG, stages });
    expect(diagnoseMetrics(after)).toMatchObject([
      {
        kind: 'all-truncated',
        steps: { first: 1, last: 10 },
        remedy: { path: ['stages', 0, 'maxCompletionLength'], value: 32 },
      },
    ]);
  });

  test('has no findings before its first', () => {
    expect(found(historyOf(5, () => ({ loss: 1 }), { ...CONFIG, stages: stages.toReversed() }))).toEqual([]);
  });
});

/** A column that tells how many of its values are read. */
const counted = (column: Column, onRead: (values: number) => void): Column =>
  new Proxy(column, {
    get(target, key) {
      if (key === 'subarray')
        return (from: number, to: number) => {
          const part = target.subarray(from, to);
          onRead(part.length);
          return part;
        };
      if (!/^\d+$/.test(String(key))) throw new Error(`what "${String(key)}" reads is not counted`);
      onRead(1);
      return target[Number(key)];
    },
  });

test('no more values of a long run are read than of a short one: a trainer asks after every step', () => {
  const readsOf = (steps: number): number => {
    const rows = () => ({ ...FINE, kl: 0.1, learning_rate: 1e-4, 'completions/clipped_ratio': 0 });
    const { metrics, ...history } = historyOf(steps, rows, CONFIG);
    let reads = 0;
    const values = metrics.values.bind(metrics);
    metrics.values = (key) => {
      const column = values(key);
      return column && counted(column, (more) => (reads += more));
    };
    diagnoseMetrics({ ...history, metrics });
    return reads;
  };
  expect(readsOf(1000)).toBeGreaterThan(100);
  expect(readsOf(100_000)).toBe(readsOf(1000));
});
