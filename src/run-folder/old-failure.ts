import type { RecordedFailure, RolloutRow } from '../protocol/run-folder.ts';

/**
 * A row's failure. Release 0.1 recorded it in words alone: `FILE:LINE:COLUMN: FUNCTION: MESSAGE`, the function being one of the row's `rewards`,
 * with as much of the place as was known.
 */
export function failureOf({ error, failure, rewards }: RolloutRow): RecordedFailure | undefined {
  if (failure || typeof error !== 'string') return failure;
  const words = `: ${error}`;
  // What the message quotes may look like a function too: the first one counts.
  const [first] = Object.keys(rewards ?? {})
    .map((name) => ({ name, at: words.indexOf(`: ${name}: `) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at);
  if (!first) return undefined;
  const { name, at } = first;
  const message = words.slice(at + `: ${name}: `.length);
  const place = /^: (.+?)(?::(\d+))?(?::(\d+))?$/.exec(words.slice(0, at));
  if (!place) return { name, message };
  const [, file, line, column] = place;
  const number = (digits: string | undefined) => (digits === undefined ? undefined : Number(digits));
  return { name, message, place: { file: file!, line: number(line), column: number(column) } };
}
