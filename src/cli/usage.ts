import { COMMANDS, type CommandName, type Declaration } from './commands.ts';
import type { Option } from './options.ts';

/** `--n N` */
export const optionTerm = (name: string, { placeholder }: Option): string =>
  placeholder === undefined ? `--${name}` : `--${name} ${placeholder}`;

/** What an option is for, with its default. */
export const optionHelp = ({ help, otherwise, goesWith }: Option): string =>
  [goesWith && `with --${goesWith}: `, help, otherwise && ` (default: ${otherwise})`].filter(Boolean).join('');

/** `logprobs MODEL FILE.jsonl` */
export const commandTerm = (name: CommandName): string =>
  [
    name,
    ...Object.values<Declaration['operands'][string]>(COMMANDS[name].operands).map((each) => each.placeholder),
  ].join(' ');

/** `[term, explanation]` rows as two aligned columns. */
function columns(rows: [string, string][]): string {
  const width = Math.max(...rows.map(([term]) => term.length));
  return rows.map(([term, help]) => `  ${term.padEnd(width)}  ${help}`).join('\n');
}

export function commandUsage(name: CommandName): string {
  const { help, options }: Declaration = COMMANDS[name];
  const rows = Object.entries(options).map(([option, declared]): [string, string] => [
    optionTerm(option, declared),
    optionHelp(declared),
  ]);
  return `Usage: grpo ${commandTerm(name)} [options]\n${help}\n\n${columns(rows)}`;
}

const commands = Object.keys(COMMANDS) as CommandName[];

export const GENERAL_USAGE = `Usage: grpo COMMAND ...

${columns(commands.map((name) => [commandTerm(name), COMMANDS[name].help]))}

\`grpo COMMAND --help\` explains a command's options.`;
