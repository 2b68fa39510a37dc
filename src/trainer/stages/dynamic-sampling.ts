import type { Metrics } from '../../grpo/metrics.ts';
import { groupsOf, joined, type ScoredRollout } from '../scored-groups.ts';

/** What a step learns from; and what was sampled for it, had no learning signal and was replaced. */
export interface Collected extends ScoredRollout {
  discarded?: ScoredRollout;
  metrics: Metrics;
}

export interface DynamicSampling {
  maxRounds: number;
  /** How many groups a step should have. */
  groups: number;
  /** Whether each group has a learning signal. */
  haveSignal(scored: ScoredRollout): boolean[];
  /** So many further prompts, as rows of the dataset, or as many as there are. */
  draw(prompts: number): number[];
  /** Their groups; undefined: the run was stopped in the meantime. */
  sample(rows: number[], round: number): Promise<ScoredRollout | undefined>;
}

/**
 * Replaces groups without a learning signal by groups of other prompts, until the step is full or there have been `maxRounds` rounds (dynamic
 * sampling, DAPO, arXiv:2503.14476, section 3.2). The step is what was found; where that is nothing, it is the first round. Undefined: the
 * run was stopped.
 */
export async function replaceWithoutSignal(
  first: ScoredRollout,
  { maxRounds, groups, haveSignal, draw, sample }: DynamicSampling,
): Promise<Collected | undefined> {
  const found: ScoredRollout[] = [];
  const others: ScoredRollout[] = [];
  const sort = (scored: ScoredRollout) => {
    const signals = haveSignal(scored);
    for (const [index, group] of groupsOf(scored).entries()) (signals[index] ? found : others).push(group);
  };
  sort(first);
  let rounds = 1;
  while (rounds < maxRounds && found.length < groups) {
    const rows = draw(groups - found.length);
    if (rows.length === 0) break;
    rounds++;
    const more = await sample(rows, rounds);
    if (!more) return undefined;
    sort(more);
  }
  const wasted = others.length / (found.length + others.length);
  // A step of nothing has no reward and no lengths to show.
  const used = found.length > 0 ? found : others.splice(0, groups);
  return {
    ...joined(used, 0),
    ...(others.length > 0 && { discarded: joined(others, used.length) }),
    metrics: { 'dynamic_sampling/rounds': rounds, 'dynamic_sampling/wasted_ratio': wasted },
  };
}
