import { Location, Position, type TestItem, TestMessage, type TestRun, Uri } from 'vscode';
import type { PreviewOutcome } from '../../protocol/preview.ts';
import type { Preview } from './preview.ts';
import { expectedWord, outcomeWord, shortNumber } from './words.ts';

/** A row of a samples file and the function (or "total") that is tested on it; the line counts from 0. */
interface Tested {
  file: string;
  name: string;
  line: number;
}

/** Tells a test run how a row did. */
export function judgeRow(run: TestRun, item: TestItem, tested: Tested, preview: Preview): void {
  const { result } = preview;
  const index = preview.rowAt(tested.line);
  const missing = whyMissing(tested, preview);
  if (!result || index === undefined || missing !== undefined) {
    judgeBroken(run, item, tested, missing ?? 'The sample no longer exists.');
    return;
  }
  const { name, file, line } = tested;
  const row = result.rows[index]!;
  const outcome = row.outcomes[name];
  const milliseconds = typeof outcome?.seconds === 'number' ? outcome.seconds * 1000 : undefined;
  const mismatch = row.mismatches.find((candidate) => candidate.name === name);
  if (!mismatch) {
    run.passed(item, milliseconds);
    return;
  }
  const actual = name === 'total' ? shortNumber(row.reward) : describe(outcome);
  const expected = expectedWord(mismatch.expected);
  const message = TestMessage.diff(`${name}: expected ${expected}, got ${actual}`, expected, actual);
  message.location = at(file, line);
  run.failed(item, [message, ...thrownAt(outcome)], milliseconds);
}

function whyMissing({ name }: Tested, { result, problems }: Preview): string | undefined {
  if (!result || result.stale) {
    const error = problems.find(({ severity }) => severity === 'error');
    return error?.message ?? 'The reward functions could not be run on the samples.';
  }
  const names = [...result.functions.map((candidate) => candidate.name), 'total'];
  return names.includes(name) ? undefined : `There is no reward function "${name}". Available: ${names.join(', ')}.`;
}

/** Of a row that could not be scored at all. */
export function judgeBroken(run: TestRun, item: TestItem, { file, line }: Tested, why: string): void {
  const message = new TestMessage(why);
  message.location = at(file, line);
  run.errored(item, message);
}

function describe(outcome: PreviewOutcome | undefined): string {
  if (outcome?.kind === 'failure') return `${outcome.failure}: ${outcome.message}`;
  const score = outcomeWord(outcome);
  if (outcome?.kind !== 'score') return score;
  return [score, outcome.extracted === undefined ? undefined : `extracted ${outcome.extracted}`, outcome.reason]
    .filter((part) => part !== undefined)
    .join('\n');
}

/** The line that threw, beside the row that it threw on. */
function thrownAt(outcome: PreviewOutcome | undefined): TestMessage[] {
  if (outcome?.kind !== 'failure' || outcome.file === undefined || outcome.line === undefined) return [];
  const message = new TestMessage(outcome.message);
  message.location = at(outcome.file, outcome.line - 1);
  return [message];
}

const at = (file: string, line: number): Location => new Location(Uri.file(file), new Position(line, 0));
