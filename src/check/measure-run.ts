import type { StepSeconds } from '../protocol/check-report.ts';
import { creditOf } from '../trainer/credit.ts';
import { type Measurement, measureStep, medians } from '../trainer/measure.ts';
import { LocalLearner } from '../trainer/policy/local-learner.ts';
import type { PreparedRun } from '../trainer/prepare.ts';
import type { ScoredStep } from '../trainer/records.ts';
import { scoreRollout } from '../trainer/scoring.ts';
import { GrpoStage } from '../trainer/stages/grpo.ts';
import { type AtSize, atSize } from './scale.ts';

/** A step of a check should take no longer. */
const LONGEST_STEP = 60;
/** Where a whole step would, so many of its prompts. */
const FEWER_PROMPTS = 4;
/** Quick steps are repeated up to so many seconds, for steadier figures. */
const STEADY = { seconds: 3, steps: 8 };

/** What sampling, scoring and updating gave, without changing the model. */
export interface MeasuredRun {
  /** Of the largest steps that were taken. */
  scored: Omit<ScoredStep, 'step'>;
  /** How many those are, and how many prompts each has. */
  steps: number;
  prompts: number;
  /** A step of the run: of all its prompts. */
  seconds: StepSeconds;
  /** What the first steps took longer. */
  compileSeconds: number;
  /** The most physical memory that the process has had, and what it would with all the prompts of a step. */
  peakBytes: number;
}

/**
 * Takes steps of a run as it would take them, except that nothing is learned: all of them sample from the start model. Whole ones where
 * they take less than a minute, else such of fewer prompts, from which whole ones are extrapolated.
 */
export async function measureRun(run: PreparedRun, onStep: (message: string) => void): Promise<MeasuredRun> {
  const { promptsPerStep } = run.config;
  const take = stepTaker({ ...run, config: { ...run.config, learningRate: 0, weightDecay: 0 } }, onStep);
  const first = await take(1);
  const one = await take(1);
  const affordable = Math.floor(LONGEST_STEP / one.measured.step.seconds);
  const prompts =
    promptsPerStep <= affordable ? promptsPerStep : Math.max(1, Math.min(affordable, FEWER_PROMPTS, promptsPerStep));

  const taken = prompts === 1 ? [one] : [await take(prompts)];
  const started = performance.now();
  const mayRepeat = () =>
    taken.length === 1 || (taken.length < STEADY.steps && performance.now() - started < STEADY.seconds * 1000);
  while (prompts > 1 && mayRepeat()) taken.push(await take(prompts));
  // The first of its size may have compiled graphs.
  const warm = taken.length > 1 ? taken.slice(1) : taken;
  const usual = medians(warm.map(({ measured }) => measured));
  const sizes = (figure: (step: Measurement) => number): AtSize[] => {
    const small = { size: 1, value: figure(one.measured) };
    return prompts === 1 ? [small] : [small, { size: prompts, value: figure(usual) }];
  };
  const whole = (figure: (step: Measurement) => number) => atSize(promptsPerStep, sizes(figure));
  const seconds = {
    rollout: whole(({ rollout }) => rollout.seconds),
    score: whole(({ score }) => score.seconds),
    reference: whole(({ logprobs }) => logprobs.seconds),
    update: whole(({ update }) => update.seconds),
  };
  const excess = (step: Taken, warm: Measurement) => Math.max(0, step.measured.step.seconds - warm.step.seconds);
  return {
    scored: together(taken.map(({ scored }) => scored)),
    ...{ steps: taken.length, prompts },
    seconds: { ...seconds, total: Object.values(seconds).reduce((sum, phase) => sum + phase, 0) },
    compileSeconds: excess(first, one.measured) + (prompts === 1 ? 0 : excess(taken[0]!, usual)),
    peakBytes: whole(({ peak_rss_bytes }) => peak_rss_bytes),
  };
}

interface Taken {
  measured: Measurement;
  scored: Omit<ScoredStep, 'step'>;
}

/** Takes the next step of so many prompts. Steps of one size go on through the dataset as the run does. */
function stepTaker(run: PreparedRun, onStep: (message: string) => void): (prompts: number) => Promise<Taken> {
  const learner = new LocalLearner(run);
  let latest: Omit<ScoredStep, 'step' | 'credit'> | undefined;
  const stageOf = (promptsPerStep: number) =>
    new GrpoStage({ ...run, config: { ...run.config, promptsPerStep } }, learner, async (rollout, step) => {
      const table = await scoreRollout(run, rollout, step);
      latest = { rollout, table };
      return table;
    });
  const stages = new Map<number, GrpoStage>();
  return async (prompts) => {
    const completions = prompts * run.config.numGenerations;
    onStep(`sampling, scoring and learning from ${completions} completions`);
    const stage = stages.get(prompts) ?? stageOf(prompts);
    stages.set(prompts, stage);
    const { measured } = await measureStep(stage);
    const { rollout, table } = latest!;
    const credit = creditOf(rollout, table, run.config.numGenerations, run.config, run.tokenizer);
    return { measured, scored: { rollout, table, credit } };
  };
}

/** Steps of one size as if they were one. */
function together(steps: Taken['scored'][]): Taken['scored'] {
  const first = steps[0]!;
  return {
    rollout: steps.flatMap(({ rollout }) => rollout),
    table: {
      ...first.table,
      columns: first.table.columns.map((column, k) => ({
        ...column,
        outcomes: steps.flatMap(({ table }) => table.columns[k]!.outcomes),
      })),
    },
    credit: {
      rewards: steps.flatMap(({ credit }) => credit.rewards),
      advantages: steps.flatMap(({ credit }) => credit.advantages),
      groups: steps.flatMap(({ credit }) => credit.groups),
      scores: steps.flatMap(({ credit }) => credit.scores),
      byPosition: first.credit.byPosition && steps.flatMap(({ credit }) => credit.byPosition ?? []),
    },
  };
}
