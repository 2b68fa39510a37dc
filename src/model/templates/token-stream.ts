import { TemplateError } from './errors.ts';
import type { Token, TokenType } from './lexer.ts';

/** Reads tokens one after the other, with a look ahead. */
export class TokenStream {
  private readonly tokens: Token[];
  private index = 0;

  constructor(tokens: Token[]) {
    this.tokens = tokens;
  }

  get current(): Token {
    return this.tokens[this.index]!;
  }

  get line(): number {
    return this.current.line;
  }

  /** The current token, which is passed. The last one stays. */
  next(): Token {
    const token = this.current;
    if (token.type !== 'eof') this.index++;
    return token;
  }

  is(type: TokenType, ...values: string[]): boolean {
    const { current } = this;
    return current.type === type && (values.length === 0 || values.includes(current.value));
  }

  isOperator(...values: string[]): boolean {
    return this.is('operator', ...values);
  }

  isName(...values: string[]): boolean {
    return this.is('name', ...values);
  }

  /** Whether the token behind the current one is this. */
  followedBy(type: TokenType, value: string): boolean {
    const token = this.tokens[this.index + 1];
    return token?.type === type && token.value === value;
  }

  skipOperator(value: string): boolean {
    return this.skip(this.isOperator(value));
  }

  skipName(value: string): boolean {
    return this.skip(this.isName(value));
  }

  expect(type: TokenType, value?: string): Token {
    if (this.current.type !== type || (value !== undefined && this.current.value !== value))
      throw this.unexpected(value ?? type.replace('_', ' '));
    return this.next();
  }

  unexpected(wanted?: string): TemplateError {
    const { type, value, line } = this.current;
    const found =
      type === 'eof' ? 'the end of the template' : /_|data/.test(type) ? `"${type.replace('_', ' ')}"` : `"${value}"`;
    return new TemplateError(wanted ? `"${wanted}" is expected, not ${found}` : `${found} is unexpected`, line);
  }

  private skip(found: boolean): boolean {
    if (found) this.index++;
    return found;
  }
}
