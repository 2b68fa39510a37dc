import { NotSupported, TemplateError } from './errors.ts';
import { tokenize } from './lexer.ts';
import type { Callee, FilterCall, Parameter, Statement, Target } from './nodes.ts';
import { parseExpression, parseTuple } from './parse-expressions.ts';
import { parseFilter, parseFilterName } from './parse-operands.ts';
import { TokenStream } from './token-stream.ts';

/** Parses a template as Jinja2 3.1 does with the extensions that transformers adds. Throws `TemplateError`. */
export function parseTemplate(source: string): Statement[] {
  const stream = new TokenStream(tokenize(source));
  const body = parseBody(stream, []);
  return body;
}

/** Statements up to a tag that is one of `ends`, at whose name the stream is left; without `ends`, to the end of the template. */
function parseBody(stream: TokenStream, ends: string[]): Statement[] {
  const body: Statement[] = [];
  while (!stream.is('eof')) {
    const { line } = stream;
    if (stream.is('data')) body.push({ type: 'text', text: stream.next().value, line });
    else if (stream.is('variable_begin')) {
      stream.next();
      body.push({ type: 'output', value: parseTuple(stream), line });
      stream.expect('variable_end');
    } else {
      stream.expect('block_begin');
      if (stream.isName(...ends) && ends.length > 0) return body;
      body.push(...parseStatement(stream));
      stream.expect('block_end');
    }
  }
  if (ends.length > 0)
    throw new TemplateError(`the end of the template comes before "${ends.join('" or "')}"`, stream.line);
  return body;
}

/** The body of a tag that has been read up to its end, and the name of the tag that ends it. */
function parseBlock(stream: TokenStream, ...ends: string[]): { body: Statement[]; end: string } {
  stream.skipOperator(':');
  stream.expect('block_end');
  const body = parseBody(stream, ends);
  return { body, end: stream.next().value };
}

function parseStatement(stream: TokenStream): Statement[] {
  const { value: tag, line } = stream.expect('name');
  switch (tag) {
    case 'for':
      return [parseFor(stream, line)];
    case 'if':
      return [parseIf(stream, line)];
    case 'set':
      return [parseSet(stream, line)];
    case 'with':
      return [parseWith(stream, line)];
    case 'print':
      return parsePrint(stream);
    case 'filter': {
      const filter = parseFilters(stream, parseFilterName(stream, undefined));
      return [{ type: 'filter-block', filter, body: parseBlock(stream, 'endfilter').body, line }];
    }
    case 'macro': {
      const name = parseTargetName(stream);
      const parameters = parseParameters(stream);
      const { body } = parseBlock(stream, 'endmacro');
      return [{ type: 'macro', name, callee: { parameters, body, line }, line }];
    }
    case 'call':
      return [parseCallBlock(stream, line)];
    case 'generation': {
      const { body } = parseBlock(stream, 'endgeneration');
      return [{ type: 'generation', caller: { parameters: [], body, line }, line }];
    }
    case 'break':
    case 'continue':
      return [{ type: tag, line }];
    case 'autoescape':
    case 'block':
    case 'extends':
    case 'include':
    case 'import':
    case 'from':
      throw new NotSupported(`the tag "${tag}"`, line);
    default:
      throw new TemplateError(`the tag "${tag}" is unknown`, line);
  }
}

function parseFor(stream: TokenStream, line: number): Statement {
  const target = parseTarget(stream, { endsAt: ['in'] });
  stream.expect('name', 'in');
  const iterable = parseTuple(stream, { withConditional: false, endsAt: ['recursive'] });
  const test = stream.skipName('if') ? parseExpression(stream) : undefined;
  const recursive = stream.skipName('recursive');
  const { body, end } = parseBlock(stream, 'endfor', 'else');
  const otherwise = end === 'else' ? parseBlock(stream, 'endfor').body : [];
  return { type: 'for', target, iterable, test, recursive, body, otherwise, line };
}

function parseIf(stream: TokenStream, line: number): Statement {
  const branches = [];
  let end: string;
  let otherwise: Statement[] = [];
  do {
    const test = parseTuple(stream, { withConditional: false });
    const block = parseBlock(stream, 'elif', 'else', 'endif');
    branches.push({ test, body: block.body });
    end = block.end;
  } while (end === 'elif');
  if (end === 'else') otherwise = parseBlock(stream, 'endif').body;
  return { type: 'if', branches, otherwise, line };
}

