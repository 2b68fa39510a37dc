import type { BinaryOperator, Comparison, Expression } from './nodes.ts';
import { OperandParser, type TupleOptions } from './parse-operands.ts';

const COMPARISONS = ['==', '!=', '<', '<=', '>', '>='];

/** Parses expressions: operands with operators between them, one method per precedence, the lowest first. */
export class ExpressionParser extends OperandParser {
  /** Parses an expression; where a comma may follow, as in `set` and `for`, see `parseTuple`. */
  protected parseExpression(withConditional = true): Expression {
    return withConditional ? this.parseConditional() : this.parseOr();
  }

  /** One expression, or several with commas between them, which are a tuple. It ends where `endsAt` says, too. */
  protected parseTuple({ withConditional = true, inParentheses = false, endsAt = [] }: TupleOptions = {}): Expression {
    let { line } = this;
    const items: Expression[] = [];
    let isTuple = false;
    for (;;) {
      if (items.length > 0) this.expect('operator', ',');
      const ends = this.is('variable_end') || this.is('block_end') || this.isOperator(')');
      if (ends || (endsAt.length > 0 && this.isName(...endsAt))) break;
      items.push(this.parseExpression(withConditional));
      if (!this.isOperator(',')) break;
      isTuple = true;
      line = this.line;
    }
    if (!isTuple && items.length > 0) return items[0]!;
    if (!isTuple && !inParentheses) throw this.unexpected('an expression');
    return { type: 'tuple', items, line };
  }

  private parseConditional(): Expression {
    let { line } = this;
    let then = this.parseOr();
    while (this.skipName('if')) {
      const test = this.parseOr();
      const otherwise = this.skipName('else') ? this.parseConditional() : undefined;
      then = { type: 'conditional', test, then, otherwise, line };
      line = this.line;
    }
    return then;
  }

  private parseOr(): Expression {
    const { line } = this;
    let left = this.parseAnd();
    while (this.skipName('or')) left = { type: 'or', left, right: this.parseAnd(), line };
    return left;
  }

  private parseAnd(): Expression {
    const { line } = this;
    let left = this.parseNot();
    while (this.skipName('and')) left = { type: 'and', left, right: this.parseNot(), line };
    return left;
  }

  private parseNot(): Expression {
    const { line } = this;
    if (this.skipName('not')) return { type: 'not', operand: this.parseNot(), line };
    return this.parseCompare();
  }

  private parseCompare(): Expression {
    const { line } = this;
    const first = this.parseSum();
    const rest: { operator: Comparison; operand: Expression }[] = [];
    for (;;) {
      if (this.isOperator(...COMPARISONS)) {
        const operator = this.next().value as Comparison;
        rest.push({ operator, operand: this.parseSum() });
      } else if (this.skipName('in')) rest.push({ operator: 'in', operand: this.parseSum() });
      else if (this.isName('not') && this.followedBy('name', 'in')) {
        this.next();
        this.next();
        rest.push({ operator: 'not in', operand: this.parseSum() });
      } else break;
    }
    return rest.length === 0 ? first : { type: 'compare', first, rest, line };
  }

  private parseSum(): Expression {
    return this.parseBinary(['+', '-'], this.parseConcat);
  }

  private parseConcat(): Expression {
    const { line } = this;
    const parts = [this.parseProduct()];
    while (this.skipOperator('~')) parts.push(this.parseProduct());
    return parts.length === 1 ? parts[0]! : { type: 'concat', parts, line };
  }

  private parseProduct(): Expression {
    return this.parseBinary(['*', '/', '//', '%'], this.parsePower);
  }

  /** Unlike Python's, Jinja2's power binds to the left, and less than a sign. */
  private parsePower(): Expression {
    return this.parseBinary(['**'], this.parseUnary);
  }

  private parseBinary(operators: BinaryOperator[], operand: () => Expression): Expression {
    const { line } = this;
    let left = operand.call(this);
    while (this.isOperator(...operators)) {
      const operator = this.next().value as BinaryOperator;
      left = { type: 'binary', operator, left, right: operand.call(this), line };
    }
    return left;
  }

  private parseUnary(withFilters = true): Expression {
    const { line } = this;
    let node: Expression;
    if (this.isOperator('+', '-')) {
      const operator = this.next().value as '+' | '-';
      node = { type: 'unary', operator, operand: this.parseUnary(false), line };
    } else node = this.parsePrimary();
    node = this.parsePostfix(node);
    return withFilters ? this.parseFiltersAndTests(node) : node;
  }
}
