import type { Demonstration } from '../../data/demonstrations.ts';
import { type PromptOrder, trainingOrder } from '../../data/prompt-order.ts';
import { inGroups } from '../../grpo/advantages.ts';
import { keptOf, type Selection } from '../../grpo/rejection.ts';
import { RunFailure } from '../../protocol/errors.ts';
import type { RolloutRow } from '../../protocol/run-folder.ts';
import { creditOf } from '../credit.ts';
import type { Learner, PolicySampler, Progress, UpdateResult } from '../policy/learner.ts';
import type { PreparedRun } from '../prepare.ts';
import { metricsOf, rolloutRows, tokensOf } from '../records.ts';
import { sampleRollout } from '../rollout.ts';
import type { StepScoring } from '../scoring.ts';
import type { Stage, StepRecord, TrainingLoop } from '../stage.ts';
import { Stopwatch } from '../stopwatch.ts';

type SampledRun = Pick<PreparedRun, 'config' | 'prompts' | 'tokenizer'>;

const NO_UPDATE: UpdateResult = { metrics: {}, seconds: { reference: 0, update: 0 } };

/** A line of what the stage writes: a dataset of prompts and completions. */
export type KeptRow = Pick<RolloutRow, 'prompt' | 'completion'> & Partial<Pick<RolloutRow, 'reward' | 'step'>>;

/** Where the stage reads what it has sampled, and writes what it keeps. */
export interface RejectionFiles {
  rollouts(step: number): readonly RolloutRow[];
  /** Gives the path. */
  write(rows: readonly KeptRow[]): string;
}

export interface RejectionOptions {
  /** The stage's first step and its last. */
  first: number;
  last: number;
  selection: Selection;
  /** Prompts and completions that are added to those that are kept. */
  mix: readonly Demonstration[];
  files: RejectionFiles;
}

/**
 * Rejection sampling: each step samples a group of completions for some prompts and scores them; the last one writes the best of all as a
 * dataset that a later stage learns from. The policy stays as it is.
 */
export class RejectionStage implements Stage {
  progress: Progress = { step: 0, numTokens: 0 };
  readonly #run: SampledRun;
  readonly #learner: Learner;
  readonly #sampler: PolicySampler;
  readonly #promptsOf: PromptOrder;
  readonly #scoring: StepScoring;
  readonly #options: RejectionOptions;

  constructor(run: SampledRun, learner: Learner, scoring: StepScoring, options: RejectionOptions) {
    this.#run = run;
    this.#learner = learner;
    this.#sampler = learner.sampler(run.config.numGenerations);
    this.#promptsOf = trainingOrder(run.config, run.prompts.length);
    this.#scoring = scoring;
    this.#options = options;
  }

  async step(loop: TrainingLoop): Promise<StepRecord | undefined> {
    const { config, prompts, tokenizer } = this.#run;
    const { first, last } = this.#options;
    const step = this.progress.step + 1;
    const watch = new Stopwatch();

    loop.emit({ type: 'phase', step, phase: 'rollout' });
    const chosen = this.#promptsOf(step - first + 1).map((row) => prompts.at(row));
    const length = config.maxCompletionLength;
    const ahead = this.#scoring.ahead?.(step);
    const rollout = await sampleRollout(this.#sampler, tokenizer, chosen, length, ['rollout', step], ahead?.add);
    watch.lap('rollout');

    const table = await this.#scoring.score(rollout, step, loop, { ahead });
    if (!table) return undefined;
    const credit = creditOf(rollout, table, config.numGenerations, config, tokenizer);
    watch.lap('score');

    const scored = { step, rollout, table, credit };
    const rows = rolloutRows(scored, tokenizer);
    // Nothing is learned from it: whether it has a signal does not matter.
    if (!(await loop.scored({ step, rows, findings: () => [] }))) return undefined;
    if (step === last) this.#write(loop);

    this.progress = { ...this.progress, step, numTokens: this.progress.numTokens + tokensOf(rollout) };
    const row = metricsOf(scored, NO_UPDATE, watch, this.progress.numTokens);
    return { metrics: { ...row, 'completions/kept_ratio': this.#kept(rows).length / rows.length } };
  }

  save(folder: string): Promise<void> {
    return this.#learner.save(folder, this.progress);
  }

  async restore(folder: string): Promise<void> {
    this.progress = await this.#learner.restore(folder);
  }

  #kept(rows: readonly RolloutRow[]): RolloutRow[] {
    const { selection } = this.#options;
    const { numGenerations } = this.#run.config;
    return inGroups(rows, numGenerations).flatMap((group) => {
      const candidates = group.map(({ completion: text, reward, length, truncated }) => ({
        ...{ text, reward, length, truncated },
      }));
      return keptOf(candidates, selection).map((row) => group[row]!);
    });
  }

  /** From what is recorded: a run that was resumed in between keeps the same. */
  #write(loop: TrainingLoop): void {
    const { first, last, mix, files } = this.#options;
    const seen = new Set<string>();
    let [sampled, cut] = [0, 0];
    const rows: KeptRow[] = [];
    for (let step = first; step <= last; step++) {
      const recorded = files.rollouts(step);
      sampled += recorded.length;
      cut += recorded.filter(({ truncated }) => truncated).length;
      for (const { prompt, completion, reward } of this.#kept(recorded)) {
        // A prompt that came up in several steps.
        const key = JSON.stringify([prompt, completion]);
        if (!seen.has(key)) rows.push({ prompt, completion, reward, step });
        seen.add(key);
      }
    }
    if (rows.length === 0) throw new RunFailure(whyNone({ sampled, cut, ...this.#options.selection }));
    const file = files.write([...rows, ...mix.map(({ prompt, completion }) => ({ prompt, completion }) as KeptRow)]);
    const added = mix.length === 0 ? '' : `, and added ${mix.length} others`;
    const message = `Kept ${rows.length} of ${sampled} completions${added}: ${file}`;
    loop.emit({ type: 'log', level: 'info', message });
  }
}

/** Why a stage keeps nothing, and what to change. */
function whyNone({ sampled, cut, threshold }: { sampled: number; cut: number } & Selection): string {
  if (cut === sampled)
    return `All ${sampled} completions were cut off, and none of these is kept; raise "maxCompletionLength".`;
  const others = cut === 0 ? '' : ` (${cut} were cut off at "maxCompletionLength")`;
  return threshold === null
    ? `None of ${sampled} completions was better than the worst of its group${others}, as "best" alone asks for; give the stage a "threshold", or train longer before it.`
    : `None of ${sampled} completions was good enough to be kept${others}; lower the "threshold" of the stage, or train longer before it.`;
}
