import type { BinaryOperator, Comparison, Expression } from './nodes.ts';
import { parseFiltersAndTests, parsePostfix, parsePrimary } from './parse-operands.ts';
import type { TokenStream } from './token-stream.ts';

const COMPARISONS = ['==', '!=', '<', '<=', '>', '>='];

/** Parses an expression; where a comma may follow, as in `set` and `for`, see `parseTuple`. */
export function parseExpression(stream: TokenStream, withConditional = true): Expression {
  return withConditional ? parseConditional(stream) : parseOr(stream);
}

/** One expression, or several with commas between them, which are a tuple. It ends where `endsAt` says, too. */
export function parseTuple(
  stream: TokenStream,
  { withConditional = true, inParentheses = false, endsAt = [] as string[] } = {},
): Expression {
  let { line } = stream;
  const items: Expression[] = [];
  let isTuple = false;
  for (;;) {
    if (items.length > 0) stream.expect('operator', ',');
    const ends = stream.is('variable_end') || stream.is('block_end') || stream.isOperator(')');
    if (ends || (endsAt.length > 0 && stream.isName(...endsAt))) break;
    items.push(parseExpression(stream, withConditional));
    if (!stream.isOperator(',')) break;
    isTuple = true;
    line = stream.line;
  }
  if (!isTuple && items.length > 0) return items[0]!;
  if (!isTuple && !inParentheses) throw stream.unexpected('an expression');
  return { type: 'tuple', items, line };
}

function parseConditional(stream: TokenStream): Expression {
  let { line } = stream;
  let then = parseOr(stream);
  while (stream.skipName('if')) {
    const test = parseOr(stream);
    const otherwise = stream.skipName('else') ? parseConditional(stream) : undefined;
    then = { type: 'conditional', test, then, otherwise, line };
    line = stream.line;
  }
  return then;
}

function parseOr(stream: TokenStream): Expression {
  const { line } = stream;
  let left = parseAnd(stream);
  while (stream.skipName('or')) left = { type: 'or', left, right: parseAnd(stream), line };
  return left;
}

function parseAnd(stream: TokenStream): Expression {
  const { line } = stream;
  let left = parseNot(stream);
  while (stream.skipName('and')) left = { type: 'and', left, right: parseNot(stream), line };
  return left;
}

function parseNot(stream: TokenStream): Expression {
  const { line } = stream;
  if (stream.skipName('not')) return { type: 'not', operand: parseNot(stream), line };
  return parseCompare(stream);
}

function parseCompare(stream: TokenStream): Expression {
  const { line } = stream;
  const first = parseSum(stream);
  const rest: { operator: Comparison; operand: Expression }[] = [];
  for (;;) {
    if (stream.isOperator(...COMPARISONS)) {
      const operator = stream.next().value as Comparison;
      rest.push({ operator, operand: parseSum(stream) });
    } else if (stream.skipName('in')) rest.push({ operator: 'in', operand: parseSum(stream) });
    else if (stream.isName('not') && stream.followedBy('name', 'in')) {
      stream.next();
      stream.next();
      rest.push({ operator: 'not in', operand: parseSum(stream) });
    } else break;
  }
  return rest.length === 0 ? first : { type: 'compare', first, rest, line };
}

function parseSum(stream: TokenStream): Expression {
  return parseBinary(stream, ['+', '-'], parseConcat);
}

function parseConcat(stream: TokenStream): Expression {
  const { line } = stream;
  const parts = [parseProduct(stream)];
  while (stream.skipOperator('~')) parts.push(parseProduct(stream));
  return parts.length === 1 ? parts[0]! : { type: 'concat', parts, line };
}

function parseProduct(stream: TokenStream): Expression {
  return parseBinary(stream, ['*', '/', '//', '%'], parsePower);
}

/** Unlike Python's, Jinja2's power binds to the left, and less than a sign. */
function parsePower(stream: TokenStream): Expression {
  return parseBinary(stream, ['**'], parseUnary);
}

function parseBinary(
  stream: TokenStream,
  operators: BinaryOperator[],
  operand: (stream: TokenStream) => Expression,
): Expression {
  const { line } = stream;
  let left = operand(stream);
  while (stream.isOperator(...operators)) {
    const operator = stream.next().value as BinaryOperator;
    left = { type: 'binary', operator, left, right: operand(stream), line };
  }
  return left;
}

function parseUnary(stream: TokenStream, withFilters = true): Expression {
  const { line } = stream;
  let node: Expression;
  if (stream.isOperator('+', '-')) {
    const operator = stream.next().value as '+' | '-';
    node = { type: 'unary', operator, operand: parseUnary(stream, false), line };
  } else node = parsePrimary(stream);
  node = parsePostfix(stream, node);
  return withFilters ? parseFiltersAndTests(stream, node) : node;
}
