import type { RunFinding } from '../protocol/run-finding.ts';
import { groupBy } from '../text/group-by.ts';
import { type RecordedCompletion, recentSteps, shownBy, stepsText } from './recorded-steps.ts';
import type { CompletionsOf, RunHistory } from './run-history.ts';

const STEPS = 3;
const GROUPS = 8;
/** The share of a step's groups that have the prompt of another group: an order without repetition has none. */
const IN_STEP = 0.25;
/** How often a prompt comes up in the steps that are looked at. */
const TIMES = 4;

/** Prompts come up several times in a step, as those of a dataset with duplicates do, or again and again within a few steps. */
export async function repeatedPrompts(history: RunHistory, completionsOf: CompletionsOf): Promise<RunFinding[]> {
  const recent = await recentSteps(history, completionsOf);
  const steps = recent.map(({ groups }) => groups.map(promptOf));
  const all = steps.flat();
  if (recent.length < STEPS || all.length < GROUPS) return [];
  const distinct = new Set(all).size;
  const duplicates = steps.reduce((sum, prompts) => sum + prompts.length - new Set(prompts).size, 0);
  const inStep = duplicates >= IN_STEP * all.length;
  // A baseline from earlier steps wants them to come up again.
  if (!inStep && (all.length < TIMES * distinct || history.config.baseline === 'history')) return [];
  const again = `${all.length} groups had only ${distinct} different ${distinct === 1 ? 'prompt' : 'prompts'}`;
  const why = inStep
    ? 'the dataset has duplicates, or fewer rows than "promptsPerStep"'
    : 'with so few, the model may learn their answers by heart; compare with held-out prompts';
  return [
    {
      kind: 'repeated-prompts',
      severity: inStep ? 'warning' : 'information',
      title: inStep ? 'Prompts repeat within a step' : 'Few prompts, often repeated',
      evidence: `In ${stepsText(recent)}, ${again}: ${why}.`,
      ...shownBy(recent, repeated(recent.flatMap(({ groups }) => groups))),
      metrics: [],
    },
  ];
}

const promptOf = ([first]: readonly RecordedCompletion[]): string => JSON.stringify(first!.prompt);

/** The first completions of the groups with the commonest prompt. */
function repeated(groups: readonly RecordedCompletion[][]): RecordedCompletion[] {
  return [...groupBy(groups, promptOf).values()]
    .reduce((a, b) => (b.length > a.length ? b : a))
    .map(([first]) => first!);
}
