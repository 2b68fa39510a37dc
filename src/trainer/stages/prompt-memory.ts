import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { EncodedPrompt } from '../../data/prompts.ts';
import { type GroupSize, inGroups } from '../../grpo/advantages.ts';
import { type PromptHistory, remembered } from '../../grpo/baselines.ts';
import type { Credit } from '../../grpo/credit.ts';
import { stringifyExact } from '../../text/exact-json.ts';
import type { Rollout } from '../rollout.ts';
import { readMemory, writeMemory } from './stage-memory.ts';

const MEMORY_FILE = 'prompt_memory.json';

const promptMemory = z.object({
  version: z.literal(1),
  /** By `promptKey`. */
  histories: z.record(z.string(), z.object({ rows: z.number().positive(), mean: z.number() })),
});

/** What each prompt earned in earlier steps, for `baseline: "history"`. */
export class PromptMemory {
  #histories = new Map<string, PromptHistory>();

  /** Of each group's prompt; undefined where it has not been seen. */
  historiesOf(rollout: Rollout, groupSize: GroupSize): (PromptHistory | undefined)[] {
    return keysOf(rollout, groupSize).map((key) => this.#histories.get(key));
  }

  /** Takes what a step's completions earned. A prompt that has several groups in a step is remembered after each of them. */
  remember(rollout: Rollout, { outcomes }: Pick<Credit, 'outcomes'>, groupSize: GroupSize): void {
    const groups = inGroups(outcomes, groupSize);
    for (const [index, key] of keysOf(rollout, groupSize).entries()) {
      const history = remembered(groups[index]!, this.#histories.get(key));
      if (history) this.#histories.set(key, history);
    }
  }

  save(folder: string): void {
    writeMemory(folder, MEMORY_FILE, { version: 1, histories: Object.fromEntries(this.#histories) });
  }

  /** Throws BadInput for a file that is not what `save` wrote. */
  restore(folder: string): void {
    const memory = readMemory(folder, MEMORY_FILE, promptMemory);
    this.#histories = new Map(Object.entries(memory?.histories ?? {}));
  }
}

const keysOf = (rollout: Rollout, groupSize: GroupSize): string[] =>
  inGroups(rollout, groupSize).map((group) => promptKey(group[0]!.prompt));

/**
 * By its text and the other columns of its row, which its rewards are about: the same however the dataset is shuffled, cut or put together, and
 * with whatever tokenizer or chat template.
 */
export function promptKey({ prompt, columns }: Pick<EncodedPrompt, 'prompt' | 'columns'>): string {
  return createHash('sha256')
    .update(stringifyExact([prompt, columns]))
    .digest('hex')
    .slice(0, 32);
}