function parseSet(stream: TokenStream, line: number): Statement {
  const target = parseTarget(stream, { withMembers: true });
  if (stream.skipOperator('=')) return { type: 'set', target, value: parseTuple(stream), line };
  const filter = stream.isOperator('|') ? parseFilters(stream, parseFilter(stream, undefined)) : undefined;
  return { type: 'set-block', target, filter, body: parseBlock(stream, 'endset').body, line };
}

function parseFilters(stream: TokenStream, first: FilterCall): FilterCall {
  let filter = first;
  while (stream.isOperator('|')) filter = parseFilter(stream, filter);
  return filter;
}

function parseWith(stream: TokenStream, line: number): Statement {
  const assignments = [];
  while (!stream.is('block_end')) {
    if (assignments.length > 0) stream.expect('operator', ',');
    const target = parseTarget(stream, {});
    stream.expect('operator', '=');
    assignments.push({ target, value: parseExpression(stream) });
  }
  return { type: 'with', assignments, body: parseBlock(stream, 'endwith').body, line };
}

function parsePrint(stream: TokenStream): Statement[] {
  const outputs: Statement[] = [];
  while (!stream.is('block_end')) {
    if (outputs.length > 0) stream.expect('operator', ',');
    outputs.push({ type: 'output', value: parseExpression(stream), line: stream.line });
  }
  return outputs;
}

function parseCallBlock(stream: TokenStream, line: number): Statement {
  const parameters = stream.isOperator('(') ? parseParameters(stream) : [];
  const call = parseExpression(stream);
  if (call.type !== 'call') throw new TemplateError('the tag "call" must call a macro', line);
  const caller: Callee = { parameters, body: parseBlock(stream, 'endcall').body, line };
  return { type: 'call-block', call, caller, line };
}

function parseParameters(stream: TokenStream): Parameter[] {
  const parameters: Parameter[] = [];
  stream.expect('operator', '(');
  while (!stream.isOperator(')')) {
    if (parameters.length > 0) stream.expect('operator', ',');
    const { line } = stream;
    const name = parseTargetName(stream);
    if (parameters.some((other) => other.name === name))
      throw new TemplateError(`the parameter "${name}" is there twice`, line);
    const value = stream.skipOperator('=') ? parseExpression(stream) : undefined;
    if (!value && parameters.at(-1)?.default)
      throw new TemplateError(`the parameter "${name}" needs a default, as the one before it has one`, line);
    parameters.push({ name, default: value });
  }
  stream.expect('operator', ')');
  return parameters;
}

function parseTargetName(stream: TokenStream): string {
  const { value, line } = stream.expect('name');
  if (/^([tT]rue|[fF]alse|[nN]one)$/.test(value)) throw new TemplateError(`"${value}" cannot be assigned to`, line);
  return value;
}

/** A name, or several with commas between them; `withMembers` allows `namespace.name` too. */
function parseTarget(stream: TokenStream, options: { withMembers?: boolean; endsAt?: string[] }): Target {
  const { line } = stream;
  const items: Target[] = [];
  let isTuple = false;
  for (;;) {
    if (items.length > 0) stream.expect('operator', ',');
    if (endsTarget(stream, options.endsAt)) break;
    items.push(parseOneTarget(stream, options.withMembers));
    if (!stream.isOperator(',')) break;
    isTuple = true;
  }
  if (isTuple) return { type: 'tuple', items, line };
  if (items.length === 0) throw stream.unexpected('a name to assign to');
  return items[0]!;
}

function endsTarget(stream: TokenStream, endsAt: string[] = []): boolean {
  if (stream.is('variable_end') || stream.is('block_end') || stream.isOperator(')')) return true;
  return endsAt.length > 0 && stream.isName(...endsAt);
}

function parseOneTarget(stream: TokenStream, withMembers: boolean | undefined): Target {
  const { line } = stream;
  if (stream.skipOperator('(')) {
    const inside = parseTarget(stream, {});
    stream.expect('operator', ')');
    return inside;
  }
  const name = parseTargetName(stream);
  if (withMembers && stream.skipOperator('.'))
    return { type: 'member', namespace: name, name: stream.expect('name').value, line };
  return { type: 'name', name, line };
}
