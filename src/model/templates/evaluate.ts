import { call, getAttribute, getItem } from './attributes.ts';
import { made, spend } from './budget.ts';
import { contains, equal, order } from './compare.ts';
import { NotSupported, TemplateError } from './errors.ts';
import { applyFilter, applyTest } from './filters.ts';
import type { Frame } from './frame.ts';
import { iterate, truthy } from './iteration.ts';
import type { CallArguments, Comparison, Expression } from './nodes.ts';
import { binary, slice, unary } from './operators.ts';
import { str } from './printing.ts';
import { childExpressions } from './scope.ts';
import { type Args, Dict, Tuple, typeName, Undefined, type Value } from './values.ts';

/** Where in the template rendering is, for messages. */
export const place = { line: 1 };

/** The value of an expression. */
export function evaluate(node: Expression, frame: Frame): Value {
  spend(1);
  switch (node.type) {
    case 'constant':
      return node.value;
    case 'name':
      return frame.get(node.name);
    case 'tuple':
      return new Tuple(node.items.map((item) => evaluate(item, frame)));
    case 'list':
      return node.items.map((item) => evaluate(item, frame));
    case 'dict': {
      const dict = new Dict();
      for (const [key, value] of node.pairs) dict.set(evaluate(key, frame), evaluate(value, frame));
      return dict;
    }
    case 'conditional':
      if (truthy(evaluate(node.test, frame))) return evaluate(node.then, frame);
      if (node.otherwise) return evaluate(node.otherwise, frame);
      // Jinja2's own Undefined, also where the environment has a stricter one.
      return new Undefined(`the inline "if" of line ${node.line} is false and has no "else"`, { isPrinted: true });
    case 'or': {
      const left = evaluate(node.left, frame);
      return truthy(left) ? left : evaluate(node.right, frame);
    }
    case 'and': {
      const left = evaluate(node.left, frame);
      return truthy(left) ? evaluate(node.right, frame) : left;
    }
    case 'not':
      return !truthy(evaluate(node.operand, frame));
    case 'compare':
      return evaluateComparisons(node, frame);
    case 'concat':
      return made(
        node.parts
          .map((part) => evaluate(part, frame))
          .map(str)
          .join(''),
      );
    case 'binary': {
      const left = evaluate(node.left, frame);
      const right = evaluate(node.right, frame);
      if (node.operator === '**') checkPower(node, left);
      return at(node, () => binary(node.operator, left, right));
    }
    case 'unary': {
      const value = evaluate(node.operand, frame);
      return at(node, () => unary(node.operator, value));
    }
    case 'attribute': {
      const object = evaluate(node.object, frame);
      return at(node, () => getAttribute(object, node.name));
    }
    case 'item': {
      const object = evaluate(node.object, frame);
      const key = evaluate(node.key, frame);
      return at(node, () => getItem(object, key));
    }
    case 'slice': {
      const object = evaluate(node.object, frame);
      const bounds = [node.start, node.stop, node.step].map((bound) => (bound ? evaluate(bound, frame) : undefined));
      return at(node, () => slice(object, bounds));
    }
    case 'call': {
      const callee = evaluate(node.callee, frame);
      const args = evaluateArguments(node.args, frame);
      return at(node, () => call(callee, args));
    }
    case 'filter': {
      const value = node.object ? evaluate(node.object, frame) : '';
      const args = evaluateArguments(node.args, frame);
      return at(node, () => applyFilter(node.name, value, args));
    }
    case 'test': {
      const value = evaluate(node.object, frame);
      const args = evaluateArguments(node.args, frame);
      return at(node, () => applyTest(node.name, value, args));
    }
    default:
      return node satisfies never;
  }
}

/** Jinja2 writes a negative constant into Python code as it is, where `-2 ** n` then means -(2 ** n). */
function checkPower({ left, right, line }: Extract<Expression, { type: 'binary' }>, base: Value): void {
  const negative = typeof base === 'bigint' ? base < 0n : typeof base === 'number' && (base < 0 || Object.is(base, -0));
  if (negative && isConstant(left) && !isConstant(right))
    throw new NotSupported('a power of a negative constant', line);
}

function isConstant(node: Expression): boolean {
  if (node.type === 'name' || node.type === 'call') return false;
  return childExpressions(node).every((child) => !child || isConstant(child));
}

/** Does a step whose errors belong to the node's line. */
function at<T>(node: { line: number }, step: () => T): T {
  place.line = node.line;
  return step();
}

/** `a < b < c` looks at each operand once, and no further than the first comparison that fails. */
function evaluateComparisons(node: Extract<Expression, { type: 'compare' }>, frame: Frame): boolean {
  let left = evaluate(node.first, frame);
  for (const { operator, operand } of node.rest) {
    const right = evaluate(operand, frame);
    if (!at(node, () => compare(operator, left, right))) return false;
    left = right;
  }
  return true;
}

function compare(operator: Comparison, a: Value, b: Value): boolean {
  switch (operator) {
    case '==':
      return equal(a, b);
    case '!=':
      return !equal(a, b);
    case '<':
      return order(a, b) < 0;
    case '<=':
      return order(a, b) <= 0;
    case '>':
      return order(a, b) > 0;
    case '>=':
      return order(a, b) >= 0;
    case 'in':
      return contains(b, a);
    case 'not in':
      return !contains(b, a);
    default:
      return operator satisfies never;
  }
}

export function evaluateArguments({ positional, named, more, moreNamed }: CallArguments, frame: Frame): Args {
  const args: Args = { positional: positional.map((value) => evaluate(value, frame)), named: new Map() };
  for (const [name, value] of named) args.named.set(name, evaluate(value, frame));
  if (more) for (const value of iterate(evaluate(more, frame))) args.positional.push(value);
  if (moreNamed) {
    const dict = evaluate(moreNamed, frame);
    if (!(dict instanceof Dict)) throw new TemplateError(`"**" needs a dict, not a value of type ${typeName(dict)}`);
    for (const [name, value] of dict.entries()) {
      if (typeof name !== 'string') throw new TemplateError('the keys of "**" must be texts');
      if (args.named.has(name)) throw new TemplateError(`the argument "${name}" is given twice`);
      args.named.set(name, value);
    }
  }
  return args;
}
