import type { Completion } from '../protocol/dashboard-completion.ts';
import { inGroups, ownOf } from '../protocol/row-groups.ts';
import type { ExampleRow, RunFinding } from '../protocol/run-finding.ts';
import type { CompletionsOf, RunHistory } from './run-history.ts';
import { earliest, newest, sampledRows, stepsIn } from './sampled-rows.ts';

/** As few as tell a habit from an accident: each one is a file that is read. */
const RECENT = 8;
/** What a stage began with. */
const EARLY = 3;

/** A completion with its row in its step's file. */
export interface RecordedCompletion extends Completion {
  row: number;
}

/** Those completions of a step that it sampled and learned from. */
export interface RecordedStep {
  step: number;
  rows: RecordedCompletion[];
  /** By prompt. */
  groups: RecordedCompletion[][];
}

/** The newest steps of the newest stage that samples, in their order, without those whose completions were not recorded. */
export const recentSteps = (
  history: RunHistory,
  completionsOf: CompletionsOf,
  most = RECENT,
): Promise<RecordedStep[]> => recordedSteps(stepsIn(history, newest(sampledRows(history), most)), completionsOf);

/** The steps that the same stage began with. */
export const earlySteps = (history: RunHistory, completionsOf: CompletionsOf): Promise<RecordedStep[]> =>
  recordedSteps(stepsIn(history, earliest(sampledRows(history), EARLY)), completionsOf);

async function recordedSteps(steps: readonly number[], completionsOf: CompletionsOf): Promise<RecordedStep[]> {
  const recorded: RecordedStep[] = [];
  for (const step of steps) {
    const rows = ownOf((await completionsOf(step)).map((completion, row) => ({ ...completion, step, row })));
    if (rows.length > 0) recorded.push({ step, rows, groups: inGroups(rows) });
  }
  return recorded;
}

/** Enough to see what is meant. */
const MOST_EXAMPLES = 3;

/** The first of these completions, and what they show: where steps were recorded. */
export const shownBy = (
  steps: readonly { step: number }[],
  examples: readonly RecordedCompletion[] = [],
): Pick<RunFinding, 'steps' | 'examples'> => ({
  steps: { first: steps[0]!.step, last: steps.at(-1)!.step },
  ...(examples.length > 0 && { examples: examples.slice(0, MOST_EXAMPLES).map(placeInRun) }),
});

const placeInRun = ({ step, group, row }: RecordedCompletion): ExampleRow => ({ step, group, row });

/** `step 3`, `steps 3 to 12`. */
export function stepsText(steps: readonly { step: number }[]): string {
  const [first, last] = [steps[0]!.step, steps.at(-1)!.step];
  return first === last ? `step ${first}` : `steps ${first} to ${last}`;
}
