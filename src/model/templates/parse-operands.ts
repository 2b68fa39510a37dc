import { TemplateError } from './errors.ts';
import type { CallArguments, Expression, FilterCall } from './nodes.ts';
import { parseExpression, parseTuple } from './parse-expressions.ts';
import type { TokenStream } from './token-stream.ts';

const NO_ARGUMENTS: CallArguments = { positional: [], named: [], more: undefined, moreNamed: undefined };

/** A name, a literal, or what is in brackets. */
export function parsePrimary(stream: TokenStream): Expression {
  const { line } = stream;
  if (stream.is('name')) return parseName(stream.next().value, line);
  if (stream.is('string')) {
    let value = '';
    while (stream.is('string')) value += stream.next().value;
    return { type: 'constant', value, line };
  }
  if (stream.is('integer')) return { type: 'constant', value: BigInt(stream.next().value), line };
  if (stream.is('float')) {
    const value = Number(stream.next().value);
    if (!Number.isFinite(value)) throw new TemplateError('a number is too large for a float', line);
    return { type: 'constant', value, line };
  }
  if (stream.skipOperator('(')) {
    const inside = parseTuple(stream, { inParentheses: true });
    stream.expect('operator', ')');
    return inside;
  }
  if (stream.skipOperator('[')) return parseList(stream, line);
  if (stream.skipOperator('{')) return parseDict(stream, line);
  throw stream.unexpected();
}

function parseName(name: string, line: number): Expression {
  if (/^[tT]rue$/.test(name)) return { type: 'constant', value: true, line };
  if (/^[fF]alse$/.test(name)) return { type: 'constant', value: false, line };
  if (/^[nN]one$/.test(name)) return { type: 'constant', value: null, line };
  return { type: 'name', name, line };
}

function parseList(stream: TokenStream, line: number): Expression {
  const items: Expression[] = [];
  while (!stream.isOperator(']')) {
    if (items.length > 0) stream.expect('operator', ',');
    if (stream.isOperator(']')) break;
    items.push(parseExpression(stream));
  }
  stream.expect('operator', ']');
  return { type: 'list', items, line };
}

function parseDict(stream: TokenStream, line: number): Expression {
  const pairs: [Expression, Expression][] = [];
  while (!stream.isOperator('}')) {
    if (pairs.length > 0) stream.expect('operator', ',');
    if (stream.isOperator('}')) break;
    const key = parseExpression(stream);
    stream.expect('operator', ':');
    pairs.push([key, parseExpression(stream)]);
  }
  stream.expect('operator', '}');
  return { type: 'dict', pairs, line };
}

/** The attributes, keys and calls behind an operand. */
export function parsePostfix(stream: TokenStream, start: Expression): Expression {
  let node = start;
  for (;;) {
    if (stream.isOperator('.', '[')) node = parseSubscript(stream, node);
    else if (stream.isOperator('(')) node = parseCall(stream, node);
    else return node;
  }
}

/** The filters and tests behind an operand. */
export function parseFiltersAndTests(stream: TokenStream, start: Expression): Expression {
  let node = start;
  for (;;) {
    if (stream.isOperator('|')) node = parseFilter(stream, node);
    else if (stream.isName('is')) node = parseTest(stream, node);
    else if (stream.isOperator('(')) node = parseCall(stream, node);
    else return node;
  }
}

function parseCall(stream: TokenStream, callee: Expression): Expression {
  const { line } = stream;
  return { type: 'call', callee, args: parseArguments(stream), line };
}

