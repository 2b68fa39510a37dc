import { bind, toText } from './arguments.ts';
import { spend } from './budget.ts';
import { numeric } from './compare.ts';
import { NotSupported, Raised, TemplateError } from './errors.ts';
import { iterate, toList, truthy } from './iteration.ts';
import { repr, str } from './printing.ts';
import { strftime } from './strftime.ts';
import { type Args, Builtin, Dict, Opaque, orElse, Range, typeName, Undefined, type Value } from './values.ts';

/** What the sandbox allows. */
const MAX_RANGE = 100_000;

/** What every template can use: Jinja2's functions and those that transformers adds. */
export const GLOBALS: Record<string, Value> = {
  range: new Builtin('range', range),
  dict: new Builtin('dict', dictOf),
  namespace: new Builtin('namespace', (args) => new Namespace(dictOf(args))),
  cycler: new Builtin('cycler', ({ positional, named }) => {
    if (positional.length === 0 || named.size > 0) throw new TemplateError('"cycler" needs one item at least');
    return new Cycler(positional);
  }),
  joiner: new Builtin('joiner', (args) => new Joiner(orElse(bind('joiner', args, 'sep?')[0], ', '))),
  lipsum: new Builtin('lipsum', () => {
    throw new NotSupported('the function "lipsum"');
  }),
  raise_exception: new Builtin('raise_exception', (args) => {
    throw new Raised(str(bind('raise_exception', args, 'message')[0]!));
  }),
  strftime_now: new Builtin('strftime_now', (args) =>
    strftime(new Date(), toText('strftime_now', bind('strftime_now', args, 'format')[0])),
  ),
};

function range(args: Args): Range {
  if (args.named.size > 0 || args.positional.length === 0 || args.positional.length > 3)
    throw new TemplateError('"range" takes one to three numbers');
  const numbers = args.positional.map((value) => {
    const number = typeof value === 'number' ? undefined : numeric(value);
    if (value instanceof Undefined) value.fail();
    if (typeof number !== 'bigint')
      throw new TemplateError(`"range" needs ints, not a value of type ${typeName(value)}`);
    return number;
  });
  const [start, stop, step = 1n] = numbers.length === 1 ? [0n, numbers[0]!] : (numbers as [bigint, bigint, bigint?]);
  if (step === 0n) throw new TemplateError('the step of "range" cannot be zero');
  const made = new Range(start, stop, step);
  if (made.length > MAX_RANGE) throw new TemplateError(`"range" gives more than ${MAX_RANGE} numbers`);
  return made;
}

function dictOf({ positional, named }: Args): Dict {
  if (positional.length > 1) throw new TemplateError('"dict" takes one value besides named ones');
  const dict = new Dict();
  const [from] = positional;
  if (from instanceof Undefined) from.fail();
  if (from instanceof Dict) for (const [key, value] of from.entries()) dict.set(key, value);
  else if (from instanceof Opaque) throw new NotSupported(`a dict of a value of type ${from.type}`);
  else if (from !== undefined) {
    for (const pair of iterate(from)) {
      const both = toList(pair);
      if (both.length !== 2) throw new TemplateError('"dict" needs pairs of a key and a value');
      dict.set(both[0]!, both[1]!);
    }
  }
  for (const [name, value] of named) dict.set(name, value);
  spend(8 * dict.size);
  return dict;
}

/** Holds what a loop's body sets for after the loop. */
export class Namespace extends Opaque {
  readonly type = 'Namespace';
  private readonly values: Dict;

  constructor(values: Dict) {
    super();
    for (const name of values.keys())
      if (typeof name === 'string' && name.startsWith('_'))
        throw new TemplateError(`"${name}" cannot be set: names in a namespace must not start with "_"`);
    this.values = values;
  }

  set(name: string, value: Value): void {
    this.values.set(name, value);
  }

  override attribute(name: string): Value | undefined {
    return this.values.get(name);
  }

  override print(): string {
    return `<Namespace ${repr(this.values)}>`;
  }
}

class Cycler extends Opaque {
  readonly type = 'Cycler';
  private readonly items: Value[];
  private position = 0;

  constructor(items: Value[]) {
    super();
    this.items = items;
  }

  override attribute(name: string): Value | undefined {
    if (name === 'current') return this.items[this.position];
    if (name === 'reset' || name === 'next')
      return new Builtin(name, (args) => {
        bind(name, args);
        const { position } = this;
        this.position = name === 'reset' ? 0 : (position + 1) % this.items.length;
        return name === 'reset' ? null : this.items[position]!;
      });
    if (name === 'items' || name === 'pos') throw new NotSupported(`"${name}" of a cycler`);
    return undefined;
  }
}

class Joiner extends Opaque {
  readonly type = 'Joiner';
  private readonly separator: Value;
  private used = false;

  constructor(separator: Value) {
    super();
    this.separator = separator;
  }

  override attribute(name: string): Value | undefined {
    if (name === 'sep') return this.separator;
    if (name === 'used') return truthy(this.used);
    return undefined;
  }

  override call(args: Args): Value {
    bind('joiner', args);
    const { used } = this;
    this.used = true;
    return used ? this.separator : '';
  }
}
