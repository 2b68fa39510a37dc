import { ExactJson, keysOf, numberText } from '../../text/exact-json.ts';
import { NotSupported, TemplateError } from './errors.ts';

/**
 * Python's values: None is null, int is bigint, float is number, str is string (in code points where it matters), list is an array.
 * Everything else is one of the classes below.
 */
export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | Value[]
  | Tuple
  | Dict
  | DictView
  | Range
  | Lazy
  | Undefined
  | Markup
  | Opaque;

/** What a call is given. */
export interface Args {
  positional: Value[];
  named: Map<string, Value>;
}

export class Tuple {
  readonly items: Value[];
  /** A named tuple's attributes, as `groupby` gives them. */
  readonly names: readonly string[];

  constructor(items: Value[], names: readonly string[] = []) {
    this.items = items;
    this.names = names;
  }
}

/** Keys of a dict that are equal in Python have one text: 1, 1.0 and True are the same key. */
export function keyText(key: Value): string {
  if (typeof key === 'string') return `s${key}`;
  if (key === null) return 'None';
  if (typeof key === 'boolean') return key ? 'n1' : 'n0';
  if (typeof key === 'bigint') return `n${key}`;
  if (typeof key === 'number') return Number.isInteger(key) ? `n${BigInt(key)}` : `n${key}`;
  if (key instanceof Tuple) return `t${JSON.stringify(key.items.map(keyText))}`;
  if (key instanceof Undefined) return 'undefined';
  throw new TemplateError(`a value of type ${typeName(key)} cannot be a key or a member of a set`);
}

/** A dict, in the order in which its keys were added. */
export class Dict {
  private readonly map = new Map<string, [key: Value, value: Value]>();

  get size(): number {
    return this.map.size;
  }

  get(key: Value): Value | undefined {
    return this.map.get(keyText(key))?.[1];
  }

  has(key: Value): boolean {
    return this.map.has(keyText(key));
  }

  set(key: Value, value: Value): void {
    const text = keyText(key);
    const entry = this.map.get(text);
    if (entry) entry[1] = value;
    else this.map.set(text, [key, value]);
  }

  entries(): Iterable<[key: Value, value: Value]> {
    return this.map.values();
  }

  keys(): Value[] {
    return [...this.map.values()].map(([key]) => key);
  }
}

export class DictView {
  readonly dict: Dict;
  readonly kind: 'keys' | 'values' | 'items';

  constructor(dict: Dict, kind: 'keys' | 'values' | 'items') {
    this.dict = dict;
    this.kind = kind;
  }

  list(): Value[] {
    const entries = [...this.dict.entries()];
    if (this.kind === 'items') return entries.map(([key, value]) => new Tuple([key, value]));
    return entries.map(([key, value]) => (this.kind === 'keys' ? key : value));
  }
}

export class Range {
  readonly start: bigint;
  readonly stop: bigint;
  readonly step: bigint;
  readonly length: number;

  constructor(start: bigint, stop: bigint, step: bigint) {
    this.start = start;
    this.stop = stop;
    this.step = step;
    const span = step > 0n ? stop - start + step - 1n : start - stop - step - 1n;
    this.length = Number(span > 0n ? span / (step > 0n ? step : -step) : 0n);
  }

  at(index: number): bigint {
    return this.start + this.step * BigInt(index);
  }
}

/** A generator, as most filters on sequences give it: it has no length, and can be read once. */
export class Lazy {
  readonly iterator: Iterator<Value>;

  constructor(iterable: Iterable<Value>) {
    this.iterator = iterable[Symbol.iterator]();
  }
}

/** What a name, attribute or key that does not exist gives. It prints as nothing; most other uses raise the message. */
export class Undefined {
  readonly message: string;
  /** Whether it prints as nothing even where others are refused. */
  readonly isPrinted: boolean;

  constructor(message: string, { isPrinted = false } = {}) {
    this.message = message;
    this.isPrinted = isPrinted;
  }

  fail(): never {
    throw new TemplateError(this.message);
  }
}

/** Text that `escape` or `safe` marked as HTML: it can be printed and joined; combined with other text, Jinja2 would escape that. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A function, a namespace, the loop: what has attributes of its own, or can be called. */
export abstract class Opaque {
  /** Python's name of the type. */
  abstract readonly type: string;

  /** Undefined (JavaScript's) where there is no such attribute. */
  attribute(_name: string): Value | undefined {
    return undefined;
  }

  call(_args: Args): Value {
    throw new TemplateError(`a value of type ${this.type} cannot be called`);
  }

  /** How it prints; nothing where Python prints an address. */
  print(): string | undefined {
    return undefined;
  }
}

/** A function or a method of a value. */
export class Builtin extends Opaque {
  readonly type = 'function';
  readonly name: string;
  private readonly run: (args: Args) => Value;

  constructor(name: string, run: (args: Args) => Value) {
    super();
    this.name = name;
    this.run = run;
  }

  override call(args: Args): Value {
    return this.run(args);
  }
}

/** The value, or where there is none (which None is not) the other one. */
export function orElse(value: Value | undefined, otherwise: Value): Value {
  return value === undefined ? otherwise : value;
}

/** The name that Python gives the value's type, for messages. */
export function typeName(value: Value): string {
  if (value === null) return 'NoneType';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'number') return 'float';
  if (typeof value === 'string') return 'str';
  if (Array.isArray(value)) return 'list';
  if (value instanceof Tuple) return 'tuple';
  if (value instanceof Dict) return 'dict';
  if (value instanceof DictView) return `dict_${value.kind}`;
  if (value instanceof Range) return 'range';
  if (value instanceof Lazy) return 'generator';
  if (value instanceof Undefined) return 'Undefined';
  if (value instanceof Markup) return 'Markup';
  return value.type;
}

/** What JSON holds, as the values that Python's json makes of it. `text` is how a number was written, where that is known. */
export function fromJson(json: unknown, text?: string): Value {
  if (json === undefined || json === null) return null;
  if (json instanceof ExactJson) return fromJson(json.value, json.text);
  if (typeof json === 'number') return fromNumber(json, text);
  if (typeof json === 'string' || typeof json === 'boolean') return json;
  const owner = json as object;
  if (Array.isArray(json)) return json.map((item, index) => fromJson(item, numberText(owner, index)));
  const dict = new Dict();
  for (const key of keysOf(owner))
    dict.set(key, fromJson((owner as Record<string, unknown>)[key], numberText(owner, key)));
  return dict;
}

function fromNumber(number: number, text: string | undefined): Value {
  // Integers of more than 308 digits are infinite only to JavaScript.
  if (text !== undefined && Number(text) === number) return /[.eE]/.test(text) ? number : BigInt(text);
  if (!Number.isInteger(number)) return number;
  if (!Number.isSafeInteger(number)) throw new NotSupported(`the number ${number}, whose last digits are not known,`);
  return BigInt(number);
}
