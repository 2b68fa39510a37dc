import { NotSupported, TemplateError } from './errors.ts';
import { tokenize } from './lexer.ts';
import type { Callee, FilterCall, Parameter, Statement, Target } from './nodes.ts';
import { ExpressionParser } from './parse-expressions.ts';

/** Parses a template as Jinja2 3.1 does with the extensions that transformers adds. Throws `TemplateError`. */
export function parseTemplate(source: string): Statement[] {
  return new StatementParser(tokenize(source)).parseBody([]);
}

/** Parses text and tags, which contain expressions. */
class StatementParser extends ExpressionParser {
  /** Statements up to a tag that is one of `ends`, at whose name it stops; without `ends`, to the end of the template. */
  parseBody(ends: string[]): Statement[] {
    const body: Statement[] = [];
    while (!this.is('eof')) {
      const { line } = this;
      if (this.is('data')) body.push({ type: 'text', text: this.next().value, line });
      else if (this.is('variable_begin')) {
        this.next();
        body.push({ type: 'output', value: this.parseTuple(), line });
        this.expect('variable_end');
      } else {
        this.expect('block_begin');
        if (this.isName(...ends) && ends.length > 0) return body;
        body.push(...this.parseStatement());
        this.expect('block_end');
      }
    }
    if (ends.length > 0)
      throw new TemplateError(`the end of the template comes before "${ends.join('" or "')}"`, this.line);
    return body;
  }

  /** The body of a tag that has been read up to its end, and the name of the tag that ends it. */
  private parseBlock(...ends: string[]): { body: Statement[]; end: string } {
    this.skipOperator(':');
    this.expect('block_end');
    const body = this.parseBody(ends);
    return { body, end: this.next().value };
  }

  private parseStatement(): Statement[] {
    const { value: tag, line } = this.expect('name');
    switch (tag) {
      case 'for':
        return [this.parseFor(line)];
      case 'if':
        return [this.parseIf(line)];
      case 'set':
        return [this.parseSet(line)];
      case 'with':
        return [this.parseWith(line)];
      case 'print':
        return this.parsePrint();
      case 'filter': {
        const filter = this.parseFilters(this.parseFilterName(undefined));
        return [{ type: 'filter-block', filter, body: this.parseBlock('endfilter').body, line }];
      }
      case 'macro': {
        const name = this.parseTargetName();
        const parameters = this.parseParameters();
        const { body } = this.parseBlock('endmacro');
        return [{ type: 'macro', name, callee: { parameters, body, line }, line }];
      }
      case 'call':
        return [this.parseCallBlock(line)];
      case 'generation': {
        const { body } = this.parseBlock('endgeneration');
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

  private parseFor(line: number): Statement {
    const target = this.parseTarget({ endsAt: ['in'] });
    this.expect('name', 'in');
    const iterable = this.parseTuple({ withConditional: false, endsAt: ['recursive'] });
    const test = this.skipName('if') ? this.parseExpression() : undefined;
    const recursive = this.skipName('recursive');
    const { body, end } = this.parseBlock('endfor', 'else');
    const otherwise = end === 'else' ? this.parseBlock('endfor').body : [];
    return { type: 'for', target, iterable, test, recursive, body, otherwise, line };
  }

  private parseIf(line: number): Statement {
    const branches = [];
    let end: string;
    let otherwise: Statement[] = [];
    do {
      const test = this.parseTuple({ withConditional: false });
      const block = this.parseBlock('elif', 'else', 'endif');
      branches.push({ test, body: block.body });
      end = block.end;
    } while (end === 'elif');
    if (end === 'else') otherwise = this.parseBlock('endif').body;
    return { type: 'if', branches, otherwise, line };
  }

  private parseSet(line: number): Statement {
    const target = this.parseTarget({ withMembers: true });
    if (this.skipOperator('=')) return { type: 'set', target, value: this.parseTuple(), line };
    const filter = this.isOperator('|') ? this.parseFilters(this.parseFilter(undefined)) : undefined;
    return { type: 'set-block', target, filter, body: this.parseBlock('endset').body, line };
  }

  private parseFilters(first: FilterCall): FilterCall {
    let filter = first;
    while (this.isOperator('|')) filter = this.parseFilter(filter);
    return filter;
  }

  private parseWith(line: number): Statement {
    const assignments = [];
    while (!this.is('block_end')) {
      if (assignments.length > 0) this.expect('operator', ',');
      const target = this.parseTarget({});
      this.expect('operator', '=');
      assignments.push({ target, value: this.parseExpression() });
    }
    return { type: 'with', assignments, body: this.parseBlock('endwith').body, line };
  }

  private parsePrint(): Statement[] {
    const outputs: Statement[] = [];
    while (!this.is('block_end')) {
      if (outputs.length > 0) this.expect('operator', ',');
      outputs.push({ type: 'output', value: this.parseExpression(), line: this.line });
    }
    return outputs;
  }

  private parseCallBlock(line: number): Statement {
    const parameters = this.isOperator('(') ? this.parseParameters() : [];
    const call = this.parseExpression();
    if (call.type !== 'call') throw new TemplateError('the tag "call" must call a macro', line);
    const caller: Callee = { parameters, body: this.parseBlock('endcall').body, line };
    return { type: 'call-block', call, caller, line };
  }

  private parseParameters(): Parameter[] {
    const parameters: Parameter[] = [];
    this.expect('operator', '(');
    while (!this.isOperator(')')) {
      if (parameters.length > 0) this.expect('operator', ',');
      const { line } = this;
      const name = this.parseTargetName();
      if (parameters.some((other) => other.name === name))
        throw new TemplateError(`the parameter "${name}" is there twice`, line);
      const value = this.skipOperator('=') ? this.parseExpression() : undefined;
      if (!value && parameters.at(-1)?.default)
        throw new TemplateError(`the parameter "${name}" needs a default, as the one before it has one`, line);
      parameters.push({ name, default: value });
    }
    this.expect('operator', ')');
    return parameters;
  }

  private parseTargetName(): string {
    const { value, line } = this.expect('name');
    if (/^([tT]rue|[fF]alse|[nN]one)$/.test(value)) throw new TemplateError(`"${value}" cannot be assigned to`, line);
    return value;
  }

  /** A name, or several with commas between them; `withMembers` allows `namespace.name` too. */
  private parseTarget(options: { withMembers?: boolean; endsAt?: string[] }): Target {
    const { line } = this;
    const items: Target[] = [];
    let isTuple = false;
    for (;;) {
      if (items.length > 0) this.expect('operator', ',');
      if (this.endsTarget(options.endsAt)) break;
      items.push(this.parseOneTarget(options.withMembers));
      if (!this.isOperator(',')) break;
      isTuple = true;
    }
    if (isTuple) return { type: 'tuple', items, line };
    if (items.length === 0) throw this.unexpected('a name to assign to');
    return items[0]!;
  }

  private endsTarget(endsAt: string[] = []): boolean {
    if (this.is('variable_end') || this.is('block_end') || this.isOperator(')')) return true;
    return endsAt.length > 0 && this.isName(...endsAt);
  }

  private parseOneTarget(withMembers: boolean | undefined): Target {
    const { line } = this;
    if (this.skipOperator('(')) {
      const inside = this.parseTarget({});
      this.expect('operator', ')');
      return inside;
    }
    const name = this.parseTargetName();
    if (withMembers && this.skipOperator('.'))
      return { type: 'member', namespace: name, name: this.expect('name').value, line };
    return { type: 'name', name, line };
  }
}
