import {
  describeMismatch,
  type FunctionSummary,
  figure,
  type ScoredGroup,
  type ScoredSample,
} from '../preview/sample-scores.ts';
import type { Prompt, RewardOutcome } from '../protocol/rewards.ts';
import { placeWords } from '../rewards/score-table.ts';
import { groupBy } from '../text/group-by.ts';
import { visible } from '../text/visible.ts';
import { table } from './table.ts';

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
  return [title, ...lines, ...rows.flatMap(notes), `  ${group.why}`, ''].join('\n');
}

export function describeFunctions(functions: (FunctionSummary & { seconds: number })[]): string {
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

/** Counts in full, however large; of money, what matters of it. */
const amountText = (amount: number): string =>
  Number.isInteger(amount) ? amount.toLocaleString('en-US') : String(Number(amount.toPrecision(3)));

/** What functions used up, such as a judge's tokens: `judge/helpful: calls 12, cached 0, prompt tokens 3,420`; nothing where nothing was counted. */
export function describeTotals(totals: Record<string, number> = {}): string[] {
  const entries = Object.entries(totals).map(([key, amount]) => {
    const at = key.lastIndexOf('/');
    return { of: key.slice(0, at), words: `${key.slice(at + 1).replaceAll('_', ' ')} ${amountText(amount)}` };
  });
  return [...groupBy(entries, ({ of }) => of)].map(([of, all]) => `${of}: ${all.map(({ words }) => words).join(', ')}`);
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

const notes = (row: ScoredSample): string[] =>
  faultsOf(row).map((fault) => `  line ${row.sample.line}: ${indented(fault, '    ')}`);

/** Lines of a message that are shown; all of them are in the output of --json. */
const MESSAGE_LINES = 6;

/** A message of several lines, as some libraries write them. */
function indented(text: string, indent: string): string {
  const lines = text.split(/\r?\n/);
  return [...lines.slice(0, MESSAGE_LINES), ...(lines.length > MESSAGE_LINES ? ['…'] : [])].join(`\n${indent}`);
}

/** One line for each failure and each expectation that is not met, with its place in the samples, in their order. */
export function describeFaults(groups: ScoredGroup[], file: string): string[] {
  const rows = groups.flatMap((group) => group.rows).sort((a, b) => a.sample.line - b.sample.line);
  return rows.flatMap((row) => faultsOf(row).map((fault) => `${file}:${row.sample.line}: ${fault.split('\n', 1)[0]}`));
}

/** The last line of a check. */
export const describeCheck = (expectations: number, faults: number): string =>
  `${expectations} ${expectations === 1 ? 'expectation' : 'expectations'} checked, ${faults === 0 ? 'all met' : `${faults} ${faults === 1 ? 'fault' : 'faults'}`}`;

function faultsOf({ outcomes, mismatches }: ScoredSample): string[] {
  const failures = Object.entries(outcomes).flatMap(([name, outcome]) => {
    if (outcome.kind !== 'failure') return [];
    const { failure, message } = outcome;
    return [`${name} failed (${failure}): ${placeWords(outcome)}${message}`];
  });
  return [...failures, ...mismatches.map(describeMismatch)];
}

function describeOutcome(outcome: RewardOutcome): string {
  switch (outcome.kind) {
    case 'score':
      return figure(outcome.score);
    case 'abstain':
      return 'abstained';
    case 'failure':
      return 'failed';
    default:
      return outcome satisfies never;
  }
}

export const promptText = (prompt: Prompt): string =>
  typeof prompt === 'string' ? prompt : prompt.map(({ role, content }) => `${role}: ${content}`).join(' ');

export const signed = (value: number): string => `${value > 0 ? '+' : ''}${value.toFixed(2)}`;

/** On one line, cut to `width` characters. */
export function shortened(text: string, width: number): string {
  const characters = [...visible(text.replace(/\s+/g, ' ').trim())];
  return characters.length > width ? `${characters.slice(0, width - 1).join('')}…` : characters.join('');
}
