import { bind } from './arguments.ts';
import { equal } from './compare.ts';
import { TemplateError } from './errors.ts';
import { iterate, sizeOf } from './iteration.ts';
import { type Args, Builtin, Opaque, orElse, Tuple, Undefined, type Value } from './values.ts';

/** Renders a recursive loop's body for the items of another iterable, one level deeper. */
export type Recurse = (iterable: Value, depth: number) => Value;

/** What `loop` is in a loop's body. It reads one item ahead when it is asked about the next one. */
export class Loop extends Opaque {
  readonly type = 'LoopContext';
  private readonly iterator: Iterator<Value>;
  private readonly recurse: Recurse | undefined;
  private readonly depth: number;
  private size: number | undefined;
  private ahead: Value[] = [];
  private index = -1;
  private previous: Value | undefined;
  private current: Value | undefined;
  private lastChanged: Tuple | undefined;

  /** `depth` counts from 0. */
  constructor(iterable: Value | Generator<Value>, recurse: Recurse | undefined, depth: number) {
    super();
    const isGenerator = typeof iterable === 'object' && iterable !== null && 'next' in iterable;
    this.size = isGenerator ? undefined : sizeOf(iterable);
    this.iterator = (isGenerator ? iterable : iterate(iterable))[Symbol.iterator]();
    this.recurse = recurse;
    this.depth = depth;
  }

  /** Goes to the next item; undefined at the end. */
  next(): Value | undefined {
    const item = this.peek();
    if (item === undefined) return undefined;
    this.ahead.shift();
    this.index++;
    this.previous = this.current;
    this.current = item;
    return item;
  }

  override attribute(name: string): Value | undefined {
    switch (name) {
      case 'index':
        return BigInt(this.index + 1);
      case 'index0':
        return BigInt(this.index);
      case 'revindex':
        return BigInt(this.length() - this.index);
      case 'revindex0':
        return BigInt(this.length() - this.index - 1);
      case 'length':
        return BigInt(this.length());
      case 'first':
        return this.index === 0;
      case 'last':
        return this.peek() === undefined;
      case 'previtem':
        return this.index === 0 ? new Undefined('there is no previous item') : this.previous;
      case 'nextitem':
        return orElse(this.peek(), new Undefined('there is no next item'));
      case 'depth':
        return BigInt(this.depth + 1);
      case 'depth0':
        return BigInt(this.depth);
      case 'cycle':
        return new Builtin(name, ({ positional }) => {
          if (positional.length === 0) throw new TemplateError('"cycle" needs one item at least');
          return positional[this.index % positional.length]!;
        });
      case 'changed':
        return new Builtin(name, ({ positional }) => this.changed(new Tuple(positional)));
      default:
        return undefined;
    }
  }

  override call(args: Args): Value {
    const [iterable] = bind('loop', args, 'iterable');
    if (!this.recurse) throw new TemplateError('only a loop that is "recursive" can be called');
    return this.recurse(iterable!, this.depth + 1);
  }

  override print(): string {
    return `<LoopContext ${this.index + 1}/${this.length()}>`;
  }

  private changed(values: Tuple): boolean {
    if (this.lastChanged && equal(this.lastChanged, values)) return false;
    this.lastChanged = values;
    return true;
  }

  private peek(): Value | undefined {
    if (this.ahead.length === 0) {
      const next = this.iterator.next();
      if (!next.done) this.ahead.push(next.value);
    }
    return this.ahead[0];
  }

  private length(): number {
    if (this.size === undefined) {
      for (let next = this.iterator.next(); !next.done; next = this.iterator.next()) this.ahead.push(next.value);
      this.size = this.index + 1 + this.ahead.length;
    }
    return this.size;
  }
}
