import { BadUsage } from '../protocol/errors.ts';
import { didYouMean } from '../text/nearest-name.ts';
import { readArguments } from './arguments.ts';
import { COMMANDS, type CommandName, type CommandOf, isCommand } from './commands.ts';
import { commandUsage, GENERAL_USAGE } from './usage.ts';

/** What the user asked for. */
export type Command =
  | { [Name in CommandName]: CommandOf<Name> }[CommandName]
  | { command: 'help'; text: string }
  | { command: 'version' };

/** Reads the arguments behind `grpo`. Throws BadUsage for what it does not know. */
export function parseCommand(args: readonly string[]): Command {
  const { name, rest } = nameOf(args);
  if (name === '--version' || name === '-v') return { command: 'version' };
  if (name === undefined || name === 'help' || name === '--help' || name === '-h')
    return { command: 'help', text: isCommand(rest[0]) ? commandUsage(rest[0]) : GENERAL_USAGE };
  if (!isCommand(name)) {
    const hint = didYouMean(name, Object.keys(COMMANDS));
    throw new BadUsage(`There is no command "${name}".${hint}`, GENERAL_USAGE);
  }
  if (rest.includes('--help') || rest.includes('-h')) return { command: 'help', text: commandUsage(name) };
  // The declaration gives both the type and what is read.
  return { command: name, ...readArguments(name, rest) } as Command;
}

/** Of a command of two words, such as `export trl`, both. */
function nameOf([first, second, ...others]: readonly string[]): { name: string | undefined; rest: string[] } {
  const both = `${first} ${second}`;
  if (isCommand(both)) return { name: both, rest: others };
  return { name: first, rest: second === undefined ? [] : [second, ...others] };
}
