import { parseArgs } from 'node:util';
import { BadUsage } from '../protocol/errors.ts';
import { didYouMean } from '../text/nearest-name.ts';
import { COMMANDS, type CommandName, commandUsage, type Option } from './usage.ts';

/** A command's arguments, checked against its options. */
export class Arguments {
  readonly #command: CommandName;
  readonly #positionals: string[] = [];
  readonly #values = new Map<string, string[]>();

  constructor(command: CommandName, args: string[]) {
    this.#command = command;
    const options: Record<string, Option> = COMMANDS[command].options;
    // Not strict: our own sentences are clearer, and a prompt may begin with a dash.
    const { tokens } = parseArgs({ args, options, allowPositionals: true, strict: false, tokens: true });
    for (const token of tokens) {
      if (token.kind === 'positional') this.#positionals.push(token.value);
      if (token.kind !== 'option') continue;
      const { name, rawName, value, inlineValue } = token;
      const option = Object.hasOwn(options, name) ? options[name]! : undefined;
      if (!option) {
        const hint = didYouMean(
          rawName,
          [...Object.keys(options)].map((known) => `--${known}`),
        );
        this.fail(`\`grpo ${command}\` has no option ${rawName}.${hint}`);
      } else if (option.type === 'boolean' && value !== undefined) this.fail(`${rawName} takes no value.`);
      else if (option.type === 'string' && (value === undefined || (!inlineValue && value.startsWith('--'))))
        this.fail(`${rawName} needs a value, such as ${rawName} ${option.placeholder}.`);
      const earlier = this.#values.get(name) ?? [];
      if (earlier.length > 0 && option?.type === 'string' && !option.multiple) this.fail(`${rawName} is given twice.`);
      this.#values.set(name, [...earlier, value ?? '']);
    }
  }

  fail(sentence: string): never {
    throw new BadUsage(sentence, commandUsage(this.#command));
  }

  flag(name: string): boolean {
    return this.#values.has(name);
  }

  all(name: string): string[] {
    return this.#values.get(name) ?? [];
  }

  text(name: string): string | undefined {
    return this.all(name)[0];
  }

  required(name: string): string {
    return this.text(name) ?? this.fail(`--${name} is missing.`);
  }

  /** `{ name: value }`, or nothing when the option was not given. */
  optional<Name extends string>(name: Name): { [key in Name]?: string } {
    const value = this.text(name);
    return value === undefined ? {} : ({ [name]: value } as { [key in Name]: string });
  }

  /** One of a few words, or nothing when the option was not given. */
  choice<Name extends string, Word extends string>(name: Name, words: readonly Word[]): { [key in Name]?: Word } {
    const given = this.text(name);
    if (given === undefined) return {};
    if (!words.includes(given as Word)) this.fail(`--${name} must be one of ${words.join(', ')}, not "${given}".`);
    return { [name]: given } as { [key in Name]: Word };
  }

  integer(name: string, least: number, otherwise: number, most = Number.MAX_SAFE_INTEGER): number {
    const text = this.text(name);
    if (text === undefined) return otherwise;
    const value = Number(text);
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < least)
      this.fail(`--${name} must be a whole number of at least ${least}, not "${text}".`);
    if (value > most) this.fail(`--${name} must be at most ${most}, not ${text}.`);
    return value;
  }

  exactly(...names: string[]): string[] {
    const missing = names[this.#positionals.length];
    if (missing !== undefined) this.fail(`${missing} is missing.`);
    const extra = this.#positionals[names.length];
    if (extra !== undefined) this.fail(`There is one argument too many: "${extra}".`);
    return this.#positionals;
  }

  only(name: string): string {
    return this.exactly(name)[0]!;
  }

  oneOrMore(name: string): string[] {
    if (this.#positionals.length === 0) this.fail(`${name} is missing.`);
    return this.#positionals;
  }
}
