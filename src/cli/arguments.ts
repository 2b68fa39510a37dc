import { parseArgs } from 'node:util';
import { BadUsage } from '../protocol/errors.ts';
import { didYouMean } from '../text/nearest-name.ts';
import { COMMANDS, type CommandName, type Declaration } from './commands.ts';
import { commandUsage, optionTerm } from './usage.ts';

/** The values of a command's operands and options, by their names in camelCase. Throws BadUsage for what the command does not take. */
export function readArguments(command: CommandName, args: string[]): Record<string, unknown> {
  const { operands, options, either = [], oneOf }: Declaration = COMMANDS[command];
  const fail = (sentence: string): never => {
    throw new BadUsage(sentence, commandUsage(command));
  };
  const { positionals, given } = sort(args, options, command, fail);
  const values: Record<string, unknown> = readOperands(positionals, operands, fail);

  const isGiven = (name: string): boolean => given.has(name);
  const rivals = oneOf ? [...either, oneOf] : either;
  for (const pair of rivals) {
    const count = pair.filter(isGiven).length;
    if (count === 2 || (pair === oneOf && count === 0))
      fail(`Give either ${pair.map((name) => optionTerm(name, options[name]!)).join(' or ')}.`);
  }
  for (const [name, { goesWith, read }] of Object.entries(options)) {
    if (goesWith !== undefined && isGiven(name) && !isGiven(goesWith)) fail(`--${name} requires --${goesWith}.`);
    const value = read(given.get(name) ?? [], (what) => fail(`--${name} ${what}`));
    if (value !== undefined) values[camelCase(name)] = value;
  }
  return values;
}

/** The arguments by place, and those by name. */
function sort(
  args: string[],
  options: Declaration['options'],
  command: CommandName,
  fail: (sentence: string) => never,
): { positionals: string[]; given: Map<string, string[]> } {
  const positionals: string[] = [];
  const given = new Map<string, string[]>();
  // Not strict: our own sentences are clearer, and a prompt may begin with a dash.
  const { tokens } = parseArgs({ args, options, allowPositionals: true, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const { name, rawName, value, inlineValue } = token;
    const option = Object.hasOwn(options, name) ? options[name]! : undefined;
    if (!option) {
      const known = Object.keys(options).map((each) => `--${each}`);
      return fail(`\`grpo ${command}\` has no option ${rawName}.${didYouMean(rawName, known)}`);
    }
    if (option.type === 'boolean' && value !== undefined) fail(`${rawName} takes no value.`);
    if (option.type === 'string' && (value === undefined || (!inlineValue && value.startsWith('--'))))
      fail(`${rawName} needs a value, such as ${optionTerm(name, option)}.`);
    if (option.type === 'string' && !option.multiple && given.has(name)) fail(`${rawName} is given twice.`);
    given.set(name, [...(given.get(name) ?? []), value ?? '']);
  }
  return { positionals, given };
}

function readOperands(
  positionals: string[],
  operands: Declaration['operands'],
  fail: (sentence: string) => never,
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  let next = 0;
  for (const [key, { name, many, optional, read }] of Object.entries(operands)) {
    const given = positionals.slice(next, many ? undefined : next + 1);
    if (given.length === 0) {
      if (optional) continue;
      fail(`${name} is missing.`);
    }
    values[key] = read(given);
    next += given.length;
  }
  const extra = positionals[next];
  if (extra !== undefined) fail(`Unexpected argument "${extra}".`);
  return values;
}

const camelCase = (name: string): string => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
