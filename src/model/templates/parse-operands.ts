import { TemplateError } from './errors.ts';
import type { CallArguments, Expression, FilterCall } from './nodes.ts';
import { TokenStream } from './token-stream.ts';

const NO_ARGUMENTS: CallArguments = { positional: [], named: [], more: undefined, moreNamed: undefined };

export interface TupleOptions {
  withConditional?: boolean;
  inParentheses?: boolean;
  /** Names that end it. */
  endsAt?: string[];
}

/**
 * Parses operands, with the attributes, calls, filters and tests behind them. Their brackets can contain any expression, so a subclass
 * says how to parse one.
 */
export abstract class OperandParser extends TokenStream {
  protected abstract parseExpression(withConditional?: boolean): Expression;
  protected abstract parseTuple(options?: TupleOptions): Expression;

  /** A name, a literal, or what is in brackets. */
  protected parsePrimary(): Expression {
    const { line } = this;
    if (this.is('name')) return parseName(this.next().value, line);
    if (this.is('string')) {
      let value = '';
      while (this.is('string')) value += this.next().value;
      return { type: 'constant', value, line };
    }
    if (this.is('integer')) return { type: 'constant', value: BigInt(this.next().value), line };
    if (this.is('float')) {
      const value = Number(this.next().value);
      if (!Number.isFinite(value)) throw new TemplateError('a number is too large for a float', line);
      return { type: 'constant', value, line };
    }
    if (this.skipOperator('(')) {
      const inside = this.parseTuple({ inParentheses: true });
      this.expect('operator', ')');
      return inside;
    }
    if (this.skipOperator('[')) return this.parseList(line);
    if (this.skipOperator('{')) return this.parseDict(line);
    throw this.unexpected();
  }

  private parseList(line: number): Expression {
    const items: Expression[] = [];
    while (!this.isOperator(']')) {
      if (items.length > 0) this.expect('operator', ',');
      if (this.isOperator(']')) break;
      items.push(this.parseExpression());
    }
    this.expect('operator', ']');
    return { type: 'list', items, line };
  }

  private parseDict(line: number): Expression {
    const pairs: [Expression, Expression][] = [];
    while (!this.isOperator('}')) {
      if (pairs.length > 0) this.expect('operator', ',');
      if (this.isOperator('}')) break;
      const key = this.parseExpression();
      this.expect('operator', ':');
      pairs.push([key, this.parseExpression()]);
    }
    this.expect('operator', '}');
    return { type: 'dict', pairs, line };
  }

  /** The attributes, keys and calls behind an operand. */
  protected parsePostfix(start: Expression): Expression {
    let node = start;
    for (;;) {
      if (this.isOperator('.', '[')) node = this.parseSubscript(node);
      else if (this.isOperator('(')) node = this.parseCall(node);
      else return node;
    }
  }

  /** The filters and tests behind an operand. */
  protected parseFiltersAndTests(start: Expression): Expression {
    let node = start;
    for (;;) {
      if (this.isOperator('|')) node = this.parseFilter(node);
      else if (this.isName('is')) node = this.parseTest(node);
      else if (this.isOperator('(')) node = this.parseCall(node);
      else return node;
    }
  }

  private parseCall(callee: Expression): Expression {
    const { line } = this;
    return { type: 'call', callee, args: this.parseArguments(), line };
  }

  private parseSubscript(object: Expression): Expression {
    const { line } = this;
    if (this.skipOperator('.')) {
      if (this.is('name')) return { type: 'attribute', object, name: this.next().value, line };
      const key: Expression = { type: 'constant', value: BigInt(this.expect('integer').value), line };
      return { type: 'item', object, key, line };
    }
    this.expect('operator', '[');
    const keys: Expression[] = [];
    while (!this.isOperator(']')) {
      if (keys.length > 0) this.expect('operator', ',');
      const start = this.isOperator(':') ? undefined : this.parseExpression();
      if (this.skipOperator(':')) {
        if (keys.length > 0) throw new TemplateError('a slice among several keys cannot be looked up', line);
        return this.parseSlice(object, start, line);
      }
      keys.push(start!);
    }
    this.expect('operator', ']');
    if (keys.length === 1) return { type: 'item', object, key: keys[0]!, line };
    return { type: 'item', object, key: { type: 'tuple', items: keys, line }, line };
  }

