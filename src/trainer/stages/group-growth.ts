import type { EncodedPrompt } from '../../data/prompts.ts';
import type { Metrics } from '../../grpo/metrics.ts';
import { groupsOf, joined, type ScoredRollout } from '../scored-groups.ts';
import { joinTables } from '../table-rows.ts';

export interface GrowingGroups {
  /** How many completions a group has at most. */
  max: number;
  /** Whether each group has a learning signal. */
  haveSignal(scored: ScoredRollout): boolean[];
  /** As many further completions of each of these prompts as it had at first; undefined: the run was stopped in the meantime. */
  sample(prompts: EncodedPrompt[]): Promise<ScoredRollout | undefined>;
}

/**
 * What `generations` does in a step: groups without a learning signal get as many completions again, until they have one or `max`
 * completions. Where a prompt is solved with probability p, n completions differ with probability 1 − pⁿ − (1 − p)ⁿ: hard and easy prompts
 * get the large groups that they need, and the others cost no more than small ones.
 */
export class GroupGrowth {
  readonly #growing: GrowingGroups;
  #sampled = 0;
  #extra = 0;
  #groups = 0;
  #without = 0;

  constructor(growing: GrowingGroups) {
    this.#growing = growing;
  }

  /** The same groups, in the same order; completions that were added follow those that a group had. Undefined: the run was stopped. */
  async grow(first: ScoredRollout): Promise<ScoredRollout | undefined> {
    const { max, haveSignal, sample } = this.#growing;
    let scored = first;
    let signals = haveSignal(scored);
    while (true) {
      const groups = groupsOf(scored);
      const growing = [...groups.keys()].filter((index) => !signals[index] && groups[index]!.rollout.length < max);
      if (growing.length === 0) break;
      const more = await sample(growing.map((index) => groups[index]!.rollout[0]!.prompt));
      if (!more) return undefined;
      for (const [place, added] of groupsOf(more).entries()) {
        const index = growing[place]!;
        groups[index] = together(groups[index]!, added);
      }
      scored = joined(groups, 0);
      signals = haveSignal(scored);
    }
    this.#sampled += scored.rollout.length;
    this.#extra += scored.rollout.length - first.rollout.length;
    this.#groups += signals.length;
    this.#without += signals.filter((signal) => !signal).length;
    return scored;
  }

  /** Of all groups that were sampled in the step, replaced ones included. */
  get metrics(): Metrics {
    return {
      'generations/sampled': this.#sampled,
      'generations/extra': this.#extra,
      'generations/no_signal_ratio': this.#without / Math.max(1, this.#groups),
    };
  }
}

/** Two parts of one group. */
const together = (...parts: ScoredRollout[]): ScoredRollout => ({
  rollout: parts.flatMap(({ rollout }) => rollout),
  table: joinTables(parts.map(({ table }) => table)),
});
