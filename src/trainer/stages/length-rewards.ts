import * as z from 'zod';
import { adaptedWeight, lengthPenalty } from '../../grpo/length-penalty.ts';
import { mean } from '../../grpo/statistics.ts';
import { trainedLength } from '../../grpo/trajectory.ts';
import type { LengthReward } from '../../protocol/length-config.ts';
import type { RewardColumn, RewardOutcome, ScoreTable } from '../../protocol/rewards.ts';
import type { RunConfig } from '../../protocol/run-config.ts';
import { softOverlong } from '../../rewards/library/length.ts';
import type { Rollout } from '../rollout.ts';
import { readMemory, writeMemory } from './stage-memory.ts';

const MEMORY_FILE = 'length_penalty.json';
const lengthMemory = z.object({ version: z.literal(1), weight: z.number().min(0) });

type LengthConfig = Pick<RunConfig, 'overlongPenalty' | 'lengthPenalty' | 'maxCompletionLength'>;

/** The rewards on length that a run config turns on, beside the user's functions. */
export class LengthRewards {
  readonly #config: LengthConfig;
  /** Of the adaptive penalty, in the next step. */
  #weight = 0;

  constructor(config: LengthConfig) {
    this.#config = config;
  }

  /** The table with a column for each of them. A completion that no function scored stays without a reward. */
  addedTo(table: ScoreTable, rollout: Rollout): ScoreTable {
    const scores = this.#scores(rollout);
    const own = Object.entries(scores);
    if (own.length === 0) return table;
    // A recording of such a run has them, too.
    const others = table.columns.filter(({ name }) => !(name in scores));
    const isScored = rollout.map((_, row) => others.some(({ outcomes }) => outcomes[row]!.kind === 'score'));
    const columns = own.map(([name, scores]): RewardColumn => {
      const outcomes = scores.map(
        (score, row): RewardOutcome => (isScored[row] ? { kind: 'score', score } : { kind: 'abstain' }),
      );
      return { name, weight: 1, seconds: 0, outcomes };
    });
    return { ...table, columns: [...others, ...columns] };
  }

  /** What the step's metrics have of it. */
  get metrics(): Record<string, number> {
    return this.#config.lengthPenalty ? { 'length_penalty/weight': this.#weight } : {};
  }

  /** Takes how long a step's completions were. */
  adapt(rollout: Rollout): void {
    const { lengthPenalty: target } = this.#config;
    if (target) this.#weight = adaptedWeight(this.#weight, mean(lengthsOf(rollout))!, target);
  }

  save(folder: string): void {
    if (this.#config.lengthPenalty) writeMemory(folder, MEMORY_FILE, { version: 1, weight: this.#weight });
  }

  /** Throws BadInput for a file that is not what `save` wrote. */
  restore(folder: string): void {
    this.#weight = readMemory(folder, MEMORY_FILE, lengthMemory)?.weight ?? 0;
  }

  #scores(rollout: Rollout): Partial<Record<LengthReward, number[]>> {
    const { overlongPenalty: overlong, lengthPenalty: target, maxCompletionLength } = this.#config;
    const lengths = lengthsOf(rollout);
    return {
      ...(overlong && {
        overlong_penalty: lengths.map(
          (length) => overlong.factor * softOverlong(length, maxCompletionLength, overlong.cache),
        ),
      }),
      ...(target && {
        length_penalty: lengths.map((length) => lengthPenalty(length, this.#weight, target, maxCompletionLength)),
      }),
    };
  }
}

const lengthsOf = (rollout: Rollout): number[] => rollout.map(({ trajectory }) => trainedLength(trajectory));
