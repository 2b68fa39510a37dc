import { isZero } from '../grpo/statistics.ts';
import type { RunFinding } from '../protocol/run-finding.ts';
import { type RecordedCompletion, type RecordedStep, shownBy, stepsText } from './recorded-steps.ts';
import type { RunHistory } from './run-history.ts';

/** The share of completions that open the tag again: some models do. */
const REOPENED = 0.05;
/** What a function is called that judges tags; others may give 0 because a task is hard. */
const FORMAT = /format|think|tag|struct|reason/i;

/**
 * The chat template opens `<think>`, completions begin inside of it, and a function that wants to see the opening tag gives all of them its minimum.
 * Undefined where that is not so of this function.
 */
export function openedTag(
  name: string,
  recent: readonly RecordedStep[],
  { functions }: Pick<RunHistory, 'functions'>,
): RunFinding | undefined {
  const tag = openTag(recent.flatMap(({ groups }) => groups));
  const rows = recent.flatMap((step) => step.rows);
  if (tag === undefined || !judgesTag(name, tag, rows) || !isAtMinimum(name, rows)) return undefined;
  const closed = rows.filter(({ completion }) => completion.includes(`</${tag}>`));
  const reopened = rows.filter(({ completion }) => completion.includes(`<${tag}>`));
  if (closed.length === 0 || reopened.length > REOPENED * rows.length) return undefined;
  const file = functions.find((each) => each.name === name)?.file;
  return {
    kind: 'opened-tag',
    severity: 'warning',
    title: `"${name}" waits for <${tag}>`,
    evidence: `The prompt, as the model sees it, ends with <${tag}>, so completions begin inside the tag. In ${stepsText(recent)}, ${closed.length} of ${rows.length} completions closed it, and "${name}" gave every one ${closed[0]!.rewards[name]}: it seems to require the opening tag. \`thinkFormat()\` of "grpo/rewards" reads the end of the prompt; in a reward of your own, do not ask for <${tag}> where the rendered prompt ends with it.`,
    ...shownBy(recent, closed),
    metrics: [`rewards/${name}/mean`],
    ...(file !== undefined && { place: { file } }),
    remedy: { action: 'fix-reward' },
  };
}

/** The tag that all prompts end with; undefined where they do not. */
function openTag(groups: readonly RecordedCompletion[][]): string | undefined {
  // The first completion of a group has its prompt; without one, the prompt is plain text that the model sees as it is.
  const ends = groups.map(([first]) => {
    const seen = first!.rendered_prompt ?? (typeof first!.prompt === 'string' ? first!.prompt : '');
    return /<([a-z][\w-]*)>\s*$/i.exec(seen)?.[1];
  });
  return ends.every((end) => end === ends[0]) ? ends[0] : undefined;
}

const judgesTag = (name: string, tag: string, rows: readonly RecordedCompletion[]): boolean =>
  FORMAT.test(name) || rows.some(({ details }) => details?.[name]?.reason?.includes(tag));

/** The same for all, and nothing that would be worth having. */
function isAtMinimum(name: string, rows: readonly RecordedCompletion[]): boolean {
  const least = rows[0]!.rewards[name] ?? 1;
  return (
    least <= 0 && rows.every(({ rewards: { [name]: score } }) => typeof score === 'number' && isZero(score - least))
  );
}
