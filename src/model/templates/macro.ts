import type { CalleeScope } from './analyze.ts';
import { nested } from './budget.ts';
import { TemplateError } from './errors.ts';
import { evaluate } from './evaluate.ts';
import type { Frame } from './frame.ts';
import type { Callee } from './nodes.ts';
import { quote } from './printing.ts';
import { type Args, Dict, Opaque, Tuple, Undefined, type Value } from './values.ts';

/** A macro, or the `caller` of a call block, which has no name. */
export class Macro extends Opaque {
  readonly type = 'Macro';
  private readonly name: string | null;
  private readonly callee: Callee;
  private readonly takes: CalleeScope;
  /** Where it was defined. */
  private readonly frame: Frame;
  private readonly render: (frame: Frame) => string;

  constructor(name: string | null, callee: Callee, takes: CalleeScope, frame: Frame, render: (frame: Frame) => string) {
    super();
    this.name = name;
    this.callee = callee;
    this.takes = takes;
    this.frame = frame;
    this.render = render;
  }

  override attribute(name: string): Value | undefined {
    const { parameters } = this.callee;
    switch (name) {
      case 'name':
        return this.name;
      case 'arguments':
        return new Tuple(parameters.map((parameter) => parameter.name));
      case 'caller':
        return this.takes.takesCaller;
      case 'catch_kwargs':
        return this.takes.takesNamed;
      case 'catch_varargs':
        return this.takes.takesMore;
      case 'explicit_caller':
        return parameters.some((parameter) => parameter.name === 'caller');
      default:
        return undefined;
    }
  }

  override call(args: Args): Value {
    const inside = this.frame.inner(this.takes.scope);
    this.giveArguments(inside, args);
    return nested(() => this.render(inside));
  }

  override print(): string {
    return this.name === null ? '<Macro anonymous>' : `<Macro ${quote(this.name)}>`;
  }

  private giveArguments(inside: Frame, { positional, named }: Args): void {
    const { parameters } = this.callee;
    const { takesCaller, takesNamed, takesMore } = this.takes;
    const left = new Map(named);
    const give = (name: string, value: Value | undefined) => {
      if (value !== undefined) inside.values.set(name, value);
    };
    for (const [index, { name }] of parameters.entries()) {
      give(name, index < positional.length ? positional[index] : left.get(name));
      if (index >= positional.length) left.delete(name);
    }
    if (takesCaller && !parameters.some(({ name }) => name === 'caller')) {
      const caller = left.get('caller');
      give('caller', caller === undefined || caller === null ? new Undefined('No caller defined') : caller);
      left.delete('caller');
    }
    const [unknown] = left.keys();
    if (takesNamed) give('kwargs', dictOf(left));
    else if (unknown !== undefined) throw new TemplateError(`${this.title()} takes no argument "${unknown}"`);
    if (takesMore) give('varargs', new Tuple(positional.slice(parameters.length)));
    else if (positional.length > parameters.length)
      throw new TemplateError(`${this.title()} takes no more than ${parameters.length} arguments`);
    // A default may use the parameters before it.
    for (const { name, default: value } of parameters) {
      if (inside.values.has(name)) continue;
      const otherwise = new Undefined(`parameter '${name}' was not provided`);
      inside.values.set(name, value ? evaluate(value, inside) : otherwise);
    }
  }

  private title(): string {
    return this.name === null ? 'the caller' : `the macro "${this.name}"`;
  }
}

function dictOf(named: Map<string, Value>): Dict {
  const dict = new Dict();
  for (const [name, value] of named) dict.set(name, value);
  return dict;
}
