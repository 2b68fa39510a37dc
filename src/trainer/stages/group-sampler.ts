import type { EncodedPrompt } from '../../data/prompts.ts';
import type { StreamKey } from '../../data/random.ts';
import { NotFiniteModel } from '../../model/not-finite.ts';
import type { ScoreTable } from '../../protocol/rewards.ts';
import { lostPolicy } from '../policy/diverged.ts';
import type { Learner, PolicySampler } from '../policy/learner.ts';
import type { PreparedRun } from '../prepare.ts';
import type { PromptDraw } from '../prompt-draw.ts';
import { type Rollout, sampleRollout } from '../rollout.ts';
import type { ScoredRollout } from '../scored-groups.ts';
import type { CompletionsAhead, StepScoring } from '../scoring.ts';
import type { TrainingLoop } from '../stage.ts';
import type { Stopwatch } from '../stopwatch.ts';
import { type Collected, replaceWithoutSignal } from './dynamic-sampling.ts';
import { GroupGrowth } from './group-growth.ts';

/** The step that something is sampled and scored for. */
export interface During {
  step: number;
  loop: TrainingLoop;
  watch: Stopwatch;
}

export interface Scoring extends Pick<StepScoring, 'ahead'> {
  /** The scores of further completions, which may all fail; undefined: the run was stopped in the meantime. */
  scores(
    rollout: Rollout,
    step: number,
    loop: TrainingLoop,
    ahead: CompletionsAhead | undefined,
  ): Promise<ScoreTable | undefined>;
  /** Whether each group has a learning signal. */
  haveSignal(step: number, scored: ScoredRollout): boolean[];
}

/** Samples the completions of steps: at first a group for each prompt, then what the config asks for where these teach nothing. */
export class GroupSampler {
  readonly #run: Pick<PreparedRun, 'config' | 'prompts' | 'tokenizer' | 'recorded'>;
  readonly #learner: Learner;
  readonly #sampler: PolicySampler;
  readonly #scoring: Scoring;

  constructor(
    run: Pick<PreparedRun, 'config' | 'prompts' | 'tokenizer' | 'recorded'>,
    learner: Learner,
    scoring: Scoring,
  ) {
    this.#run = run;
    this.#learner = learner;
    this.#sampler = learner.sampler(run.config.numGenerations);
    this.#scoring = scoring;
  }

  /** A group of completions for each of these rows of the dataset, sampled or as recorded. */
  async sample(step: number, rows: readonly number[], ahead?: CompletionsAhead): Promise<Rollout> {
    const { recorded } = this.#run;
    return recorded ? recorded[step - 1]!.rollout : this.#completions(step, this.#promptsAt(rows), [], ahead);
  }

  /** What adds completions to groups in a step; undefined where all groups have the same number. */
  growth(during: During): GroupGrowth | undefined {
    const { generations } = this.#run.config;
    if (!generations) return undefined;
    let more = 0;
    return new GroupGrowth({
      max: generations.max,
      haveSignal: (scored) => this.#scoring.haveSignal(during.step, scored),
      sample: (prompts) => this.#more(prompts, ['more', ++more], during),
    });
  }

  /** Groups of other prompts in place of those without a signal: dynamic sampling. Undefined: the run was stopped. */
  replaced(
    first: ScoredRollout,
    draw: PromptDraw,
    growth: GroupGrowth | undefined,
    during: During,
  ): Promise<Collected | undefined> {
    const { config } = this.#run;
    return replaceWithoutSignal(first, {
      ...{ maxRounds: config.dynamicSampling!.maxRounds, groups: config.promptsPerStep },
      haveSignal: (scored) => this.#scoring.haveSignal(during.step, scored),
      draw: (count) => draw.take(count),
      sample: async (rows, round) => {
        const sampled = await this.#more(this.#promptsAt(rows), ['round', round], during);
        return growth && sampled ? growth.grow(sampled) : sampled;
      },
    });
  }

  /** Further completions of a step, scored. Undefined: the run was stopped. */
  async #more(prompts: EncodedPrompt[], key: StreamKey, during: During): Promise<ScoredRollout | undefined> {
    const { step, loop, watch } = during;
    watch.lap('score');
    if (loop.stopping) return undefined;
    loop.emit({ type: 'phase', step, phase: 'rollout' });
    const ahead = this.#scoring.ahead?.(step);
    const rollout = await this.#completions(step, prompts, key, ahead);
    watch.lap('rollout');
    const table = await this.#scoring.scores(rollout, step, loop, ahead);
    return table && { rollout, table };
  }

  #promptsAt(rows: readonly number[]): EncodedPrompt[] {
    return rows.map((row) => this.#run.prompts.at(row));
  }

  /** `more` tells the draws of a step apart. */
  async #completions(
    step: number,
    prompts: EncodedPrompt[],
    more: StreamKey,
    ahead: CompletionsAhead | undefined,
  ): Promise<Rollout> {
    const { config, tokenizer } = this.#run;
    const key = ['rollout', step, ...more];
    try {
      return await sampleRollout(this.#sampler, tokenizer, prompts, config.maxCompletionLength, key, ahead?.add);
    } catch (error) {
      throw error instanceof NotFiniteModel ? lostPolicy(this.#learner.updates, config) : error;
    }
  }
}
