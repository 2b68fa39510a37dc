import { stringifyExact } from '../protocol/exact-json.ts';

/** Everything that a command prints on stdout goes through here. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** What is no result, such as what reward functions print, goes to stderr. */
export function printAside(text: string): void {
  process.stderr.write(text);
}

export const warn = (message: string): void => printAside(`warning: ${message}\n`);

/** One line of JSON; numbers that are not finite become null. */
export const printJson = (value: unknown): void => print(stringifyExact(value));

/** Text of a model's or a user's for a terminal: control characters, which could do anything there, as `\\u001b`. */
export const visible = (text: string): string =>
  text.replace(/\p{Cc}/gu, (character) =>
    '\n\t'.includes(character) ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
