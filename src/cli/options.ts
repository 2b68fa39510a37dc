/** Ends the command with a sentence that begins with the option: `--n must be …`. */
type Refuse = (what: string) => never;

/** One option: how node:util's parseArgs takes it, what the help says of it, and how its values are read. */
export interface Option<Value = unknown> {
  type: 'boolean' | 'string';
  multiple?: true;
  /** The value's name in the help; none for a flag. */
  placeholder?: string;
  help: string;
  /** For the help: what is used when the option is not given. */
  otherwise?: string | undefined;
  /** The option without which this one has no meaning. */
  goesWith?: string;
  /** `given`: the values as typed, in order; empty when the option was not given. */
  read: (given: string[], refuse: Refuse) => Value;
}

/** What is given by its place rather than by name. */
export interface Operand<Value = unknown> {
  placeholder: string;
  /** Its name in a sentence. */
  name: string;
  many: boolean;
  /** The command can do without. */
  optional?: true;
  read: (given: string[]) => Value;
}

export const operand = (placeholder: string, name = placeholder): Operand<string> => ({
  placeholder,
  name,
  many: false,
  read: ([given]) => given!,
});

export const optionalOperand = (name: string): Operand<string | undefined> => ({
  ...operand(name),
  placeholder: `[${name}]`,
  optional: true,
});

/** One or more, to the end of the command line. */
export const operands = (placeholder: string, name: string): Operand<string[]> => ({
  placeholder,
  name,
  many: true,
  read: (given) => given,
});

export const flag = (help: string, more: { goesWith?: string } = {}): Option<boolean> => ({
  type: 'boolean',
  help,
  ...more,
  read: (given) => given.length > 0,
});

export const text = (placeholder: string, help: string, otherwise?: string): Option<string | undefined> => ({
  type: 'string',
  placeholder,
  help,
  otherwise,
  read: ([given]) => given,
});

/** May be repeated. */
export const list = (placeholder: string, help: string): Option<string[]> => ({
  type: 'string',
  multiple: true,
  placeholder,
  help: `${help}; may be repeated`,
  read: (given) => given,
});

/** One of a few words. */
export const choice = <Word extends string>(
  placeholder: string,
  words: readonly Word[],
  otherwise: Word,
): Option<Word> => ({
  type: 'string',
  placeholder,
  help: words.join(', ').replace(/, ([^,]*)$/, ' or $1'),
  otherwise,
  read: ([given = otherwise], refuse) =>
    words.find((word) => word === given) ?? refuse(`must be one of ${words.join(', ')}, not "${given}".`),
});

/** One of a few words; without it the command decides, as `otherwise` says. */
export const optionalChoice = <const Word extends string>(
  placeholder: string,
  words: readonly Word[],
  otherwise: string,
  help = '',
): Option<Word | undefined> => {
  const chosen = choice<Word>(placeholder, words, words[0]!);
  return {
    ...chosen,
    help: help + chosen.help,
    otherwise,
    read: (given, refuse) => (given.length === 0 ? undefined : chosen.read(given, refuse)),
  };
};

interface Range {
  least: number;
  most?: number;
}

/** A whole number with a default. */
export const integer = (
  placeholder: string,
  help: string,
  range: Range,
  otherwise: number,
  more: { goesWith?: string } = {},
): Option<number> => ({
  type: 'string',
  placeholder,
  help,
  otherwise: String(otherwise),
  ...more,
  read: ([given], refuse) => (given === undefined ? otherwise : readInteger(given, range, refuse)),
});

/** A whole number; without it the command decides, as `otherwise` says. */
export const optionalInteger = (
  placeholder: string,
  help: string,
  range: Range,
  otherwise?: string,
): Option<number | undefined> => ({
  type: 'string',
  placeholder,
  help,
  otherwise,
  read: ([given], refuse) => (given === undefined ? undefined : readInteger(given, range, refuse)),
});

/** A number; without it the command decides, as `otherwise` says. */
export const number = (
  placeholder: string,
  help: string,
  otherwise: string,
  { goesWith, range }: { goesWith?: string; range?: { least: number; most: number } } = {},
): Option<number | undefined> => ({
  type: 'string',
  placeholder,
  help,
  otherwise,
  ...(goesWith !== undefined && { goesWith }),
  read: ([given], refuse) => {
    if (given === undefined) return undefined;
    const value = Number(given);
    if (given.trim() === '' || !Number.isFinite(value)) return refuse(`must be a number, not "${given}".`);
    if (range && (value < range.least || value > range.most))
      return refuse(`must be between ${range.least} and ${range.most}, not ${given}.`);
    return value;
  },
});

/** Two whole numbers, such as 10-20. */
export const span = (
  placeholder: string,
  help: string,
  otherwise: string,
  more: { goesWith?: string } = {},
): Option<{ from: number; to: number } | undefined> => ({
  type: 'string',
  placeholder,
  help,
  otherwise,
  ...more,
  read: ([given], refuse) => {
    if (given === undefined) return undefined;
    const [from, to] = (/^(\d+)-(\d+)$/.exec(given) ?? []).slice(1).map(Number);
    if (from === undefined || to === undefined || to < from)
      return refuse(`must be a first and a last step, such as 10-20, not "${given}".`);
    return { from, to };
  },
});

function readInteger(given: string, { least, most = Number.MAX_SAFE_INTEGER }: Range, refuse: Refuse): number {
  const value = Number(given);
  if (given.trim() === '' || !Number.isSafeInteger(value) || value < least)
    return refuse(`must be a whole number of at least ${least}, not "${given}".`);
  if (value > most) return refuse(`must be at most ${most}, not ${given}.`);
  return value;
}
