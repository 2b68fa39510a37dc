import { describe, expect, it } from 'vitest';
import type { ConfigPath } from '../../../src/config/config-issue.ts';
import type { RewardOutcome } from '../../../src/protocol/rewards.ts';
import type { StepReport } from '../../../src/protocol/step-report.ts';
import { creditOf } from '../../../src/trainer/credit.ts';
import type { Rollout } from '../../../src/trainer/rollout.ts';
import { type FindingContext, stepFindings } from '../../../src/trainer/step-findings.ts';
import { stepReport } from '../../../src/trainer/step-report.ts';

const ADVANTAGES = {
  scaleRewards: 'group',
  multiObjectiveAggregation: 'sum_then_normalize',
  baseline: 'group',
} as const;

interface Row {
  text?: string;
  tokens?: number;
  truncated?: boolean;
  /** By function: a score, null (abstained) or a sentence (failed). */
  outcomes: (number | null | string)[];
}

/** A step whose groups have `size` rows each. */
function reportOf(rows: Row[], { size = 2, names = ['right'], weights = [1] } = {}): StepReport {
  const rollout: Rollout = rows.map(({ text, tokens = 5, truncated = false }, index) => ({
    group: Math.floor(index / size),
    prompt: { prompt: 'p', text: 'p', ids: [1], columns: {} },
    trajectory: { segments: [{ ids: Array<number>(tokens).fill(7), trained: true }], truncated },
    text: text ?? `answer ${index}`,
  }));
  const outcomeOf = (given: number | null | string): RewardOutcome => {
    if (given === null) return { kind: 'abstain' };
    if (typeof given === 'number') return { kind: 'score', score: given };
    return { kind: 'failure', failure: 'throw', message: given, file: '/r.ts', line: 3, column: 1 };
  };
  const columns = names.map((name, k) => ({
    ...{ name, weight: weights[k] ?? 1, seconds: 0 },
    outcomes: rows.map(({ outcomes }) => outcomeOf(outcomes[k]!)),
  }));
  const table = { columns, metrics: {}, extra: {} };
  const credit = creditOf(rollout, table, size, ADVANTAGES, undefined as never);
  return stepReport({ rollout, table, credit }, { maxCompletionLength: 48 });
}

const context = (more: Partial<FindingContext> = {}): FindingContext => ({
  config: {
    maxCompletionLength: 48,
    temperature: 1,
    promptsPerStep: 2,
    numGenerations: 2,
    rewards: [{ file: '/r.ts', weight: 1 }],
  },
  functions: [
    { name: 'right', file: '/r.ts' },
    { name: 'format', file: '/r.ts' },
  ],
  room: 2000,
  locate: (path: ConfigPath) => ({ file: '/a.grpo.json', path }),
  ...more,
});

const kinds = (report: StepReport, more?: Partial<FindingContext>) =>
  stepFindings(report, context(more)).map(({ kind, severity }) => `${severity} ${kind}`);

const scores = (...values: (number | null | string)[]): Row[] => values.map((value) => ({ outcomes: [value] }));

describe('stepFindings', () => {
  it('finds nothing where every group has a signal', () => {
    expect(kinds(reportOf(scores(0, 1, 1, 0)))).toEqual([]);
  });

  it('says that all completions were cut off, and sets a longer limit', () => {
    const rows = scores(0, 0, 0, 0).map((row) => ({ ...row, truncated: true, tokens: 48 }));
    expect(stepFindings(reportOf(rows), context())).toEqual([
      {
        kind: 'all-truncated',
        severity: 'error',
        evidence: 'All 4 completions were cut off at 48 tokens.',
        place: { file: '/a.grpo.json', path: ['maxCompletionLength'] },
        remedy: { action: 'set', path: ['maxCompletionLength'], value: 256 },
      },
    ]);
  });

  it('only warns of truncation where there is a signal', () => {
    const rows = scores(0, 1, 0, 1).map((row) => ({ ...row, truncated: true, tokens: 48 }));
    expect(kinds(reportOf(rows))).toEqual(['warning all-truncated']);
  });

  it('never goes beyond the context, and says when it has no room', () => {
    const rows = scores(0, 0).map((row) => ({ ...row, truncated: true, tokens: 48 }));
    expect(stepFindings(reportOf(rows), context({ room: 100 }))[0]?.remedy).toMatchObject({ value: 100 });
    expect(stepFindings(reportOf(rows), context({ room: 243 }))[0]?.remedy).toMatchObject({ value: 128 });
    const [full] = stepFindings(reportOf(rows), context({ room: 50 }));
    expect(full?.remedy).toBeUndefined();
    expect(full?.evidence).toContain('no room');
  });

  it('says which function failed, where, and how often', () => {
    const always = stepFindings(reportOf(scores('no digits', 'no digits')), context());
    expect(always).toHaveLength(1);
    expect(always[0]).toMatchObject({
      kind: 'reward-failed',
      severity: 'error',
      evidence: '"right" failed on all 2 completions: /r.ts:3:1: right: no digits.',
      place: { file: '/r.ts', line: 3, column: 1 },
    });
    expect(kinds(reportOf(scores('no digits', 1, 1, 0)))).toEqual(['warning reward-failed']);
  });

  it('says that functions abstain', () => {
    expect(kinds(reportOf(scores(null, null)))).toEqual(['error no-reward', 'warning always-abstains']);
    const rows = [0, 1].map((score) => ({ outcomes: [score, null] }));
    expect(kinds(reportOf(rows, { names: ['right', 'format'] }))).toEqual(['warning always-abstains']);
  });

  it('tells a constant reward from a task that is too hard', () => {
    expect(kinds(reportOf(scores(0, 0, 0, 0)))).toEqual(['error too-hard']);
    expect(kinds(reportOf(scores(1, 1, 1, 1)))).toEqual(['error constant-reward']);
    expect(kinds(reportOf(scores(1, 1, 0, 0)))).toEqual(['error no-signal']);
  });

  it('points to a function that gives everything the same score, unless its weight is 0', () => {
    const rows = [0, 1].map((score) => ({ outcomes: [score, 0.5] }));
    const [finding] = stepFindings(reportOf(rows, { names: ['right', 'format'] }), context());
    expect(finding).toMatchObject({ kind: 'constant-function', place: { path: ['rewards', 0] } });
    expect(kinds(reportOf(rows, { names: ['right', 'format'], weights: [1, 0] }))).toEqual([]);
  });

  it('warns where few groups have a signal', () => {
    const groups = [...Array<number[]>(7).fill([0, 0]), [0, 1]].flat();
    const [finding] = stepFindings(reportOf(scores(...groups)), context());
    expect(finding).toMatchObject({
      kind: 'weak-signal',
      evidence:
        'Only 1 of 8 groups has a learning signal: 7 too hard (all got the worst reward); `grpo check --difficulty` finds prompts that are solved sometimes.',
    });
  });

  it('finds completions that are all the same, and a temperature that explains it', () => {
    const rows = scores(0, 0).map((row) => ({ ...row, text: 'same' }));
    const config = { ...context().config, temperature: 0.01 };
    expect(stepFindings(reportOf(rows), context({ config }))[0]).toMatchObject({
      kind: 'identical-completions',
      remedy: { action: 'set', path: ['temperature'], value: 1 },
    });
  });

  it('finds a model that says nothing', () => {
    const rows = scores(0, 0).map((row) => ({ ...row, text: '', tokens: 1 }));
    expect(kinds(reportOf(rows))).toEqual(['error empty-completions']);
  });
});
