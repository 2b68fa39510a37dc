import { curriculumOrder } from '../data/curriculum.ts';
import type { Metrics } from '../grpo/metrics.ts';
import { mean } from '../grpo/statistics.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import { PromptDraw } from './prompt-draw.ts';
import type { PromptList } from './prompt-list.ts';

/** What `curriculum` makes of a run's prompts, which all have a solve rate. */
export class PromptCurriculum {
  readonly #solveRates: number[];
  readonly #orderOf: (step: number) => number[];

  constructor(
    {
      curriculum,
      seed,
      maxSteps,
    }: Pick<RunConfig, 'seed' | 'maxSteps'> & {
      curriculum: NonNullable<RunConfig['curriculum']>;
    },
    prompts: Pick<PromptList, 'length' | 'row'>,
  ) {
    this.#solveRates = Array.from({ length: prompts.length }, (_, index) => prompts.row(index).solveRate!);
    this.#orderOf = curriculumOrder(curriculum, { seed, steps: maxSteps, solveRates: this.#solveRates });
  }

  /** Steps count from 1, in their stage. */
  draw(step: number): PromptDraw {
    const order = this.#orderOf(step);
    return new PromptDraw((position) => order[position]!, { rows: order.length, position: 0 });
  }

  /** Of all prompts that a step drew, replaced ones included. */
  metrics({ drawn }: PromptDraw): Metrics {
    return { 'curriculum/solve_rate': mean([...drawn].map((row) => this.#solveRates[row]!)) };
  }
}