function parseSubscript(stream: TokenStream, object: Expression): Expression {
  const { line } = stream;
  if (stream.skipOperator('.')) {
    if (stream.is('name')) return { type: 'attribute', object, name: stream.next().value, line };
    const key: Expression = { type: 'constant', value: BigInt(stream.expect('integer').value), line };
    return { type: 'item', object, key, line };
  }
  stream.expect('operator', '[');
  const keys: Expression[] = [];
  while (!stream.isOperator(']')) {
    if (keys.length > 0) stream.expect('operator', ',');
    const start = stream.isOperator(':') ? undefined : parseExpression(stream);
    if (stream.skipOperator(':')) {
      if (keys.length > 0) throw new TemplateError('a slice among several keys cannot be looked up', line);
      return parseSlice(stream, object, start, line);
    }
    keys.push(start!);
  }
  stream.expect('operator', ']');
  if (keys.length === 1) return { type: 'item', object, key: keys[0]!, line };
  return { type: 'item', object, key: { type: 'tuple', items: keys, line }, line };
}

/** What follows the first colon. */
function parseSlice(stream: TokenStream, object: Expression, start: Expression | undefined, line: number): Expression {
  const bound = () => (stream.isOperator(':', ']') ? undefined : parseExpression(stream));
  const stop = bound();
  const step = stream.skipOperator(':') ? bound() : undefined;
  stream.expect('operator', ']');
  return { type: 'slice', object, start, stop, step, line };
}

/** A filter with the bar before it. */
export function parseFilter(stream: TokenStream, object: Expression | undefined): FilterCall {
  stream.expect('operator', '|');
  return parseFilterName(stream, object);
}

export function parseFilterName(stream: TokenStream, object: Expression | undefined): FilterCall {
  const { line } = stream;
  const name = parseDottedName(stream);
  const args = stream.isOperator('(') ? parseArguments(stream) : NO_ARGUMENTS;
  return { type: 'filter', object, name, args, line };
}

function parseTest(stream: TokenStream, object: Expression): Expression {
  const { line } = stream;
  stream.next();
  const negated = stream.skipName('not');
  const name = parseDottedName(stream);
  let args = NO_ARGUMENTS;
  if (stream.isOperator('(')) args = parseArguments(stream);
  else if (startsArgument(stream)) {
    if (stream.isName('is')) throw new TemplateError('tests cannot be chained with "is"', stream.line);
    args = { ...NO_ARGUMENTS, positional: [parsePostfix(stream, parsePrimary(stream))] };
  }
  const test: Expression = { type: 'test', object, name, args, line };
  return negated ? { type: 'not', operand: test, line } : test;
}

/** A test's only argument needs no parentheses. */
function startsArgument(stream: TokenStream): boolean {
  if (stream.is('name')) return !stream.isName('else', 'or', 'and');
  return stream.is('string') || stream.is('integer') || stream.is('float') || stream.isOperator('[', '{');
}

function parseDottedName(stream: TokenStream): string {
  let name = stream.expect('name').value;
  while (stream.skipOperator('.')) name += `.${stream.expect('name').value}`;
  return name;
}

function parseArguments(stream: TokenStream): CallArguments {
  const { line } = stream.expect('operator', '(');
  const args: CallArguments = { positional: [], named: [], more: undefined, moreNamed: undefined };
  const ensure = (valid: boolean) => {
    if (!valid) throw new TemplateError('the arguments of a call are in a wrong order', line);
  };
  for (let first = true; !stream.isOperator(')'); first = false) {
    if (!first) {
      stream.expect('operator', ',');
      if (stream.isOperator(')')) break;
    }
    if (stream.skipOperator('*')) {
      ensure(!args.more && !args.moreNamed);
      args.more = parseExpression(stream);
    } else if (stream.skipOperator('**')) {
      ensure(!args.moreNamed);
      args.moreNamed = parseExpression(stream);
    } else if (stream.is('name') && stream.followedBy('operator', '=')) {
      ensure(!args.moreNamed);
      const name = stream.next().value;
      stream.next();
      if (args.named.some(([other]) => other === name))
        throw new TemplateError(`the argument "${name}" is given twice`, line);
      args.named.push([name, parseExpression(stream)]);
    } else {
      ensure(!args.more && !args.moreNamed && args.named.length === 0);
      args.positional.push(parseExpression(stream));
    }
  }
  stream.expect('operator', ')');
  return args;
}
