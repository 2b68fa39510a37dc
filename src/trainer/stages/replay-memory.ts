import * as z from 'zod';
import { permutation } from '../../data/random.ts';
import { inGroups } from '../../grpo/advantages.ts';
import { type Experience, sampledLogProbs } from '../../grpo/trajectory.ts';
import type { RunConfig } from '../../protocol/run-config.ts';
import type { RolloutRow } from '../../protocol/run-folder.ts';
import { parseExact, stringifyExact } from '../../text/exact-json.ts';
import { hasGradient } from '../policy/micro-batches.ts';
import { groupSizes, type Rollout } from '../rollout.ts';
import { readMemory, writeMemory } from './stage-memory.ts';

const MEMORY_FILE = 'replay.json';

/** What it takes to learn from a completion again, beside its row. */
const remembered = z.object({
  /** The row as it was recorded, as JSON: what JavaScript would round stays as it is. */
  row: z.string(),
  mask: z.array(z.number()),
  advantage: z.union([z.number(), z.array(z.number())]),
  /** When it was sampled, with all digits; 0 on what the policy did not write. */
  logProbs: z.array(z.number()),
});
type Remembered = z.infer<typeof remembered>;

const replayMemory = z.object({
  version: z.literal(1),
  /** The oldest first. */
  groups: z.array(z.object({ step: z.int(), completions: z.array(remembered) })),
});
type RememberedGroup = z.infer<typeof replayMemory>['groups'][number];

/** Completions of earlier steps that a step learns from again, group after group. */
export interface Replayed {
  rows: RolloutRow[];
  experiences: Experience[];
}

type ReplayConfig = Pick<RunConfig, 'replay' | 'seed' | 'promptsPerStep' | 'numGenerations'>;

/** Groups with a learning signal of earlier steps, for `replay`: some come back in each step, and the oldest make place for new ones. */
export class ReplayMemory {
  readonly #config: ReplayConfig;
  readonly #options: NonNullable<RunConfig['replay']>;
  #groups: RememberedGroup[] = [];

  constructor(config: ReplayConfig, options: NonNullable<RunConfig['replay']>) {
    this.#config = config;
    this.#options = options;
  }

  /** The groups that a step replays, drawn at random; they are counted from `firstGroup` in its rows. */
  draw(step: number, firstGroup: number): Replayed {
    const { seed, promptsPerStep, numGenerations } = this.#config;
    // The run may have been resumed with another size of groups.
    const fitting = this.#groups.filter(({ completions }) => completions.length % numGenerations === 0);
    const chosen = permutation(seed, ['replay', step], fitting.length).slice(
      0,
      Math.floor(this.#options.share * promptsPerStep),
    );
    const groups = chosen.toSorted((a, b) => a - b).map((index) => fitting[index]!);
    const rows = groups.map(({ completions }) => completions.map(({ row }) => parseExact(row) as RolloutRow));
    return {
      rows: groups.flatMap(({ step: sampledIn }, index) =>
        rows[index]!.map((row) => ({ ...row, step, group: firstGroup + index, replayed_from: sampledIn })),
      ),
      experiences: groups.flatMap(({ completions }, index) =>
        completions.map((completion, place) => experienceOf(completion, rows[index]![place]!)),
      ),
    };
  }

  /** Takes the groups of a step that its policy learned from; those whose log-probabilities are not known it does not. */
  remember(step: number, rollout: Rollout, rows: readonly RolloutRow[], experiences: readonly Experience[]): void {
    for (const group of inGroups([...rollout.keys()], groupSizes(rollout))) {
      const known = group.map((row) => sampledLogProbs(rollout[row]!.trajectory));
      if (!group.some((row) => hasGradient(experiences[row]!)) || known.includes(undefined)) continue;
      const completions = group.map((row, place): Remembered => {
        const { mask, advantage } = experiences[row]!;
        return {
          row: stringifyExact(rows[row]),
          mask: Array.from(mask),
          advantage: typeof advantage === 'number' ? advantage : Array.from(advantage),
          logProbs: known[place]!.map((logProb) => logProb ?? 0),
        };
      });
      this.#groups.push({ step, completions });
    }
    this.#groups = this.#groups.slice(-this.#options.capacity);
  }

  save(folder: string): void {
    writeMemory(folder, MEMORY_FILE, { version: 1, groups: this.#groups });
  }

  /** Throws BadInput for a file that is not what `save` wrote. */
  restore(folder: string): void {
    this.#groups = readMemory(folder, MEMORY_FILE, replayMemory)?.groups ?? [];
  }
}

const experienceOf = ({ mask, advantage, logProbs }: Remembered, row: RolloutRow): Experience => ({
  promptIds: row.prompt_ids,
  completionIds: row.completion_ids,
  ...{ mask, advantage },
  replayed: { logProbs },
});

/** What a step learns from: its own completions, and after them what it replays. */
export function withReplayed(own: readonly Experience[], { experiences }: Replayed): Experience[] {
  // The loss takes a number for each completion, or a list for each.
  const all = [...own, ...experiences];
  const byToken = all.some(({ advantage }) => typeof advantage !== 'number');
  const hasSampled = own.some(({ sampledLogProbs }) => sampledLogProbs);
  return all.map((each) => ({
    ...each,
    advantage:
      byToken && typeof each.advantage === 'number'
        ? new Float32Array(each.completionIds.length).fill(each.advantage)
        : each.advantage,
    ...(each.replayed && hasSampled && { sampledLogProbs: each.replayed.logProbs }),
  }));
}
