import type { Completion } from '../protocol/dashboard-completion.ts';
import { promptText } from '../protocol/message-text.ts';
import type { Prompt } from '../protocol/rewards.ts';
import { plainPart } from '../text/search-pattern.ts';
import { parseCompletion, rolloutsFile } from './rollouts.ts';
import { eachLine, type FoundRollouts, throughSteps } from './search-rollouts.ts';

/** A group of a step. */
export interface PromptGroup {
  step: number;
  group: number;
  rows: Completion[];
}

/** Every group of a prompt in a run, the newest first; read as `searchRollouts` does. */
export function promptGroups(
  run: string,
  prompt: Prompt,
  signal: AbortSignal,
): AsyncGenerator<FoundRollouts<PromptGroup>> {
  const wanted = JSON.stringify(prompt);
  const part = plainPart(promptText(prompt));
  return throughSteps(
    run,
    () => true,
    signal,
    async (step, turn) => {
      const groups = new Map<number, PromptGroup>();
      await eachLine(
        rolloutsFile(run, step),
        (text) => text.includes(part),
        false,
        turn,
        (line) => {
          const row = parseCompletion(line);
          if (JSON.stringify(row.prompt) !== wanted) return;
          const { group } = row;
          const found = groups.get(group) ?? { step, group, rows: [] };
          groups.set(group, found);
          found.rows.push(row);
        },
      );
      return [...groups.values()];
    },
  );
}
