import { isZero } from '../grpo/statistics.ts';
import type { PreviewProblem } from '../protocol/preview.ts';
import { type OutcomeColumn, scoreOf, stepsOf } from '../rewards/score-table.ts';
import { own } from '../text/own.ts';
import type { ChatPromptAdvice } from './chat-prompts.ts';
import { describeMismatch, type ScoredGroup, type ScoredSample } from './sample-scores.ts';

/** A function's outcomes, and where it is declared. */
export interface PreviewedColumn extends OutcomeColumn {
  file: string;
  line: number;
  column: number;
}

/**
 * What the scores say about the functions and the samples that an author would want to know. `counted` names the functions of which totals are made;
 * `samples` is the samples' file; `forChat` is for functions that want chat prompts.
 */
export function judgeScores(
  columns: PreviewedColumn[],
  groups: ScoredGroup[],
  counted: ReadonlySet<string>,
  samples: string,
  forChat: ChatPromptAdvice = {},
): PreviewProblem[] {
  if (columns.length === 0) return [];
  return [
    ...columns.flatMap((column) => [
      ...failuresOf(column, groups, forChat),
      ...silenceOf(column, groups),
      ...orderOf(column, groups),
    ]),
    ...orderOfTotals(groups, counted, samples),
    ...groups.flatMap(({ rows }) => rows.flatMap((row) => expectationsOf(row, samples))),
    // Where nothing counts yet, there is nothing to learn from.
    ...(counted.size === 0 ? [] : groups.flatMap((group, index) => signalOf(group, index, samples))),
  ];
}

/** One for each place and message, with the rows that it happened on. */
function failuresOf(
  { name, ...declared }: PreviewedColumn,
  groups: ScoredGroup[],
  forChat: ChatPromptAdvice,
): PreviewProblem[] {
  const found = new Map<string, PreviewProblem & { lines: number[] }>();
  for (const { sample, outcomes } of groups.flatMap(({ rows }) => rows)) {
    const outcome = outcomes[name];
    if (outcome?.kind !== 'failure') continue;
    const { file = declared.file, line = declared.line, column = 1, message } = outcome;
    const key = JSON.stringify([file, line, column, message]);
    const same = found.get(key);
    if (same) same.lines.push(sample.line);
    else {
      const { remedy, words } = outcome.reads === 'chat' ? forChat : {};
      const problem = { file, line, column, severity: 'error' as const, code: 'failure' as const };
      const advised = words === undefined ? message : `${message}; ${words}`;
      found.set(key, { ...problem, message: advised, ...(remedy && { remedy }), lines: [sample.line] });
    }
  }
  return [...found.values()].map(({ lines, ...problem }) => ({
    ...problem,
    message: `"${name}" failed on ${samplesAt(lines)}: ${problem.message}`,
  }));
}

/** A function that never has an opinion, or always the same. */
function silenceOf({ name, outcomes, file, line, column }: PreviewedColumn, groups: ScoredGroup[]): PreviewProblem[] {
  const warn = (code: 'always-abstains' | 'constant', message: string): PreviewProblem[] => [
    { file, line, column, severity: 'warning', message, code },
  ];
  if (outcomes.length >= 2 && outcomes.every((outcome) => outcome?.kind === 'abstain'))
    return warn(
      'always-abstains',
      `"${name}" abstains on all ${outcomes.length} samples, so it teaches nothing; return a number where it can judge.`,
    );
  const scores = outcomes.map(scoreOf);
  const value = scores[0] ?? null;
  const isConstant =
    outcomes.length >= 3 &&
    outcomes.every((outcome) => stepsOf(outcome).length === 0) &&
    value !== null &&
    scores.every((score) => score !== null && isZero(score - value));
  const couldDiffer = groups.some(({ rows }) => new Set(rows.map(({ sample }) => sample.completion)).size >= 2);
  if (!isConstant || !couldDiffer) return [];
  return warn(
    'constant',
    `"${name}" gives ${value} to all ${outcomes.length} samples, so it cannot tell completions apart; the part it looks at may be the same in all of them.`,
  );
}

/** A function that puts two completions of a prompt the other way round than their `expect` does, as with a wrong sign. */
function orderOf({ name, file, line, column }: PreviewedColumn, groups: ScoredGroup[]): PreviewProblem[] {
  const pair = reversedPair(groups, name, ({ outcomes }) => scoreOf(outcomes[name]));
  if (!pair) return [];
  return [{ file, line, column, severity: 'warning', message: `"${name}" ${pair.words}`, code: 'contradicts-expect' }];
}

function orderOfTotals(groups: ScoredGroup[], counted: ReadonlySet<string>, file: string): PreviewProblem[] {
  const pair = reversedPair(groups, 'total', (row) => totalOf(row, counted));
  if (!pair) return [];
  const message = `The weighted total ${pair.words}`;
  return [{ file, line: pair.better, column: 1, severity: 'warning', message, code: 'contradicts-expect' }];
}

/** A failure somewhere makes the total say nothing. */
const totalOf = ({ reward, outcomes }: ScoredSample, counted: ReadonlySet<string>): number | null =>
  Object.entries(outcomes).some(([name, { kind }]) => kind === 'failure' && counted.has(name)) ? null : reward;

function reversedPair(groups: ScoredGroup[], name: string, actual: (row: ScoredSample) => number | null) {
  for (const { rows } of groups) {
    const rated = rows.flatMap((row) => {
      const expected = own(row.sample.expect, name);
      const score = actual(row);
      if (expected === undefined || score === null) return [];
      const [low, high] = typeof expected === 'number' ? [expected, expected] : expected;
      return [{ line: row.sample.line, low, high, score }];
    });
    for (const better of rated)
      for (const worse of rated)
        if (better.low > worse.high && better.score < worse.score && !isZero(better.score - worse.score)) {
          const words = `puts line ${better.line} (${better.score}) below line ${worse.line} (${worse.score}), but their "expect" says the opposite; is its sign right?`;
          return { better: better.line, words };
        }
  }
  return undefined;
}

const expectationsOf = ({ sample, mismatches }: ScoredSample, file: string): PreviewProblem[] =>
  mismatches.map((mismatch) => ({
    file,
    line: sample.line,
    column: 1,
    severity: 'information',
    message: `Expectation not met: ${describeMismatch(mismatch)}.`,
    code: 'expectation',
  }));

function signalOf({ rows, signal, why }: ScoredGroup, index: number, file: string): PreviewProblem[] {
  if (signal === 'signal') return [];
  const message = `Group ${index + 1} (${samplesAt(rows.map(({ sample }) => sample.line))}) has ${why}.`;
  return [{ file, line: rows[0]!.sample.line, column: 1, severity: 'information', message, code: 'no-signal' }];
}

const MOST_LINES = 8;

function samplesAt(lines: number[]): string {
  const shown = lines.slice(0, MOST_LINES).join(', ');
  const what = lines.length === 1 ? '1 sample, line' : `${lines.length} samples, lines`;
  return `${what} ${shown}${lines.length > MOST_LINES ? ', ...' : ''}`;
}
