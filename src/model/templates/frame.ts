import type { Scope } from './scope.ts';
import { Undefined, type Value } from './values.ts';

/** The values of a scope's names while its body is rendered. */
export class Frame {
  readonly scope: Scope;
  readonly parent: Frame | undefined;
  readonly values = new Map<string, Value>();
  /** What was given to the template, and the functions that all templates have. */
  readonly context: ReadonlyMap<string, Value>;

  /** Parameters are set by who makes the frame. */
  constructor(scope: Scope, parent: Frame | undefined, context: ReadonlyMap<string, Value>) {
    this.scope = scope;
    this.parent = parent;
    this.context = context;
    for (const [name, start] of scope.entries()) {
      const value = start === 'context' ? context.get(name) : start === 'outer' ? parent?.find(name) : undefined;
      if (value !== undefined) this.values.set(name, value);
    }
  }

  inner(scope: Scope): Frame {
    return new Frame(scope, this, this.context);
  }

  get(name: string): Value {
    const value = this.find(name);
    return value === undefined ? new Undefined(`'${name}' is undefined`) : value;
  }

  set(name: string, value: Value): void {
    this.owner(name)!.values.set(name, value);
  }

  private find(name: string): Value | undefined {
    return this.owner(name)?.values.get(name);
  }

  private owner(name: string): Frame | undefined {
    let frame: Frame | undefined = this;
    while (frame && !frame.scope.has(name)) frame = frame.parent;
    return frame;
  }
}
