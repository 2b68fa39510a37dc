import type { GroupSignal } from '../grpo/signal.ts';
import { formatLocation } from '../protocol/errors.ts';
import type { Prompt, RewardOutcome } from '../protocol/rewards.ts';
import { visible } from './output.ts';
import type { FunctionSummary, Mismatch, ScoredGroup, ScoredSample } from './sample-scores.ts';
import { table } from './table.ts';

/** Why a group has nothing to teach. */
const WHY: Record<GroupSignal, string> = {
  signal: 'tells good completions from bad',
  'too-easy': 'no signal: every completion got the best reward',
  'too-hard': 'no signal: every completion got the worst reward',
  equal: 'no signal: every completion got the same reward',
  truncated: 'no signal: every completion was cut off',
  abstained: 'no signal: fewer than two completions have a reward to compare',
  failed: 'no signal: reward functions failed, and fewer than two completions have a reward to compare',
};
/** Characters of a completion in the table. */
const COMPLETION_WIDTH = 48;

/** A group's table: each completion with what every function gave, and below it what went wrong. */
export function describeGroup(group: ScoredGroup, index: number): string {
  const { rows } = group;
  const names = Object.keys(rows[0]!.outcomes);
  const headings = ['line', 'completion', ...names, 'total', 'advantage'];
  const cells = rows.map(({ sample, outcomes, reward, advantage }) => [
    String(sample.line),
    shortened(sample.completion, COMPLETION_WIDTH),
    ...names.map((name) => describeOutcome(outcomes[name]!)),
    figure(reward),
    signed(advantage),
  ]);
  const lines = table([headings, ...cells], (column) => column !== 1);
  const title = `Group ${index + 1}: ${shortened(promptText(rows[0]!.sample.prompt), 80)}`;
  return [title, ...lines, ...rows.flatMap(notes), `  ${whyOf(group)}`, ''].join('\n');
}

export function describeFunctions(functions: FunctionSummary[]): string {
  const rows = functions.map(({ name, mean, std, abstained, failed, seconds }) => [
    name,
    figure(mean),
    figure(std),
    String(abstained),
    String(failed),
    `${seconds.toFixed(2)} s`,
  ]);
  const headings = ['function', 'mean', 'std', 'abstained', 'failed', 'time'];
  return table([headings, ...rows], (column) => column > 0).join('\n');
}

/** How many groups carry a signal, and whether the samples got what they expect. */
export function describeGroups(groups: ScoredGroup[]): string {
  const silent = groups.flatMap(({ signal }, index) => (signal === 'signal' ? [] : [index + 1]));
  const which = silent.length === 0 ? '' : ` (not ${silent.join(', ')})`;
  const signals = `Groups with a signal: ${groups.length - silent.length} of ${groups.length}${which}`;
  const rows = groups.flatMap((group) => group.rows);
  if (!rows.some(({ sample }) => sample.expect)) return signals;
  return `${signals}\nExpectations not met: ${rows.flatMap(({ mismatches }) => mismatches).length}`;
}

const whyOf = ({ signal, rows }: ScoredGroup): string =>
  rows.length === 1 ? 'no signal: one completion has nothing to be compared with' : WHY[signal];

function notes({ sample, outcomes, mismatches }: ScoredSample): string[] {
  const failures = Object.entries(outcomes).flatMap(([name, outcome]) => {
    if (outcome.kind !== 'failure') return [];
    const { file, line, column, failure, message } = outcome;
    const place =
      file === undefined ? '' : `${formatLocation({ file, ...(line && { line }), ...(column && { column }) })}: `;
    return [`  line ${sample.line}: ${name} failed (${failure}): ${place}${message}`];
  });
  return [...failures, ...mismatches.map((mismatch) => `  line ${sample.line}: ${describeMismatch(mismatch)}`)];
}

function describeMismatch({ name, expected, actual }: Mismatch): string {
  const wanted = typeof expected === 'number' ? figure(expected) : `${figure(expected[0])} to ${figure(expected[1])}`;
  return `expected ${name} ${wanted}, got ${actual === null ? 'no score' : figure(actual)}`;
}

function describeOutcome(outcome: RewardOutcome): string {
  if (outcome.kind === 'score') return figure(outcome.score);
  return outcome.kind === 'abstain' ? 'abstained' : 'failed';
}

export const promptText = (prompt: Prompt): string =>
  typeof prompt === 'string' ? prompt : prompt.map(({ role, content }) => `${role}: ${content}`).join(' ');

/** Up to three decimals, as many as there are. */
export const figure = (value: number | null): string => (value === null ? '-' : String(Number(value.toFixed(3))));
export const signed = (value: number): string => `${value > 0 ? '+' : ''}${value.toFixed(2)}`;

/** On one line, cut to `width` characters. */
export function shortened(text: string, width: number): string {
  const characters = [...visible(text.replace(/\s+/g, ' ').trim())];
  return characters.length > width ? `${characters.slice(0, width - 1).join('')}…` : characters.join('');
}
