import type { StepSeconds } from '../protocol/check-report.ts';
import { creditOf } from '../trainer/credit.ts';
import { type Measurement, measureStep, medians } from '../trainer/measure.ts';
import { LocalLearner } from '../trainer/policy/local-learner.ts';
import type { PreparedRun } from '../trainer/prepare.ts';
import type { ScoredStep } from '../trainer/records.ts';
import { PlainScoring } from '../trainer/scoring.ts';
import { GrpoStage } from '../trainer/stages/grpo.ts';
import { LengthRewards } from '../trainer/stages/length-rewards.ts';
import { atSize } from './scale.ts';

/** Seconds: a step of a check should take no longer. */
const LONGEST_STEP = 60;
/** Where a whole step would take longer, at most this many of its prompts are sampled. */
const FEWER_PROMPTS = 4;
/** Quick steps are repeated, up to this many seconds and steps, for steadier figures. */
const STEADY = { seconds: 6, steps: 8 };

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
  /** The most physical memory that the process has had. */
  peakBytes: number;
}

/**
 * Takes steps of a run as it would take them, except that nothing is learned: all of them sample from the start model. Whole ones where
 * they take less than a minute, otherwise steps of fewer prompts, from which whole ones are extrapolated.
 */
export async function measureRun(
  run: PreparedRun,
  onStep: (message: string) => void,
  longestStep = LONGEST_STEP,
): Promise<MeasuredRun> {
  const { promptsPerStep } = run.config;
  const least = fewestPrompts(run.config);
  const take = stepTaker({ ...run, config: { ...run.config, learningRate: 0, weightDecay: 0 } }, onStep);
  const sizes = [await atPrompts(take, least, least === promptsPerStep ? STEADY.steps : 1)];
  const whole = (figure: (step: Measurement) => number) =>
    atSize(
      promptsPerStep,
      sizes.map(({ prompts, usual }) => ({ size: prompts, value: figure(usual) })),
    );
  const stepSeconds = ({ step }: Measurement) => step.seconds;

  const smallest = stepSeconds(sizes[0]!.usual);
  const affordable = Math.min(Math.floor(longestStep / smallest), Math.floor(FEWER_PROMPTS / least));
  const fewer = Math.min(promptsPerStep, least * Math.max(2, affordable));
  if (fewer > least && smallest <= longestStep)
    sizes.push(await atPrompts(take, fewer, fewer === promptsPerStep ? STEADY.steps : 1));
  if (fewer < promptsPerStep && whole(stepSeconds) <= longestStep)
    sizes.push(await atPrompts(take, promptsPerStep, STEADY.steps));

  const { prompts, taken, usual } = sizes.at(-1)!;
  const seconds = {
    rollout: whole(({ rollout }) => rollout.seconds),
    score: whole(({ score }) => score.seconds),
    reference: whole(({ logprobs }) => logprobs.seconds),
    update: whole(({ update }) => update.seconds),
  };
  return {
    scored: together(taken.map(({ scored }) => scored)),
    ...{ steps: taken.length, prompts },
    seconds: { ...seconds, total: Object.values(seconds).reduce((sum, phase) => sum + phase, 0) },
    compileSeconds: sizes.reduce((sum, { compileSeconds }) => sum + compileSeconds, 0),
    peakBytes: usual.peak_rss_bytes,
  };
}

/** The fewest prompts whose completions can be split into the config's micro-batches. */
function fewestPrompts({ numGenerations, gradientAccumulationSteps }: PreparedRun['config']): number {
  let prompts = 1;
  while ((prompts * numGenerations) % gradientAccumulationSteps !== 0) prompts++;
  return prompts;
}

/** Steps of one size: the first, which may compile graphs, and those after it. */
interface Sized {
  prompts: number;
  taken: Taken[];
  /** Medians of those after the first. */
  usual: Measurement;
  /** What the first took longer. */
  compileSeconds: number;
}

/** Takes a step of this many prompts, and repeats it up to `most` times while that takes only a few seconds. */
async function atPrompts(take: StepTaker, prompts: number, most: number): Promise<Sized> {
  const first = await take(prompts);
  const warm: Taken[] = [];
  const started = performance.now();
  do warm.push(await take(prompts));
  while (warm.length < most && performance.now() - started < STEADY.seconds * 1000);
  const usual = medians(warm.map(({ measured }) => measured));
  const compileSeconds = Math.max(0, first.measured.step.seconds - usual.step.seconds);
  return { prompts, taken: [first, ...warm], usual, compileSeconds };
}

interface Taken {
  measured: Measurement;
  scored: Omit<ScoredStep, 'step'>;
}

type StepTaker = (prompts: number) => Promise<Taken>;

/** Takes the next step of this many prompts. Steps of one size proceed through the dataset as the run does. */
function stepTaker(run: PreparedRun, onStep: (message: string) => void): StepTaker {
  // The start model may get no signal: later steps take longer than one that has nothing to learn from.
  const learner = new LocalLearner(run, { all: true });
  // As in the first step: an adaptive penalty has no weight yet.
  const lengthRewards = new LengthRewards(run.config);
  const scoring = new PlainScoring(run);
  let latest: Omit<ScoredStep, 'step' | 'credit'> | undefined;
  const stageOf = (promptsPerStep: number) =>
    new GrpoStage(
      { ...run, config: { ...run.config, promptsPerStep, dynamicSampling: null, generations: null, replay: null } },
      learner,
      {
        ahead: (step) => scoring.ahead(step),
        score: async (rollout, step, loop, options) => {
          const table = await scoring.score(rollout, step, loop, options);
          latest = { rollout, table: lengthRewards.addedTo(table, rollout) };
          return table;
        },
      },
    );
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
      outcomes: steps.flatMap(({ credit }) => credit.outcomes),
      byPosition: first.credit.byPosition && steps.flatMap(({ credit }) => credit.byPosition ?? []),
    },
  };
}
