import type { Analysis } from './analyze.ts';
import { call } from './attributes.ts';
import { checkLength, nested, spend, spendText } from './budget.ts';
import { TemplateError } from './errors.ts';
import { evaluate, evaluateArguments, place } from './evaluate.ts';
import { applyFilter } from './filters.ts';
import type { Frame } from './frame.ts';
import { Namespace } from './globals.ts';
import { iterate, truthy } from './iteration.ts';
import { Loop } from './loop.ts';
import { Macro } from './macro.ts';
import type { Callee, FilterCall, ForLoop, Statement, Target } from './nodes.ts';
import { str } from './printing.ts';
import { Markup, typeName, type Value } from './values.ts';

/** How a body ended: at its end, or at a `break` or `continue` of the loop around it. */
type Ending = 'break' | 'continue' | undefined;

/** Renders the statements of an analyzed template. */
export class Renderer {
  private readonly analysis: Analysis;
  private output: string[] = [];
  private length = 0;

  constructor(analysis: Analysis) {
    this.analysis = analysis;
  }

  /** The text of a template's or a macro's body. */
  render(body: Statement[], frame: Frame): string {
    return this.capture(() => this.run(body, frame)).text;
  }

  /** What `work` writes; a `break` or `continue` in it applies to the enclosing loop, and the text is not used. */
  private capture(work: () => Ending): { text: string; ending: Ending } {
    const { output, length } = this;
    this.output = [];
    this.length = 0;
    try {
      const ending = work();
      return { text: this.output.join(''), ending };
    } finally {
      this.output = output;
      this.length = length;
    }
  }

  private write(text: string): void {
    this.length += text.length;
    checkLength(this.length);
    spendText(text.length);
    this.output.push(text);
  }

  private run(body: Statement[], frame: Frame): Ending {
    for (const statement of body) {
      const ending = this.statement(statement, frame);
      if (ending) return ending;
    }
    return undefined;
  }

  private statement(node: Statement, frame: Frame): Ending {
    spend(1);
    place.line = node.line;
    switch (node.type) {
      case 'text':
        this.write(node.text);
        return undefined;
      case 'output':
        this.write(str(evaluate(node.value, frame)));
        return undefined;
      case 'if': {
        const branch = node.branches.find(({ test }) => truthy(evaluate(test, frame)));
        return this.run(branch ? branch.body : node.otherwise, frame);
      }
      case 'for':
        if (!node.recursive) return this.forLoop(node, evaluate(node.iterable, frame), frame, 0);
        this.write(this.recursiveLoop(node, evaluate(node.iterable, frame), frame, 0));
        return undefined;
      case 'set': {
        checkNamespaces(node.target, frame);
        assign(node.target, evaluate(node.value, frame), frame);
        return undefined;
      }
      case 'set-block': {
        const inner = this.inner(node.body, frame);
        const { text, ending } = this.capture(() => this.run(node.body, inner));
        if (ending) return ending;
        checkNamespaces(node.target, frame);
        assign(node.target, node.filter ? filterText(node.filter, text, inner) : text, frame);
        return undefined;
      }
      case 'with': {
        const inner = this.inner(node.body, frame);
        for (const { target, value } of node.assignments) assign(target, evaluate(value, frame), inner);
        return this.run(node.body, inner);
      }
      case 'filter-block': {
        const inner = this.inner(node.body, frame);
        const { text, ending } = this.capture(() => this.run(node.body, inner));
        if (!ending) this.write(textOnly(filterText(node.filter, text, inner)));
        return ending;
      }
      case 'macro':
        frame.set(node.name, this.macro(node.name, node.callee, frame));
        return undefined;
      case 'call-block': {
        const callee = evaluate(node.call.callee, frame);
        const args = evaluateArguments(node.call.args, frame);
        if (args.named.has('caller')) throw new TemplateError('a call block gives the argument "caller" itself');
        args.named.set('caller', this.macro(null, node.caller, frame));
        place.line = node.line;
        this.write(textOnly(call(callee, args)));
        return undefined;
      }
      case 'generation':
        this.write(str(call(this.macro(null, node.caller, frame), { positional: [], named: new Map() })));
        return undefined;
      case 'break':
      case 'continue':
        return node.type;
      default:
        return node satisfies never;
    }
  }

  private macro(name: string | null, callee: Callee, frame: Frame): Macro {
    return new Macro(name, callee, this.analysis.callees.get(callee)!, frame, (inside) =>
      this.render(callee.body, inside),
    );
  }

  private inner(key: object, frame: Frame): Frame {
    return frame.inner(this.analysis.scopes.get(key)!);
  }

  private forLoop(node: ForLoop, iterable: Value, frame: Frame, depth: number): Ending {
    const items = node.test ? this.selected(node, iterable, frame) : iterable;
    const recurse = node.recursive ? (next: Value, d: number) => this.recursiveLoop(node, next, frame, d) : undefined;
    const loop = new Loop(items, recurse, depth);
    // As in Jinja2, "else" is for when no round came to the end of the body: a "continue" in all of them counts as none.
    let finished = false;
    for (let item = loop.next(); item !== undefined; item = loop.next()) {
      const inside = this.inner(node.body, frame);
      inside.values.set('loop', loop);
      spend(2);
      place.line = node.line;
      assign(node.target, item, inside);
      const ending = this.run(node.body, inside);
      if (ending === 'break') break;
      if (!ending) finished = true;
    }
    return finished || node.otherwise.length === 0
      ? undefined
      : this.run(node.otherwise, this.inner(node.otherwise, frame));
  }

  private recursiveLoop(node: ForLoop, iterable: Value, frame: Frame, depth: number): string {
    return nested(() => this.capture(() => this.forLoop(node, iterable, frame, depth)).text);
  }

  /** The items for which the loop's `if` holds. */
  private *selected(node: ForLoop, iterable: Value, frame: Frame): Generator<Value> {
    for (const item of iterate(iterable)) {
      const inside = this.inner(node.test!, frame);
      assign(node.target, item, inside);
      if (truthy(evaluate(node.test!, inside))) yield item;
    }
  }
}

/** The filters of a block on its text: the innermost one has no object of its own. */
function filterText(filter: FilterCall, text: string, frame: Frame): Value {
  const value = filter.object ? filterText(filter.object as FilterCall, text, frame) : text;
  const args = evaluateArguments(filter.args, frame);
  place.line = filter.line;
  return applyFilter(filter.name, value, args);
}

/** Jinja2 does not print what a filter or call block gives, so it must be a text. */
function textOnly(value: Value): string {
  if (typeof value !== 'string' && !(value instanceof Markup))
    throw new TemplateError(`a block must give a text, not a value of type ${typeName(value)}`);
  return str(value);
}

function checkNamespaces(target: Target, frame: Frame): void {
  if (target.type === 'tuple') for (const item of target.items) checkNamespaces(item, frame);
  if (target.type === 'member' && !(frame.get(target.namespace) instanceof Namespace))
    throw new TemplateError(`"${target.namespace}" is no namespace, so "${target.name}" cannot be set in it`);
}

function assign(target: Target, value: Value, frame: Frame): void {
  if (target.type === 'name') frame.set(target.name, value);
  else if (target.type === 'member') (frame.get(target.namespace) as Namespace).set(target.name, value);
  else {
    const items: Value[] = [];
    const wanted = target.items.length;
    for (const item of iterate(value)) if (items.push(item) > wanted) break;
    if (items.length !== wanted)
      throw new TemplateError(`a value of type ${typeName(value)} cannot be split into ${wanted} names`);
    for (const [index, part] of target.items.entries()) assign(part, items[index]!, frame);
  }
}