  /** What follows the first colon. */
  private parseSlice(object: Expression, start: Expression | undefined, line: number): Expression {
    const bound = () => (this.isOperator(':', ']') ? undefined : this.parseExpression());
    const stop = bound();
    const step = this.skipOperator(':') ? bound() : undefined;
    this.expect('operator', ']');
    return { type: 'slice', object, start, stop, step, line };
  }

  /** A filter with the bar before it. */
  protected parseFilter(object: Expression | undefined): FilterCall {
    this.expect('operator', '|');
    return this.parseFilterName(object);
  }

  protected parseFilterName(object: Expression | undefined): FilterCall {
    const { line } = this;
    const name = this.parseDottedName();
    const args = this.isOperator('(') ? this.parseArguments() : NO_ARGUMENTS;
    return { type: 'filter', object, name, args, line };
  }

  private parseTest(object: Expression): Expression {
    const { line } = this;
    this.next();
    const negated = this.skipName('not');
    const name = this.parseDottedName();
    let args = NO_ARGUMENTS;
    if (this.isOperator('(')) args = this.parseArguments();
    else if (this.startsArgument()) {
      if (this.isName('is')) throw new TemplateError('tests cannot be chained with "is"', this.line);
      args = { ...NO_ARGUMENTS, positional: [this.parsePostfix(this.parsePrimary())] };
    }
    const test: Expression = { type: 'test', object, name, args, line };
    return negated ? { type: 'not', operand: test, line } : test;
  }

  /** A test's only argument needs no parentheses. */
  private startsArgument(): boolean {
    if (this.is('name')) return !this.isName('else', 'or', 'and');
    return this.is('string') || this.is('integer') || this.is('float') || this.isOperator('[', '{');
  }

  private parseDottedName(): string {
    let name = this.expect('name').value;
    while (this.skipOperator('.')) name += `.${this.expect('name').value}`;
    return name;
  }

  private parseArguments(): CallArguments {
    const { line } = this.expect('operator', '(');
    const args: CallArguments = { positional: [], named: [], more: undefined, moreNamed: undefined };
    const ensure = (valid: boolean) => {
      if (!valid) throw new TemplateError('the arguments of a call are in a wrong order', line);
    };
    for (let first = true; !this.isOperator(')'); first = false) {
      if (!first) {
        this.expect('operator', ',');
        if (this.isOperator(')')) break;
      }
      if (this.skipOperator('*')) {
        ensure(!args.more && !args.moreNamed);
        args.more = this.parseExpression();
      } else if (this.skipOperator('**')) {
        ensure(!args.moreNamed);
        args.moreNamed = this.parseExpression();
      } else if (this.is('name') && this.followedBy('operator', '=')) {
        ensure(!args.moreNamed);
        const name = this.next().value;
        this.next();
        if (args.named.some(([other]) => other === name))
          throw new TemplateError(`the argument "${name}" is given twice`, line);
        args.named.push([name, this.parseExpression()]);
      } else {
        ensure(!args.more && !args.moreNamed && args.named.length === 0);
        args.positional.push(this.parseExpression());
      }
    }
    this.expect('operator', ')');
    return args;
  }
}

function parseName(name: string, line: number): Expression {
  if (/^[tT]rue$/.test(name)) return { type: 'constant', value: true, line };
  if (/^[fF]alse$/.test(name)) return { type: 'constant', value: false, line };
  if (/^[nN]one$/.test(name)) return { type: 'constant', value: null, line };
  return { type: 'name', name, line };
}
