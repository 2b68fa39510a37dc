import { visible } from '../protocol/visible.ts';

/** Everything that a command prints on stdout goes through here. Control characters, which could do anything to a terminal, are escaped. */
export function print(text: string): void {
  process.stdout.write(`${visible(text)}\n`);
}

/** One line of JSON; numbers that are not finite become null. */
export const printJson = (value: unknown): void => print(JSON.stringify(value));
