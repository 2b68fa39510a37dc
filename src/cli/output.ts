import { stringifyExact } from '../text/exact-json.ts';
import { visible } from '../text/visible.ts';

/** Everything that a command prints on stdout goes through here. Control characters, which could do anything to a terminal, are escaped. */
export function print(text: string): void {
  process.stdout.write(`${visible(text)}\n`);
}

/** What is no result, such as what reward functions print, goes to stderr. */
export function printAside(text: string): void {
  process.stderr.write(text);
}

export const warn = (message: string): void => printAside(`warning: ${message}\n`);

/** One line of JSON; numbers that are not finite become null. */
export const printJson = (value: unknown): void => print(stringifyExact(value));
